import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { type CalendarDay, dayKinds, loadCalendar } from '../../sql/calendar/days.ts';
import type { Sql } from '../../sql/database/database.ts';
import { notAcceptable, Refused } from '../refusal.ts';

const fileRow = z.array(z.strictObject({ date: z.iso.date(), kind: z.enum(dayKinds), name: z.string().min(1).max(100) }));
const fileOf = (country: string, year: number) => new URL(`../../sql/calendar/years/${country}-${year}.json`, import.meta.url);

/**
 * Loads a country's calendar of a year (R17): the given days, or those of the file that comes with the fleet. Throws `missing` where there
 * is no such file, `invalid` for a day of another year or a day that is named twice.
 */
export async function loadYear(
  transaction: Sql,
  of: { country: string; year: number; days?: readonly CalendarDay[] | undefined },
) {
  const days = of.days ?? readYear(of.country, of.year);
  const seen = new Set<string>();
  for (const [n, { date }] of days.entries()) {
    if (!date.startsWith(`${of.year}-`)) throw notAcceptable(`days.${n}.date`, `a day of ${of.year}`);
    if (seen.has(date)) throw notAcceptable(`days.${n}.date`, 'each day once');
    seen.add(date);
  }
  return loadCalendar(transaction, { ...of, days });
}

function readYear(country: string, year: number): CalendarDay[] {
  const file = fileOf(country, year);
  if (!existsSync(file)) throw new Refused('missing', `the fleet has no calendar ${country}-${year}: give its days`);
  return fileRow.parse(JSON.parse(readFileSync(file, 'utf8')));
}
