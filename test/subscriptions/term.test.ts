import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { termAnchor, termEnd } from '../../sql/subscriptions/term.ts';
import { keptMinor } from '../../workers/packages/policy.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const months = (validity_months: number) => ({ validity_days: null, validity_months });
const days = (validity_days: number) => ({ validity_days, validity_months: null });

test.each([
  ['2027-01-31', days(1), '2027-01-31'],
  ['2027-01-31', days(30), '2027-03-01'],
  ['2027-01-31', months(1), '2027-02-27'],
  ['2028-01-31', months(1), '2028-02-28'],
  ['2027-01-30', months(1), '2027-02-27'],
  ['2027-01-28', months(1), '2027-02-27'],
  ['2027-02-28', months(1), '2027-03-27'],
  ['2027-01-01', months(1), '2027-01-31'],
  ['2027-12-15', months(1), '2028-01-14'],
  ['2027-08-31', months(6), '2028-02-28'],
  ['2027-08-31', months(18), '2029-02-27'],
])('from %s a term of %j ends on %s (D4, D48)', (start, term, end) => {
  expect(termEnd(start, term)).toBe(end);
});

test('a chain of months keeps its anchor: 31 January, 28 February, 31 March, 30 April', () => {
  const starts = ['2027-01-31'];
  let anchor = 31;
  for (let n = 0; n < 13; n += 1) {
    starts.push(addDays(termEnd(starts.at(-1) as string, months(1), anchor), 1));
    anchor = termAnchor(starts.at(-1) as string, anchor);
  }
  expect(starts.slice(0, 5)).toEqual(['2027-01-31', '2027-02-28', '2027-03-31', '2027-04-30', '2027-05-31']);
  expect(starts.slice(-2)).toEqual(['2028-01-31', '2028-02-29']);
});

test.each([
  ['2027-02-28', 31, 31],
  ['2027-02-27', 31, 27],
  ['2027-03-31', 31, 31],
  ['2027-03-30', 31, 30],
  ['2027-02-28', 28, 28],
  ['2027-03-14', 31, 14],
])('a term from %s inherits the anchor %i as %i', (start, inherited, anchor) => {
  expect(termAnchor(start, inherited)).toBe(anchor);
});

test('the database says the same of every day of five years, for every anchor and many terms', async () => {
  const rows = await database.db.any(sql.type(
    z.object({
      first_day: z.string(),
      inherited: z.int(),
      months: z.int().nullable(),
      days: z.int().nullable(),
      anchor: z.int(),
      last_day: z.string(),
    }),
  )`
    select first_day::date, inherited, months, days, term_anchor(first_day::date, inherited) as anchor,
      term_end(first_day::date, days, months, term_anchor(first_day::date, inherited)) as last_day
    from generate_series('2023-12-01'::timestamp, '2028-12-31', interval '1 day') first_day,
      (values (1), (14), (28), (29), (30), (31)) anchors (inherited),
      (values (1, null), (2, null), (12, null), (120, null), (null, 1), (null, 30), (null, 3660)) terms (months, days)`);
  expect(rows.length).toBeGreaterThan(70_000);
  const wrong = rows.filter((row) => {
    const anchor = termAnchor(row.first_day, row.inherited);
    const last = termEnd(row.first_day, { validity_days: row.days, validity_months: row.months }, anchor);
    return anchor !== row.anchor || last !== row.last_day || last < row.first_day;
  });
  expect(wrong).toEqual([]);
});

test('the part kept of a price is the same in the database, for any use of any type (D22)', async () => {
  const rows = await database.db.any(sql.type(z.object({ price: z.int(), units: z.int(), used: z.int(), kept: z.int() }))`
    select price::int8, units, used, kept_minor(price, units, used) as kept
    from (values (0), (1), (2), (7), (1000), (399999), (1000000000000)) prices (price), generate_series(1, 13) units, generate_series(0, 13) used
    where used <= units`);
  expect(rows.length).toBeGreaterThan(500);
  for (const { price, units, used, kept } of rows)
    expect([price, units, used, kept]).toEqual([price, units, used, keptMinor(price, units, used)]);
});
