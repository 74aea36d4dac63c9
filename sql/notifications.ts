import { z } from 'zod';
import { type Sql, sql } from './database.ts';

/** A message to the admins: which text, with what, and the key under which it is told at most once. */
export type AdminNotice = { template: string; params: Record<string, unknown>; dedupe: string };

/**
 * Writes notices for every admin chat, in the transaction of their cause. Told already: nothing happens.
 * Without admin chats one row a notice is kept, so that the log tells it.
 */
export async function tellAdmins(db: Sql, chatIds: number[], notices: AdminNotice[]) {
  if (notices.length === 0) return;
  const chats = chatIds.length > 0 ? chatIds : [null];
  const rows = notices.flatMap(({ template, params, dedupe }) =>
    chats.map((chat) => [chat, template, JSON.stringify(params), chat === null ? dedupe : `${dedupe}:${chat}`]),
  );
  await db.query(sql.unsafe`
    insert into notifications (chat_id, template, params, dedupe_key)
    select * from ${sql.unnest(rows, ['int8', 'text', 'jsonb', 'text'])}
    on conflict (dedupe_key) do nothing`);
}

export const outboxRow = z.object({
  id: z.int(),
  chat_id: z.int().nullable(),
  template: z.string(),
  params: z.record(z.string(), z.unknown()),
  locale: z.enum(['ru', 'uk', 'en']).nullable(),
  attempts: z.int(),
});
export type OutboxMessage = z.output<typeof outboxRow>;

/**
 * Claims messages that are due, oldest first: they are this caller's for `seconds`, and due again after that
 * if they were not marked by then. Several notifiers never claim the same row at once.
 */
export const claimMessages = (db: Sql, limit: number, seconds: number) =>
  db.any(sql.type(outboxRow)`
    update notifications set attempts = attempts + 1, send_after = now() + make_interval(secs => ${seconds})
    where id in (
      select id from notifications where status = 'pending' and send_after <= now()
      order by send_after, id limit ${limit} for update skip locked
    )
    returning id, chat_id, template, params, locale, attempts`);

/** Ends a message: what became of it, and why if it was not sent. */
export const markMessage = (db: Sql, id: number, status: 'sent' | 'failed' | 'undeliverable' | 'skipped', error: string | null) =>
  db.query(sql.unsafe`
    update notifications set status = ${status}, error = ${error}, sent_at = case when ${status} = 'sent' then now() end
    where id = ${id} and status = 'pending'`);

/** Leaves a message for later. */
export const postponeMessage = (db: Sql, id: number, seconds: number, error: string) =>
  db.query(sql.unsafe`
    update notifications set send_after = now() + make_interval(secs => ${seconds}), error = ${error}
    where id = ${id} and status = 'pending'`);

/** Gives claimed messages back untried: they are due again after `seconds`, and the claim does not count as an attempt. */
export const releaseMessages = (db: Sql, ids: number[], seconds = 0) =>
  db.query(sql.unsafe`
    update notifications set attempts = attempts - 1, send_after = now() + make_interval(secs => ${seconds})
    where id = any(${sql.array(ids, 'int4')}) and status = 'pending' and attempts > 0`);

/** True when a message waits to be sent now. */
export const anyMessageDue = (db: Sql) =>
  db.oneFirst(sql.type(z.object({ due: z.boolean() }))`
    select exists (select from notifications where status = 'pending' and send_after <= now()) as due`);

/** A message to a person of the studio. */
export type Notice = { userId: number; template: string; params: Record<string, unknown>; dedupe: string };

/**
 * Writes messages to people in the transaction of their cause, in each one's language; told already: nothing happens.
 * Whoever has no Telegram id is noted as skipped, so that it can be seen whom nobody told.
 */
export async function tellPeople(db: Sql, notices: readonly Notice[]) {
  if (notices.length === 0) return;
  await db.query(sql.prepared('tell_people', z.strictObject({}))`${noticesToPeople(notices, sql.fragment`true`)}`);
}

/** The same as part of a statement: nobody is told unless the condition holds. */
export const noticesToPeople = (notices: readonly Notice[], condition: ReturnType<typeof sql.fragment>) => sql.fragment`
  insert into notifications (user_id, chat_id, locale, template, params, dedupe_key, status, error)
  select user_id, telegram_id, locale, template, params, dedupe_key,
    case when telegram_id is null then 'skipped' else 'pending' end, case when telegram_id is null then 'no Telegram id' end
  from ${sql.unnest(
    notices.map(({ userId, template, params, dedupe }) => [userId, template, JSON.stringify(params), dedupe]),
    ['int4', 'text', 'jsonb', 'text'],
  )} as told (user_id, template, params, dedupe_key)
  join users on users.id = user_id
  where ${condition}
  on conflict (dedupe_key) do nothing`;
