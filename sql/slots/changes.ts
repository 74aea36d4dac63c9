import type { FragmentSqlToken } from 'slonik';
import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { FIRST_DAY, LAST_DAY } from '../database/instants.ts';

/** Business days, both inclusive. */
const changeRow = z.object({ specialist_id: z.int(), from_day: z.string(), to_day: z.string() });
export type SlotChange = z.output<typeof changeRow>;

/** A change as business days of a zone, within the years of four digits: days are compared as text. */
export const changedDays = (zone: string) => sql.fragment`
  ${writable(sql.fragment`coalesce(from_day, (from_at at time zone ${zone})::date)`)}::text as from_day,
  ${writable(sql.fragment`coalesce(to_day, ((to_at - interval '1 microsecond') at time zone ${zone})::date)`)}::text as to_day`;
const writable = (day: FragmentSqlToken) => sql.fragment`least(greatest(${day}, ${FIRST_DAY}::date), ${LAST_DAY}::date)`;

/** Notes days that have to be computed again. Throws a foreign key violation for a specialist who does not exist. */
export const noteSlotDays = (db: Sql, specialistId: number, days: readonly string[]) =>
  db.query(sql.unsafe`
    insert into slot_changes (specialist_id, from_day, to_day)
    select ${specialistId}::int, day, day from unnest(${sql.array([...days], 'date')}) as day`);

/**
 * Turns changes of locations into changes of whoever is there now, in one statement, so that no reader misses them in between.
 * What another worker is just passing on is left to him. A specialist who is just being deleted is waited for and left out.
 */
export const passOnLocationChanges = (db: Sql) =>
  db.query(sql.unsafe`
    with passed_on as (
      delete from slot_changes where id in (
        select id from slot_changes where location_id is not null order by id for update skip locked)
      returning *
    )
    insert into slot_changes (specialist_id, from_day, to_day, from_at, to_at, noted_at)
    select person.id, from_day, to_day, from_at, to_at, noted_at
    from passed_on join specialists person on person.location_id = passed_on.location_id
    order by passed_on.id, person.id
    for key share of person`);

/** Changes that wait, of the specialists who have waited longest; not those of locations, which have to be passed on first. */
export const readSlotChanges = (db: Sql, limits: { zone: string; specialists: number; limit: number }) =>
  db.any(sql.type(changeRow.extend({ id: z.int() }))`
    select id, specialist_id, ${changedDays(limits.zone)} from slot_changes
    where specialist_id in (
      select specialist_id from slot_changes where specialist_id is not null
      group by specialist_id order by min(id) limit ${limits.specialists})
    order by id limit ${limits.limit}`);

/** Forgets changes whose days are stored. What somebody else is just forgetting is left to him. */
export const forgetSlotChanges = (db: Sql, ids: readonly number[]) =>
  db.query(sql.unsafe`
    delete from slot_changes where id in (
      select id from slot_changes where id = any(${sql.array([...ids], 'int8')}) order by id for update skip locked)`);

export const isAnySlotChanged = (db: Sql) =>
  db.oneFirst(sql.type(z.object({ changed: z.boolean() }))`select exists (select from slot_changes) as changed`);
