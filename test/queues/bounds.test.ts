import { describe, expect, test } from '@jest/globals';
import { type RunName, runNames, runs } from '../../queues/jobs/catalog.ts';
import type { RunDefinition } from '../../queues/jobs/run-definition.ts';
import { anyDay, birthDay, endDay, instant, notBorn, weekStart } from '../../queues/time/days.ts';
import { boundsInWords, boundsOf, dryInstantOf, outside } from '../../queues/timetable/bounds.ts';

/** Wednesday noon in Moscow; the week began on the 12th. */
const clock = { now: new Date('2031-05-14T09:00:00Z'), zone: 'Europe/Moscow', retentionDays: 30 };
const TODAY = '2031-05-14';

describe('a week that can be built (D42)', () => {
  test.each([
    ['2031-05-05', false],
    ['2031-05-12', true],
    ['2032-05-17', true],
    ['2032-05-24', false],
  ])('%s: %p', (week_start, isInside) => {
    expect(outside(boundsOf('generation', clock), { week_start }) === null).toBe(isInside);
  });
  test('by default it is none of the bounds’ business', () => expect(outside(boundsOf('generation', clock), {})).toBeNull());
  test('the bounds in words', () =>
    expect(boundsInWords(boundsOf('generation', clock)!)).toBe('a Monday from 2031-05-12 to 2032-05-17'));
});

const daily = runNames.filter((name) => (runs[name] as RunDefinition).isOfThePast);
describe.each(daily)('a day of %s', (name) => {
  test.each([
    ['2031-04-13', false],
    ['2031-04-14', true],
    [TODAY, true],
    ['2031-05-15', false],
  ])('%s: %p', (date, isInside) => {
    expect(outside(boundsOf(name, clock), { date }) === null).toBe(isInside);
  });
});

describe('a dry run may look ahead to the next tick', () => {
  test.each<[RunName, string, string, boolean]>([
    // daily ticks at 23:00, renewal at 01:00, unfreeze at 02:00, cleanup at 23:59.
    ['daily', '2031-05-14T19:59:59Z', '2031-05-15', false],
    ['daily', '2031-05-14T20:00:00Z', '2031-05-15', true],
    ['daily', '2031-05-14T20:00:00Z', '2031-05-16', false],
    ['auto_renewal', '2031-05-14T09:00:00Z', '2031-05-15', true],
    ['auto_renewal', '2031-05-14T21:59:59Z', '2031-05-16', false],
    ['auto_unfreeze', '2031-05-14T09:00:00Z', '2031-05-15', true],
    ['cleanup', '2031-05-14T09:00:00Z', '2031-05-15', false],
  ])('%s at %s for %s: %p', (name, now, date, isInside) => {
    expect(outside(boundsOf(name, { ...clock, now: new Date(now) }, true), { date }) === null).toBe(isInside);
    if (date > TODAY) expect(outside(boundsOf(name, { ...clock, now: new Date(now) }), { date })).not.toBeNull();
  });
  test.each([
    [undefined, '2031-05-14T20:30:00.000Z'],
    [TODAY, '2031-05-14T20:30:00.000Z'],
    ['2031-05-15', '2031-05-15T20:00:00.000Z'],
  ])('for %s it is as of %s', (date, at) => {
    const now = new Date('2031-05-14T20:30:00Z');
    expect(dryInstantOf('daily', date, { ...clock, now }).toISOString()).toBe(at);
  });
});

describe('days and instants within their bounds may enter', () => {
  const says = (schema: typeof anyDay, given: unknown) =>
    schema.safeParse(given).error?.issues.map(({ message }) => message) ?? [];
  const BOUNDS = 'a day from 2000-01-01 to 2100-12-31';
  test.each([
    [anyDay, '1999-12-31', [BOUNDS]],
    [anyDay, '2000-01-01', []],
    [anyDay, '2100-12-31', []],
    [anyDay, '2101-01-01', [BOUNDS]],
    [anyDay, '9999-12-31', [BOUNDS]],
    [anyDay, '0001-01-01', [BOUNDS]],
    [anyDay, '2031-02-29', ['a date that exists, YYYY-MM-DD']],
    [endDay, '2100-12-31', []],
    [endDay, '9999-12-30', [`${BOUNDS}, or 9999-12-31 for ever`]],
    [endDay, '9999-12-31', []],
    [birthDay, '1899-12-31', ['a day from 1900-01-01 to 2100-12-31 that has passed']],
    [birthDay, '1900-01-01', []],
    [weekStart, '2031-05-12', []],
    [weekStart, '2031-05-13', ['a Monday, YYYY-MM-DD']],
  ])('%# %s', (schema, given, wrong) => expect(says(schema as typeof anyDay, given)).toEqual(wrong));

  test.each([
    ['2031-05-13', null],
    [TODAY, 'a day from 1900-01-01 to before 2031-05-14'],
    [null, null],
    [undefined, null],
  ])('a birth on %s', (birth, wrong) => expect(notBorn(birth, TODAY)).toBe(wrong));

  test.each([
    ['1999-12-31T23:59:59Z', false],
    ['2000-01-01T00:00:00+14:00', true],
    ['2100-12-31T23:59:59Z', true],
    ['2101-01-01T00:00:00Z', false],
    ['9990-01-01T00:00:00Z', false],
    ['0001-01-01T00:00:00Z', false],
  ])('the instant %s: %p', (given, isFine) => expect(instant.safeParse(given).success).toBe(isFine));
});
