import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const wishes = z.object({
  /** `HH:MM:SS` twice, or null for the studio's. */
  quiet_from: z.string().nullable(),
  quiet_until: z.string().nullable(),
  /** The kinds about which the person has said anything. */
  kinds: z.record(z.string(), z.boolean()),
  is_reachable: z.boolean(),
});
export type Wishes = z.output<typeof wishes>;

/** What a person wants to hear and when; null when there is no such person. `is_reachable`: has Telegram and has not blocked the bot. */
export const wishesOf = (db: Sql, userId: number): Promise<Wishes | null> =>
  db.maybeOne(sql.type(wishes)`
    select quiet_from::text, quiet_until::text, telegram_id is not null and blocked_at is null as is_reachable,
      coalesce((select jsonb_object_agg(kind, is_on) from notification_preferences where user_id = users.id), '{}') as kinds
    from users left join telegram_chats on chat_id = telegram_id where users.id = ${userId}`);

/** Sets a person's quiet hours; null: the studio's. Returns false when there is no such person. */
export async function setQuietHours(transaction: Sql, userId: number, hours: { from: string; until: string } | null) {
  const { rowCount } = await transaction.query(sql.unsafe`
    update users set quiet_from = ${hours?.from ?? null}::time, quiet_until = ${hours?.until ?? null}::time where id = ${userId}`);
  return rowCount > 0;
}

const entries = (kinds: Record<string, boolean>) =>
  sql.unnest(
    Object.entries(kinds).map(([kind, isOn]) => [kind, isOn]),
    ['text', 'bool'],
  );

/** Sets what a person wants to hear; kinds that are not named are as they are for everybody. */
export const setPersonKinds = (transaction: Sql, userId: number, kinds: Record<string, boolean>) =>
  transaction.query(sql.unsafe`
    with gone as (
      delete from notification_preferences
      where user_id = ${userId} and not kind = any(${sql.array(Object.keys(kinds), 'text')})
    )
    insert into notification_preferences (user_id, kind, is_on)
    select ${userId}, kind, is_on from ${entries(kinds)} as given (kind, is_on)
    on conflict (user_id, kind) do update set is_on = excluded.is_on`);

/** The kinds that the studio has switched, by name. */
export async function studioKinds(db: Sql): Promise<Record<string, boolean>> {
  const row = sql.type(z.object({ kind: z.string(), is_on: z.boolean() }));
  const rows = await db.any(row`select kind, is_on from notification_switches`);
  return Object.fromEntries(rows.map(({ kind, is_on }) => [kind, is_on]));
}

/** Switches kinds for the whole studio; those that are not named stay as they are. */
export const setStudioKinds = (transaction: Sql, kinds: Record<string, boolean>) =>
  transaction.query(sql.unsafe`
    insert into notification_switches (kind, is_on) select kind, is_on from ${entries(kinds)} as given (kind, is_on)
    on conflict (kind) do update set is_on = excluded.is_on`);

const child = z.object({ student_id: z.int(), name: z.string(), is_on: z.boolean() });

/** Those a person pays for who are somebody else; on unless switched off. */
export const childrenOf = (db: Sql, payerId: number) =>
  db.any(sql.type(child)`
    select students.id as student_id, concat_ws(' ', first_name, nullif(last_name, '')) as name, coalesce(is_on, true) as is_on
    from students join users on users.id = students.id
    left join child_notifications told on told.student_id = students.id and told.reader_id = payer_id
    where payer_id = ${payerId} and students.id <> payer_id order by students.id`);

/** Sets of whom a person wants to be told; those that are not named are on. */
export const setChildren = (transaction: Sql, readerId: number, children: readonly { student_id: number; is_on: boolean }[]) =>
  transaction.query(sql.unsafe`
    with gone as (
      delete from child_notifications
      where reader_id = ${readerId} and not student_id = any(${sql.array(
        children.map(({ student_id }) => student_id),
        'int4',
      )})
    )
    insert into child_notifications (reader_id, student_id, is_on)
    select ${readerId}, student_id, is_on from ${sql.unnest(
      children.map(({ student_id, is_on }) => [student_id, is_on]),
      ['int4', 'bool'],
    )} as given (student_id, is_on)
    on conflict (reader_id, student_id) do update set is_on = excluded.is_on`);
