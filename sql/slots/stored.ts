import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const storedRow = z.object({ specialist_id: z.int(), days: z.record(z.string(), z.string()) });

/** The stored grids of a database's specialists between two business days, both inclusive, by day; what has expired is not there. */
export const readStoredDays = (db: Sql, book: string, specialistIds: readonly number[], from: string, to: string) =>
  db.any(sql.prepared('read_stored_days', storedRow)`
    select specialist_id, json_object_agg(day, grid) as days from slots_preview
    where specialist_id = any(${sql.array([...specialistIds], 'int4')}) and day between ${from}::date and ${to}::date
      and book = ${book} and expires_at > now()
    group by specialist_id`);

/** A day as it is stored; it expires after so many seconds. */
export type StoredDay = { specialistId: number; day: string; book: string; version: number; grid: string; seconds: number };

/**
 * Stores grids. A day of the same book that is there and knows more stays as it is; each day is written whole.
 * A grid has no comma in it. Columns travel as one text each: 3,000 days as arrays took twice the time, most of it in quoting.
 */
export const storeDays = (db: Sql, days: readonly StoredDay[]) =>
  db.query(sql.unsafe`
    insert into slots_preview (specialist_id, day, book, version, grid, expires_at)
    select specialist_id, day, book, version, grid, now() + make_interval(secs => seconds)
    from unnest(${column(days, 'specialistId')}::int[], ${column(days, 'day')}::date[], ${column(days, 'book')},
      ${column(days, 'version')}::bigint[], ${column(days, 'grid')}, ${column(days, 'seconds')}::int[]
    ) as fresh (specialist_id, day, book, version, grid, seconds)
    order by specialist_id, day
    on conflict (specialist_id, day) do update
      set book = excluded.book, version = excluded.version, grid = excluded.grid, expires_at = excluded.expires_at
      where slots_preview.book is distinct from excluded.book or slots_preview.version <= excluded.version`);

const column = (days: readonly StoredDay[], name: keyof StoredDay) =>
  sql.fragment`string_to_array(${days.map((day) => day[name]).join(',')}, ',')`;

/** Removes days that are over or have expired. */
export async function forgetStoredDays(db: Sql, today: string): Promise<number> {
  const { rowCount } = await db.query(sql.unsafe`delete from slots_preview where day < ${today}::date or expires_at < now()`);
  return rowCount;
}
