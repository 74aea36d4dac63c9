import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { settleTicks } from '../../queues/timetable/settle-ticks.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { book, emptyLedger, endRuns, ledger, schedule } from '../support/ledger.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(() => emptyLedger(database.db));
afterAll(() => database.close());

const settle = (zone: string, now: Date) => settleTicks(database.db, [schedule()], zone, now);
const weekday = (instant: string) => instant.slice(0, 10);

/** Eight Sundays each, 21:00 on the studio's clock, with the Mondays and weeks they build. */
const walks: [zone: string, hours: [utc: number, times: number][], firstSunday: string, firstWeek: [number, number]][] = [
  ['Europe/Moscow', [[18, 8]], '2026-11-22', [2026, 48]],
  [
    'Europe/Berlin',
    [
      [20, 4],
      [19, 4],
    ],
    '2026-03-01',
    [2026, 10],
  ],
  [
    'Europe/Berlin',
    [
      [19, 3],
      [20, 5],
    ],
    '2026-10-04',
    [2026, 41],
  ],
  [
    'America/New_York',
    [
      [26, 1],
      [25, 7],
    ],
    '2026-03-01',
    [2026, 10],
  ],
  [
    'America/New_York',
    [
      [25, 4],
      [26, 4],
    ],
    '2026-10-04',
    [2026, 41],
  ],
];
const DAY = 86_400_000;

test.each(walks)(
  '%s, from UTC hour %j on %s: every Sunday asks once for the week that follows',
  async (zone, hours, first, week) => {
    const sundays = hours
      .flatMap(([utc, times]) => Array(times).fill(utc))
      .map((hour, n) => Date.parse(first) + 7 * n * DAY + hour * 3_600_000);
    await settle(zone, new Date((sundays[0] ?? 0) - DAY));
    for (const sunday of sundays) {
      for (const second of [-3_600, -1, 0, 1, 2, 3, 59, 60, 61, 3_599, 3_600, 3_601])
        await settle(zone, new Date(sunday + second * 1_000));
      await endRuns(database.db, 'success');
    }
    const expected = sundays.map((sunday, n) => {
      const number = week[1] + n;
      const key = number > 53 ? `2027-W${String(number - 53).padStart(2, '0')}` : `2026-W${number}`;
      return {
        at: new Date(sunday).toISOString().replace(':00.000Z', 'Z'),
        key,
        monday: weekday(new Date(Date.parse(first) + (7 * n + 1) * DAY).toISOString()),
      };
    });
    expect(await ledger(database.db)).toEqual(expected.map(({ at, key }) => `${at} enqueued ${key}`));
    expect((await book(database.db)).map(({ run_key, attempt, process_date }) => [run_key, attempt, process_date])).toEqual(
      expected.map(({ key, monday }) => [`generation:${key}`, 1, monday]),
    );
  },
);

test('a tick decided after midnight builds the week its own date asks for (D2)', async () => {
  await settle('Europe/Moscow', new Date('2026-11-20T00:00Z'));
  const [asked] = await settle('Europe/Moscow', new Date('2026-11-22T21:30Z'));
  expect(asked?.run).toMatchObject({
    run_key: 'generation:2026-W48',
    scheduled_for: '2026-11-22T18:00:00.000Z',
    process_date: '2026-11-23',
    params: { start: '2026-11-23', end: '2026-11-29' },
  });
});

test('a week somebody has built or asked for already is not asked for again', async () => {
  await settle('Europe/Moscow', new Date('2026-11-20T00:00Z'));
  const daily = [schedule({ pattern: '0 21 * * *' })];
  for (const day of ['20', '21', '22']) {
    await settleTicks(database.db, daily, 'Europe/Moscow', new Date(`2026-11-${day}T18:00Z`));
    if (day === '21') await endRuns(database.db, 'success');
  }
  expect(await ledger(database.db)).toEqual([
    '2026-11-20T18:00Z enqueued 2026-W48',
    '2026-11-21T18:00Z enqueued 2026-W48',
    '2026-11-22T18:00Z enqueued (done already) 2026-W48',
  ]);
  expect(await book(database.db)).toHaveLength(1);
});
