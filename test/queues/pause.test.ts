import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { resumeSchedule, settleTicks } from '../../queues/timetable/settle-ticks.ts';
import { pauseSchedule, scheduleStates } from '../../sql/schedule/schedule.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { book, crowd, emptyLedger, holdOpen, ledger, schedule, waitingForLock } from '../support/ledger.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  await emptyLedger(database.db);
  await beat('2026-11-20T12:00Z');
});
afterAll(() => database.close());

const zone = 'Europe/Moscow';
const weekly = schedule();
const beat = (now: string) => settleTicks(database.db, [weekly], zone, new Date(now));
const pause = (now: string, by = 'anna') => pauseSchedule(database.db, weekly.name, new Date(now), by);
const resume = (now: string, fields = weekly) =>
  database.db.transaction((transaction) => resumeSchedule(transaction, fields, zone, new Date(now)));
const paused = 'skipped (paused)';

type Step = ['beat' | 'pause' | 'resume', string];
const steps = { beat, pause, resume };

test.each<[string, Step[], string[]]>([
  [
    'ticks in the pause are skipped as they come',
    [
      ['pause', '11-21T12:00Z'],
      ['beat', '11-22T18:00Z'],
      ['beat', '11-29T18:00Z'],
      ['resume', '11-30T12:00Z'],
      ['beat', '12-06T18:00Z'],
    ],
    [`11-22T18:00Z ${paused}`, `11-29T18:00Z ${paused}`, '12-06T18:00Z enqueued 2026-W50'],
  ],
  [
    'ticks in a pause that no scheduler saw are skipped too',
    [
      ['pause', '11-21T12:00Z'],
      ['resume', '11-30T12:00Z'],
      ['beat', '11-30T12:00:01Z'],
      ['beat', '12-06T18:00Z'],
    ],
    [`11-22T18:00Z ${paused}`, `11-29T18:00Z ${paused}`, '12-06T18:00Z enqueued 2026-W50'],
  ],
  [
    'resumed a second before a tick, it ticks',
    [
      ['pause', '11-21T12:00Z'],
      ['resume', '11-22T17:59:59Z'],
      ['beat', '11-22T18:00Z'],
    ],
    ['11-22T18:00Z enqueued 2026-W48'],
  ],
  [
    'resumed at the very instant of a tick, that one is skipped',
    [
      ['pause', '11-21T12:00Z'],
      ['resume', '11-22T18:00Z'],
      ['beat', '11-22T18:00:01Z'],
    ],
    [`11-22T18:00Z ${paused}`],
  ],
  [
    'resumed by a clock ahead of time, it ticks when its time comes',
    [
      ['pause', '11-21T12:00Z'],
      ['resume', '11-22T18:00:03Z'],
      ['beat', '11-22T17:59:59Z'],
      ['beat', '11-22T18:00Z'],
    ],
    ['11-22T18:00Z enqueued 2026-W48'],
  ],
  [
    'paused just after a tick that nobody has decided yet, it still ticks',
    [
      ['pause', '11-22T18:00:01Z'],
      ['beat', '11-22T18:00:02Z'],
      ['beat', '11-29T18:00Z'],
    ],
    ['11-22T18:00Z enqueued 2026-W48', `11-29T18:00Z ${paused}`],
  ],
  [
    'a tick missed before the pause is caught up on resuming, those in the pause are not',
    [
      ['pause', '11-23T12:00Z'],
      ['resume', '11-26T12:00Z'],
      ['beat', '11-26T12:00:01Z'],
    ],
    ['11-22T18:00Z caught_up 2026-W48'],
  ],
  [
    'paused twice, the first instant counts',
    [
      ['pause', '11-21T12:00Z'],
      ['pause', '11-23T12:00Z'],
      ['beat', '11-23T12:00:01Z'],
    ],
    [`11-22T18:00Z ${paused}`],
  ],
  [
    'paused, resumed and paused again between two beats',
    [
      ['pause', '11-21T12:00Z'],
      ['resume', '11-22T12:00Z'],
      ['pause', '11-22T19:00Z'],
      ['beat', '11-30T12:00Z'],
    ],
    ['11-22T18:00Z skipped (older than the catch-up window)', `11-29T18:00Z ${paused}`],
  ],
  [
    'resumed although it was not paused, it goes on',
    [
      ['resume', '11-21T12:00Z'],
      ['resume', '11-22T18:00:01Z'],
      ['beat', '11-29T18:00Z'],
    ],
    ['11-22T18:00Z enqueued 2026-W48', '11-29T18:00Z enqueued 2026-W49'],
  ],
])('%s', async (_, story, expected) => {
  for (const [step, at] of story) await steps[step](`2026-${at}`);
  expect(await ledger(database.db)).toEqual(expected.map((tick) => `2026-${tick}`));
});

test('a pause knows since when and by whom; resuming forgets both', async () => {
  await pause('2026-11-21T12:00Z');
  await pause('2026-11-22T12:00Z', 'boris');
  const [state] = await scheduleStates(database.db, new Date());
  expect(state).toMatchObject({ paused_at: '2026-11-21T12:00:00.000Z', paused_by: 'anna' });
  await resume('2026-11-22T12:00Z');
  expect((await scheduleStates(database.db, new Date()))[0]).toMatchObject({ paused_at: null, paused_by: null });
});

test('a pause longer than one batch of ticks is skipped whole on resuming', async () => {
  const eachMinute = schedule({ pattern: '* * * * *', windowHours: 1 });
  await pause('2026-11-20T12:00Z');
  await resume('2026-11-27T12:00Z', eachMinute);
  await settleTicks(database.db, [eachMinute], zone, new Date('2026-11-27T12:00:30Z'));
  const ticks = await ledger(database.db);
  expect(ticks).toHaveLength(7 * 1_440);
  expect(ticks.filter((tick) => !tick.endsWith(paused))).toEqual([]);
});

test('a beat that meets a pause about to be written waits for it', async () => {
  const pausing = await holdOpen(database.url, `update schedules set paused_at = '2026-11-21T12:00Z', paused_by = 'anna'`);
  const beating = beat('2026-11-22T18:00Z');
  await waitingForLock(database.db);
  await pausing.commit();
  expect(await beating).toEqual([]);
  expect(await ledger(database.db)).toEqual([`2026-11-22T18:00Z ${paused}`]);
});

test('beats, pauses and resumes at once: each tick has one fate, and a run if and only if it was not skipped', async () => {
  const { members, close } = await crowd(database.url, 4);
  const daily = schedule({ pattern: '0 21 * * *', misfire: 'every', windowHours: 10_000 });
  for (let day = 0; day < 20; day += 1) {
    const now = new Date(Date.parse('2026-11-21T18:00:00Z') + day * 86_400_000);
    await Promise.all(
      members.map((member, n) => {
        if (n === 0) return pauseSchedule(member, daily.name, now, 'anna');
        if (n === 1) return member.transaction((transaction) => resumeSchedule(transaction, daily, zone, now));
        return settleTicks(member, [daily], zone, now);
      }),
    );
  }
  await close();
  const ticks = await ledger(database.db);
  expect(ticks).toHaveLength(21);
  expect(ticks.filter((tick) => tick.includes('paused') === /W\d\d$/.test(tick))).toEqual([]);
  expect(new Set((await book(database.db)).map((run) => run.attempt))).toEqual(new Set([1]));
});
