import { describe, expect, test } from '@jest/globals';
import { nextTicks, nominalTicks } from '../../queues/timetable/ticks.ts';
import { timetable } from '../../queues/timetable/timetable.ts';

const ticks = (pattern: string, zone: string, from: string, to: string) =>
  nominalTicks(pattern, zone, new Date(from), new Date(to)).map((tick) => tick.toISOString().replace(':00.000Z', 'Z'));

const berlin = 'Europe/Berlin';
const newYork = 'America/New_York';

test.each([
  [
    'the gap in Berlin, 02:00 to 03:00',
    '30 2 * * *',
    berlin,
    '2026-03-28',
    '2026-03-30T12:00Z',
    ['28T01:30', '29T01:00', '30T00:30'],
  ],
  ['the gap’s first moment', '0 2 * * *', berlin, '2026-03-28', '2026-03-30T12:00Z', ['28T01:00', '29T01:00', '30T00:00']],
  ['the gap’s end', '0 3 * * *', berlin, '2026-03-28', '2026-03-30T12:00Z', ['28T02:00', '29T01:00', '30T01:00']],
  ['several times in one gap', '*/15 2 * * *', berlin, '2026-03-28T12:00Z', '2026-03-29T12:00Z', ['29T01:00']],
  ['times in the gap and after it', '30 2,3 * * *', berlin, '2026-03-28T12:00Z', '2026-03-29T12:00Z', ['29T01:00', '29T01:30']],
  ['lost and real times that meet', '0 2,3 * * *', berlin, '2026-03-28T12:00Z', '2026-03-29T12:00Z', ['29T01:00']],
  [
    'the overlap in Berlin, 02:00 to 03:00',
    '30 2 * * *',
    berlin,
    '2026-10-24',
    '2026-10-26T12:00Z',
    ['24T00:30', '25T00:30', '26T01:30'],
  ],
  ['several times in one overlap', '0,30 2 * * *', berlin, '2026-10-24T12:00Z', '2026-10-25T12:00Z', ['25T00:00', '25T00:30']],
  [
    'hours around the overlap',
    '30 1-3 * * *',
    berlin,
    '2026-10-24T12:00Z',
    '2026-10-25T12:00Z',
    ['24T23:30', '25T00:30', '25T02:30'],
  ],
  ['the gap in New York', '30 2 * * *', newYork, '2026-03-07T00:00Z', '2026-03-09T12:00Z', ['07T07:30', '08T07:00', '09T06:30']],
  ['the overlap in New York', '30 1 * * *', newYork, '2026-10-31', '2026-11-02T12:00Z', ['31T05:30', '01T05:30', '02T06:30']],
  [
    'every hour through the gap',
    '0 * * * *',
    berlin,
    '2026-03-28T23:30Z',
    '2026-03-29T03:00Z',
    ['29T00:00', '29T01:00', '29T02:00', '29T03:00'],
  ],
  [
    'every hour through the overlap',
    '0 * * * *',
    berlin,
    '2026-10-24T23:30Z',
    '2026-10-25T03:00Z',
    ['25T00:00', '25T01:00', '25T02:00', '25T03:00'],
  ],
  [
    'every half hour through the overlap',
    '*/30 * * * *',
    newYork,
    '2026-11-01T05:15Z',
    '2026-11-01T07:00Z',
    ['01T05:30', '01T06:00', '01T06:30', '01T07:00'],
  ],
])('%s', (_, pattern, zone, from, to, expected) => {
  expect(ticks(pattern, zone, from, to).map((tick) => tick.slice(8, -1))).toEqual(expected);
});

test.each([
  ['2026-11-22T17:59:59.999Z', '2026-11-22T18:00:00.000Z', ['2026-11-22T18:00Z']],
  ['2026-11-22T17:59:59.999Z', '2026-11-22T17:59:59.999Z', []],
  ['2026-11-22T18:00:00.000Z', '2026-11-29T17:59:59.999Z', []],
  ['2026-11-22T18:00:00.001Z', '2026-11-29T18:00:00.000Z', ['2026-11-29T18:00Z']],
  ['2026-11-15T18:00:00.000Z', '2026-11-29T18:00:00.000Z', ['2026-11-22T18:00Z', '2026-11-29T18:00Z']],
])('after %s up to and including %s', (from, to, expected) => {
  expect(ticks('0 21 * * 0', 'Europe/Moscow', from, to)).toEqual(expected);
});

test.each(['2026-10-25T00:30Z', '2026-10-25T00:45Z', '2026-10-25T01:00Z', '2026-10-25T01:15Z'])(
  'a time that exists twice does not tick a second time for one who looks from %s on',
  (from) => {
    expect(ticks('30 2 * * *', berlin, from, '2026-10-26T00:00Z')).toEqual([]);
  },
);

const DAY = 86_400_000;
describe.each([
  [berlin, '2026-03-29'],
  [berlin, '2026-10-25'],
  [newYork, '2026-03-08'],
  [newYork, '2026-11-01'],
  ['America/Santiago', '2026-09-06'],
  ['America/Santiago', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Europe/Moscow', '2026-11-22'],
])('in %s on %s', (zone, day) => {
  const clock = new Intl.DateTimeFormat('sv', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  const noon = Date.parse(`${day}T12:00Z`);
  const minutes = Array.from({ length: 2 * 1440 }, (_, minute) => new Date(noon - DAY + minute * 60_000));
  const shown = minutes.map((instant) => ({ instant, wall: clock.format(instant) }));

  test('each quarter of an hour ticks once, when the clock on the wall first shows it or more', () => {
    const quarters = Array.from({ length: 96 }, (_, n) => [Math.floor(n / 4), (n % 4) * 15] as const);
    const actual = quarters.map(([hour, minute]) =>
      nominalTicks(`${minute} ${hour} * * *`, zone, new Date(noon - DAY), new Date(noon + DAY)).filter((tick) =>
        clock.format(tick).startsWith(day),
      ),
    );
    const expected = quarters.map(([hour, minute]) => {
      const wall = `${day} ${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
      return [shown.find((candidate) => candidate.wall >= wall)?.instant];
    });
    expect(actual).toEqual(expected);
  });
});

test('the next ticks follow an instant', () => {
  expect(nextTicks('0 21 * * 0', 'Europe/Moscow', new Date('2026-11-22T18:00Z'), 2)).toEqual([
    new Date('2026-11-29T18:00Z'),
    new Date('2026-12-06T18:00Z'),
  ]);
});

test.each(['0 0 21 * * 0', '61 * * * *', '0 21 * *', 'sundays'])('"%s" is no pattern', (pattern) => {
  expect(() => ticks(pattern, 'UTC', '2026-11-22', '2026-11-23')).toThrow(/CronPattern/);
});

test('the timetable’s names are unique, its patterns tick, its windows and deadlines are positive', () => {
  expect(new Set(timetable.map(({ name }) => name)).size).toBe(timetable.length);
  for (const { pattern, windowHours, deadlineMinutes } of timetable) {
    expect(nextTicks(pattern, 'Europe/Moscow', new Date('2026-11-22'), 3)).toHaveLength(3);
    expect(Math.min(windowHours, deadlineMinutes)).toBeGreaterThan(0);
  }
});

test('a backup is made every night at two, and tried by a restore on Sundays at four (R33, R34)', () => {
  const of = (name: string) => timetable.find((schedule) => schedule.name === name)?.pattern ?? '';
  const within = (name: string) => ticks(of(name), 'Europe/Moscow', '2026-11-20T12:00Z', '2026-11-23T12:00Z');
  expect(within('backup').map((tick) => tick.slice(8))).toEqual(['20T23:00Z', '21T23:00Z', '22T23:00Z']);
  expect(within('verify').map((tick) => tick.slice(8))).toEqual(['22T01:00Z']);
});
