import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const dayKinds = ['off', 'short', 'working'] as const;
export type CalendarDay = { date: string; kind: (typeof dayKinds)[number]; name: string };

/**
 * Makes a country's days of a year, those that name no location, exactly these (R17). What is there already stays as it is, so that a
 * calendar loaded twice changes nothing. Returns how many are new or otherwise than before, and how many are gone.
 */
export async function loadCalendar(transaction: Sql, of: { country: string; year: number; days: readonly CalendarDay[] }) {
  const mine = sql.fragment`country = ${of.country} and location_id is null and extract(year from date) = ${of.year}`;
  const gone = await transaction.query(sql.unsafe`
    delete from calendar_days where ${mine} and date <> all(${sql.array(
      of.days.map(({ date }) => date),
      'date',
    )})`);
  const written = await transaction.query(sql.unsafe`
    insert into calendar_days as known (country, date, kind, name)
    select ${of.country}, date, kind, name from ${sql.unnest(
      of.days.map(({ date, kind, name }) => [date, kind, name]),
      ['date', 'text', 'text'],
    )} as given (date, kind, name)
    on conflict (date, coalesce(country, ''), coalesce(location_id, 0)) do update set kind = excluded.kind, name = excluded.name
    where (known.kind, known.name) is distinct from (excluded.kind, excluded.name)`);
  return { written: written.rowCount, removed: gone.rowCount };
}

/** Whether anything is known of a year's calendar. */
export const isYearKnown = (db: Sql, year: number) =>
  db.oneFirst(sql.type(z.object({ known: z.boolean() }))`
    select exists (select from calendar_days where date between make_date(${year}::int, 1, 1) and make_date(${year}::int, 12, 31)) as known`);
