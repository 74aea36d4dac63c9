import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from '../../sql/database/database.ts';
import type { AlarmSettings } from '../../workers/notifier/alarms/ways.ts';
import { closeMail } from '../../workers/notifier/channels/mail.ts';
import { smtpServer } from '../sign-in/smtp-server.ts';
import { testDatabase } from '../support/database.ts';
import { fakeTelegram } from '../support/telegram.ts';
import { smsServer } from './sms-server.ts';

export type AlarmStudio = Awaited<ReturnType<typeof alarmStudio>>;

/** A studio with an owner (e-mail, phone) and an admin (e-mail), and servers for every way of an alarm. */
export async function alarmStudio() {
  const [database, telegram, smtp, sms] = await Promise.all([testDatabase(), fakeTelegram(), smtpServer(), smsServer()]);
  const { db } = database;
  const dataDir = mkdtempSync(join(tmpdir(), 'alarms-'));
  const settings = (): AlarmSettings => ({
    locale: 'en',
    zone: 'UTC',
    currency: 'EUR',
    telegramToken: telegram.token,
    telegramApiRoot: telegram.apiRoot,
    adminChatIds: [1001],
    mail: { url: smtp.url, from: 'Studio <hello@x.example>' },
    sms: { url: `${sms.root}/send`, body: '{"to":"{{phone}}","text":"{{text}}"}', type: 'application/json', length: 480 },
    dataDir,
  });
  return {
    db,
    telegram,
    smtp,
    sms,
    dataDir,
    settings,
    async begin() {
      smtp.letters.length = 0;
      sms.asked.length = 0;
      Object.assign(smtp.said, { refuses: false, recipient: undefined, data: undefined });
      Object.assign(sms.said, { status: 200, body: 'ok', hangsUp: false });
      rmSync(join(dataDir, 'alarms'), { recursive: true, force: true });
      await db.query(sql.unsafe`truncate alerts, notifications, telegram_chats, channel_checks, users cascade`);
      await db.query(sql.unsafe`
        with owner as (
          insert into users (first_name, last_name, email, phone) values ('O', 'O', 'owner@x.example', '+79990000001') returning id
        ), admin as (
          insert into users (first_name, last_name, email) values ('A', 'A', 'admin@x.example') returning id
        ), client as (
          insert into users (first_name, last_name, email, phone) values ('C', 'C', 'client@x.example', '+79990000002')
        )
        insert into user_roles (user_id, role) select id, 'owner' from owner union all select id, 'admin' from admin`);
    },
    async close() {
      await closeMail();
      smtp.close();
      sms.close();
      await telegram.close();
      await database.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
