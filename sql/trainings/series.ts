import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** What a series is made by: weekdays 1 (Monday) to 7, a wall time of the studio, inclusive business days. */
export type SeriesRule = { weekdays: readonly number[]; start_time: string; from: string; until: string };

const occasion = z.object({
  training_date: z.iso.date(),
  start_time: z.string(),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
});

/**
 * The days of a series with their instants in the studio's zone: a wall time that a DST gap swallows is that of after it, of one that
 * there is twice the first is meant, as for weekly templates. At most `limit`.
 */
export const occasionsOf = (db: Sql, of: SeriesRule & { minutes: number; zone: string; limit: number }) =>
  db.any(sql.type(occasion)`
    select (starts_at at time zone ${of.zone}::text)::date as training_date, (starts_at at time zone ${of.zone}::text)::time as start_time, starts_at,
      starts_at + make_interval(mins => ${of.minutes}) as ends_at
    from generate_series(${of.from}::timestamp, ${of.until}::timestamp, '1 day') as each (day)
    cross join lateral (select studio_instant(day::date, ${of.start_time}::time, ${of.zone}) as starts_at) as instant
    where extract(isodow from day)::int = any(${sql.array([...of.weekdays], 'int4')})
    order by starts_at limit ${of.limit}`);

export const insertSeries = (transaction: Sql, of: SeriesRule & { madeBy: string }) =>
  transaction.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into training_series (weekdays, start_time, first_day, last_day, made_by)
    values (${sql.array([...of.weekdays], 'int2')}, ${of.start_time}::time, ${of.from}::date, ${of.until}::date, ${of.madeBy}) returning id`);

export const isSeries = (db: Sql, id: number) => db.exists(sql.unsafe`select from training_series where id = ${id}`);

/** Trainings of a series from a business day on that are scheduled and have not begun. */
export const comingOfSeries = (db: Sql, id: number, from: string, now: string) =>
  db.anyFirst(sql.type(z.object({ id: z.int() }))`
    select id from real_trainings
    where series_id = ${id} and training_date >= ${from}::date and status = 'scheduled' and starts_at > ${now}::timestamptz order by id`);

/** A series none of whose trainings is left is none. */
export const forgetSeries = (transaction: Sql, id: number) =>
  transaction.query(sql.unsafe`
    delete from training_series where id = ${id} and not exists (select from real_trainings where series_id = ${id})`);
