import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const json = z.record(z.string(), z.unknown());

/** What PostgreSQL's json cannot hold is left out: NULs and halves of surrogate pairs. */
const fit = (_name: string, value: unknown) => (typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value);

/** Keeps updates as they come. One that is there already (delivered twice, or handled before a crash) is left alone. */
export const storeUpdates = (db: Sql, updates: readonly { update_id: number; chat_id: number | null; payload: object }[]) =>
  db.query(sql.unsafe`
    insert into bot_updates (update_id, chat_id, payload)
    select * from ${sql.unnest(
      updates.map(({ update_id, chat_id, payload }) => [update_id, chat_id, JSON.stringify(payload, fit)]),
      ['int8', 'int8', 'jsonb'],
    )}
    on conflict do nothing`);

const openUpdate = z.object({
  update_id: z.int(),
  chat_id: z.int().nullable(),
  tries: z.int(),
  decided: z.boolean(),
  answers: z.array(z.unknown()),
  answered: z.int(),
  /** Seconds since it came. */
  age: z.number(),
});
export type OpenUpdate = z.output<typeof openUpdate>;

/** Updates that are not decided, or not answered although it is time, in the order they came. */
export const openUpdates = (db: Sql) =>
  db.any(sql.type(openUpdate)`
    select update_id, chat_id, tries, decided_at is not null as decided, answers, answered,
      extract(epoch from now() - received_at)::float8 as age
    from bot_updates where done_at is null and send_after <= now() order by update_id limit 100`);

/** Counts a try to decide, before it begins: one that kills its process counts too. Returns how many there were. */
export const beginTry = (db: Sql, updateId: number) =>
  db.maybeOneFirst(sql.type(z.object({ tries: z.int() }))`
    update bot_updates set tries = tries + 1 where update_id = ${updateId} and decided_at is null returning tries`);

/** Takes the update for the transaction that decides it; null when that is done, or somebody else is at it. */
export const lockUpdate = (transaction: Sql, updateId: number) =>
  transaction.maybeOne(sql.type(z.object({ payload: json }))`
    select payload from bot_updates where update_id = ${updateId} and decided_at is null for update skip locked`);

/** Marks an update as decided and keeps its answers; part of the transaction of its effects. What was written is forgotten. */
export const decideUpdate = (transaction: Sql, updateId: number, answers: readonly object[]) =>
  transaction.one(sql.type(openUpdate)`
    update bot_updates set decided_at = now(), payload = null, answers = ${sql.jsonb(answers as never)},
      done_at = case when ${answers.length} = 0 then now() end
    where update_id = ${updateId}
    returning update_id, chat_id, tries, true as decided, answers, answered, 0::float8 as age`);

/** Notes how many of the answers have been given; with the last one the update is done. */
export const givenAnswers = (db: Sql, updateId: number, answered: number, error: string | null) =>
  db.query(sql.unsafe`
    update bot_updates set answered = ${answered}, error = coalesce(${error}, error),
      done_at = case when ${answered} >= jsonb_array_length(answers) then now() end
    where update_id = ${updateId} and decided_at is not null`);

/** Leaves an update, or the rest of its answers, for later. */
export const postponeUpdate = (db: Sql, updateId: number, seconds: number, error: string) =>
  db.query(sql.unsafe`
    update bot_updates set send_after = now() + make_interval(secs => ${seconds}), error = ${error}
    where update_id = ${updateId} and done_at is null`);

/** True when a stranger's chat is due the polite line: at most once a minute. */
export async function answerStranger(db: Sql, chatId: number): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`
    insert into bot_strangers (chat_id) values (${chatId})
    on conflict (chat_id) do update set told_at = now() where bot_strangers.told_at < now() - interval '1 minute'`);
  return rowCount > 0;
}

/** Forgets what is done and older than three days: Telegram repeats nothing older than one, and may number anew after a week. */
export const forgetUpdates = (db: Sql) =>
  db.query(sql.unsafe`
    with old as (
      delete from bot_updates where received_at < now() - interval '3 days' and done_at is not null
    ), strangers as (
      delete from bot_strangers where told_at < now() - interval '3 days'
    )
    delete from bot_confirmations where expires_at < now() - interval '30 days'`);
