import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { rowsOf } from '../database/rows.ts';

/** What leaves first: urgent messages pass quiet hours, digests wait for everything else. */
export const PRIORITY = { digest: 0, normal: 1, urgent: 2 } as const;
export type Priority = keyof typeof PRIORITY;

/**
 * What is about something that begins within a day is urgent: it overtakes everything else. Whether it may wake somebody is
 * judged when it is sent.
 */
export const priorityOf = (startsAt: string, now: string): Priority =>
  Date.parse(startsAt) - Date.parse(now) <= 24 * 3_600_000 ? 'urgent' : 'normal';

/** A message to the admins: which text, with what, and the key under which it is told at most once. Urgent unless it says otherwise. */
export type AdminNotice = { template: string; params: Record<string, unknown>; dedupe: string; priority?: Priority };

/**
 * Writes notices for every admin chat, in the transaction of their cause. Told already: nothing happens.
 * Without admin chats one row a notice is kept, so that the log tells it.
 */
export async function tellAdmins(db: Sql, chatIds: readonly number[], notices: readonly AdminNotice[]) {
  if (notices.length === 0) return;
  const chats = chatIds.length > 0 ? chatIds : [null];
  const rows = notices.flatMap(({ template, params, dedupe, priority = 'urgent' }) =>
    chats.map((chat) => [
      chat,
      template,
      JSON.stringify(params),
      chat === null ? dedupe : `${dedupe}:${chat}`,
      PRIORITY[priority],
    ]),
  );
  await db.query(sql.unsafe`
    insert into notifications (chat_id, template, params, dedupe_key, priority)
    select * from ${sql.unnest(rows, ['int8', 'text', 'jsonb', 'text', 'int2'])}
    on conflict (dedupe_key) do nothing`);
}

/** A message to a person of the studio. `occasion` is the instant at which what it is about begins. */
export type Notice = {
  userId: number;
  template: string;
  params: Record<string, unknown>;
  dedupe: string;
  priority?: Priority;
  occasion?: string;
};

const UNREACHABLE = sql.fragment`case when telegram_id is null then 'no Telegram id' when blocked_at is not null then 'blocked the bot' end`;

/**
 * Writes messages to people in the transaction of their cause, in each one's language; told already: nothing happens.
 * Whoever has no Telegram id is noted as skipped, and whoever has blocked the bot as undeliverable, so that it can be seen
 * whom nobody told. Returns how many messages are new.
 */
export async function tellPeople(db: Sql, notices: readonly Notice[]): Promise<number> {
  if (notices.length === 0) return 0;
  const { rowCount } = await db.query(
    sql.prepared('tell_people', z.strictObject({}))`${noticesToPeople(notices, sql.fragment`true`)}`,
  );
  return rowCount;
}

/** The same as part of a statement: nobody is told unless the condition holds. */
export const noticesToPeople = (notices: readonly Notice[], condition: ReturnType<typeof sql.fragment>) => sql.fragment`
  insert into notifications (user_id, chat_id, locale, template, params, dedupe_key, priority, occasion_at, status, error)
  select user_id, telegram_id, locale, template, params, dedupe_key, priority, occasion_at,
    case when telegram_id is null then 'skipped' when blocked_at is not null then 'undeliverable' else 'pending' end, ${UNREACHABLE}
  from ${rowsOf(
    notices.map(({ userId, template, params, dedupe, priority = 'normal', occasion = null }) => [
      userId,
      template,
      JSON.stringify(params),
      dedupe,
      PRIORITY[priority],
      occasion,
    ]),
    ['int4', 'text', 'jsonb', 'text', 'int2', 'timestamptz'],
  )} as told (user_id, template, params, dedupe_key, priority, occasion_at)
  join users on users.id = user_id
  left join telegram_chats chat on chat.chat_id = telegram_id
  where ${condition}
  on conflict (dedupe_key) do nothing`;

/** Notes that a chat refused us: whatever waits for it becomes undeliverable at once, and so will what is written for it. */
export const blockChat = (db: Sql, chatId: number, error: string) =>
  db.query(sql.unsafe`
    with blocked as (
      insert into telegram_chats (chat_id, blocked_at) values (${chatId}, now())
      on conflict (chat_id) do update set blocked_at = coalesce(telegram_chats.blocked_at, now())
    )
    update notifications set status = 'undeliverable', error = ${error} where chat_id = ${chatId} and status = 'pending'`);

/** Whoever writes to the bot can be reached again. Returns true when they could not be before. */
export async function writesAgain(db: Sql, telegramId: number): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`
    update telegram_chats set blocked_at = null where chat_id = ${telegramId} and blocked_at is not null`);
  return rowCount > 0;
}

/** True when a message waits to be sent now. */
export const anyMessageDue = (db: Sql) =>
  db.oneFirst(sql.type(z.object({ due: z.boolean() }))`
    select exists (select from notifications where status = 'pending' and send_after <= now()) as due`);
