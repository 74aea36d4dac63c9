import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import moment from 'moment-timezone';
import {
  addDays,
  addYears,
  dayOf,
  daysInShort,
  endOfDay,
  isMonday,
  mondayAfter,
  startOfDay,
  wallTimeOf,
  weekOf,
} from '../../queues/time/calendar.ts';

const noon = new Date('2026-11-21T12:00:00Z');
const days: [instant: string, zone: string, day: string][] = [
  ['2026-11-21T20:59:59.999Z', 'Europe/Moscow', '2026-11-21'],
  ['2026-11-21T21:00:00Z', 'Europe/Moscow', '2026-11-22'],
  ['2026-12-31T09:59:59Z', 'Pacific/Kiritimati', '2026-12-31'],
  ['2026-12-31T10:00:00Z', 'Pacific/Kiritimati', '2027-01-01'],
  ['2027-01-01T04:59:59Z', 'America/New_York', '2026-12-31'],
  ['2026-03-28T22:59:59Z', 'Europe/Berlin', '2026-03-28'],
  ['2026-03-29T21:59:59Z', 'Europe/Berlin', '2026-03-29'],
  ['2026-10-25T22:59:59Z', 'Europe/Berlin', '2026-10-25'],
];

test.each(['UTC', 'Pacific/Kiritimati', 'America/New_York', 'Asia/Kolkata'])(
  'the business day is the studio’s own on a server in %s (D1)',
  async (TZ) => {
    const calendar = new URL('../../queues/time/calendar.ts', import.meta.url).href;
    const script = `
      import { dayOf } from ${JSON.stringify(calendar)};
      const days = ${JSON.stringify(days)}.map(([instant, zone]) => dayOf(new Date(instant), zone));
      console.log(JSON.stringify({ server: new Date('2026-11-21T12:00:00Z').getHours(), days }));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, TZ },
    });
    const hour = Number(new Intl.DateTimeFormat('en', { timeZone: TZ, hour: '2-digit', hourCycle: 'h23' }).format(noon));
    expect(JSON.parse(stdout)).toEqual({ server: hour, days: days.map(([, , day]) => day) });
  },
);

test.each(days)('%s in %s is %s', (instant, zone, day) => {
  expect(dayOf(new Date(instant), zone)).toBe(day);
});

test.each(['Europe/Moscow', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia', 'Asia/Kathmandu'])(
  'days and wall times in %s are those of the date library, whatever the clock did there',
  (zone) => {
    for (const change of moment.tz.zone(zone)?.untils ?? []) {
      if (!Number.isFinite(change)) continue;
      for (const instant of [change - 86_400_000, change - 1, change, change + 1, change + 86_400_000].map(
        (ms) => new Date(ms),
      )) {
        const shown = moment.tz(instant, zone);
        expect([dayOf(instant, zone), wallTimeOf(instant, zone)]).toEqual([
          shown.format('YYYY-MM-DD'),
          shown.format('YYYY-MM-DDTHH:mm:ss'),
        ]);
      }
    }
  },
);

test('a zone nobody knows has no days', () => {
  expect(() => dayOf(noon, 'Europe/Nowhere')).toThrow('there is no time zone "Europe/Nowhere"');
});

test.each([
  ['2026-02-28', 1, '2026-03-01'],
  ['2028-02-28', 1, '2028-02-29'],
  ['2026-12-31', 1, '2027-01-01'],
  ['2027-01-01', -1, '2026-12-31'],
  ['2026-03-28', 2, '2026-03-30'],
])('%s and %i days is %s', (day, count, later) => {
  expect(addDays(day, count)).toBe(later);
});

test.each([
  ['2026-11-21', 5, '2031-11-21'],
  ['2026-11-21', -5, '2021-11-21'],
  ['2028-02-29', 4, '2032-02-29'],
  ['2028-02-29', 5, '2033-02-28'],
  ['2028-02-29', -5, '2023-02-28'],
])('%s and %i years is %s', (day, years, later) => {
  expect(addYears(day, years)).toBe(later);
});

test.each([
  ['2026-11-21', 'Europe/Moscow', '2026-11-20T21:00:00.000Z', '2026-11-21T21:00:00.000Z'],
  ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
  ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
  ['0001-01-01', 'UTC', '0001-01-01T00:00:00.000Z', '0001-01-02T00:00:00.000Z'],
  ['0001-01-01', 'Asia/Tokyo', '0001-01-01T00:00:00.000Z', '0001-01-01T14:41:01.000Z'],
  ['9999-12-30', 'America/New_York', '9999-12-30T05:00:00.000Z', '9999-12-31T05:00:00.000Z'],
  ['9999-12-31', 'Europe/Moscow', '9999-12-30T21:00:00.000Z', '9999-12-31T21:00:00.000Z'],
  ['9999-12-31', 'America/New_York', '9999-12-31T05:00:00.000Z', '9999-12-31T23:59:59.999Z'],
])('%s in %s is from %s to %s', (day, zone, start, end) => {
  expect([startOfDay(day, zone), endOfDay(day, zone)]).toEqual([start, end]);
});

test.each([
  ['a Monday', '2026-11-16', '2026-11-23'],
  ['a Tuesday', '2026-11-17', '2026-11-23'],
  ['a Saturday', '2026-11-21', '2026-11-23'],
  ['a Sunday', '2026-11-22', '2026-11-23'],
  ['the Sunday of a gap', '2026-03-29', '2026-03-30'],
  ['the Sunday of an overlap', '2026-10-25', '2026-10-26'],
  ['a leap day', '2028-02-29', '2028-03-06'],
  ['the last day of a year', '2026-12-31', '2027-01-04'],
  ['the first day of a year', '2027-01-01', '2027-01-04'],
])('the Monday after %s, %s, is %s (D2)', (_, day, monday) => {
  expect(mondayAfter(day)).toBe(monday);
  expect(isMonday(monday)).toBe(true);
  expect(isMonday(addDays(monday, 1))).toBe(false);
});

test.each([
  ['2025-12-28', '2025-W52'],
  ['2025-12-29', '2026-W01'],
  ['2026-11-22', '2026-W47'],
  ['2026-11-23', '2026-W48'],
  ['2026-12-28', '2026-W53'],
  ['2027-01-03', '2026-W53'],
  ['2027-01-04', '2027-W01'],
])('%s lies in week %s', (day, week) => {
  expect(weekOf(day)).toBe(week);
});

test.each([
  [[], ''],
  [['2026-11-21'], '2026-11-21'],
  [['2026-11-21', '2026-11-22'], '2026-11-21..2026-11-22'],
  [
    ['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-03', '2026-12-31', '2027-01-01'],
    '2026-02-27..2026-03-01,2026-03-03,2026-12-31..2027-01-01',
  ],
  [['9999-12-30', '9999-12-31'], '9999-12-30..9999-12-31'],
])('the days %j in short: %j', (days, short) => {
  expect(daysInShort(days)).toBe(short);
});
