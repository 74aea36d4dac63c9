import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { freePort } from '../../sql/database/embedded.ts';
import { leaseHolder } from '../../sql/schedule/leases.ts';
import { testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { fakeTelegram } from '../support/telegram.ts';

const ADMIN = 1001;

test('the API is the bot: it answers within the limits of the whole fleet, and goes at once when told to', async () => {
  const database = await testDatabase();
  const telegram = await fakeTelegram(undefined, { limits: {} });
  const { NODE_OPTIONS: _, ...rest } = process.env;
  const api = spawn(process.execPath, ['api/server.ts'], {
    env: {
      ...rest,
      DATABASE_URL: database.url,
      PORT: String(await freePort()),
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_ROOT: telegram.apiRoot,
      TELEGRAM_ADMIN_CHAT_IDS: String(ADMIN),
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(api, 'exit');
  await once(api, 'message');
  for (const line of ['/help', '/schedule', '/history', '/runs']) telegram.write(ADMIN, line);
  await eventually(() => telegram.delivered(ADMIN).length === 4);
  expect(telegram.delivered(ADMIN).map((said) => said.split(/[\n(:]/)[0]?.trim())).toEqual([
    'Что я умею',
    'Расписание',
    'Запуски',
    'Последние запуски',
  ]);
  expect(telegram.refused).toEqual({ overall: 0, chat: 0, group: 0 });
  await eventually(() => telegram.unconfirmed() === 0);
  api.kill('SIGTERM');
  const [code] = await ended;
  expect(code).toBe(0);
  // It did not wait for its long poll to end.
  await eventually(() => telegram.brokenOff() === 1);
  expect(await leaseHolder(database.db, 'telegram-bot')).toBeNull();
  await telegram.close();
  await database.close();
}, 240_000);
