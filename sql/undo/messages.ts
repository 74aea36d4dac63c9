import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const waiting = z.object({
  id: z.int(),
  user_id: z.int(),
  template: z.string(),
  params: z.record(z.string(), z.unknown()),
  status: z.string(),
  error: z.string().nullable(),
});
export type Waiting = z.output<typeof waiting>;

/** For a row of notifications: nobody has tried to send it. What cannot be sent waits as well while its change can be taken back. */
const isUntold = sql.fragment`(status = 'pending' and attempts = 0 and parts_sent = 0
  or status in ('skipped', 'undeliverable') and held_until > clock_timestamp() and error is distinct from 'superseded')`;

/** What people have not been told yet about one of these subjects, such as `training:17`, locked so that nobody sends it meanwhile. */
export const untoldAbout = (transaction: Sql, subjects: readonly string[]) =>
  transaction.any(sql.type(waiting)`
    select id, user_id, template, params, status, error from notifications
    where user_id is not null and subjects && ${sql.array([...subjects], 'text')} and status in ('pending', 'skipped', 'undeliverable')
      and ${isUntold}
    order by id for update`);

/** The same, only to be looked at. */
export const untoldOf = (db: Sql, subjects: readonly string[]) =>
  db.any(sql.type(waiting)`
    select id, user_id, template, params, status, error from notifications
    where user_id is not null and subjects && ${sql.array([...subjects], 'text')} and status in ('pending', 'skipped', 'undeliverable')
      and ${isUntold}
    order by id`);

/** Messages that are not to be sent any more: a later one says it, or nothing is to be said. */
export const outdate = (transaction: Sql, ids: readonly number[]) =>
  transaction.query(sql.unsafe`
    update notifications set status = 'skipped', error = 'superseded', in_line = false where id = any(${sql.array([...ids], 'int4')})`);

/** Those of some messages that are outdated now. */
export const outdatedAmong = (db: Sql, ids: readonly number[]) =>
  db.anyFirst(sql.type(z.object({ id: z.int() }))`
    select id from notifications where id = any(${sql.array([...ids], 'int4')}) and status = 'skipped' and error = 'superseded'`);

/** Whether somebody has been told of a change, or is just being told. */
export const isTold = (db: Sql, undoId: number) =>
  db.exists(sql.unsafe`
    select from notifications
    where undo_id = ${undoId} and (status in ('sent', 'failed') or parts_sent > 0 or (status = 'pending' and attempts > 0))`);

/** Locks the messages of a change, so that nobody begins to send one. */
export const lockMessages = (transaction: Sql, undoId: number) =>
  transaction.query(sql.unsafe`select from notifications where undo_id = ${undoId} order by id for update`);

/** Takes the messages of a change back, and lets those go again that they had outdated. */
export async function takeBackMessages(
  transaction: Sql,
  undoId: number,
  outdated: readonly { id: number; status: string; error: string | null }[],
) {
  await transaction.query(sql.unsafe`delete from notifications where undo_id = ${undoId}`);
  await transaction.query(sql.unsafe`
    update notifications set status = was.status, error = was.error
    from ${sql.unnest(
      outdated.map(({ id, status, error }) => [id, status, error]),
      ['int4', 'text', 'text'],
    )} as was (id, status, error)
    where notifications.id = was.id and notifications.status = 'skipped' and notifications.error = 'superseded'`);
}
