import { globSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import { readSettings } from '../../queues/process/settings.ts';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { seeded } from '../../sql/demo/random.ts';
import { tryToRender } from '../../workers/notifier/outbox/send.ts';
import { testDatabase } from '../support/database.ts';
import { today } from '../support/days.ts';
import { studio as studioOf } from '../support/studio.ts';
import type { Answer } from '../support/telegram/answers.ts';
import { account } from './asked.ts';
import { compareBookings, compareMarks, compareSeats, compareTrainings } from './beliefs.ts';
import { type ChaosFleet, ZONE } from './chaos-fleet.ts';
import { comparePace, compareTicks, countEffects, notOver } from './checks.ts';
import { type Cut, FREEZES } from './cuts.ts';
import { whatGrew } from './day-end.ts';
import { stopsBetween } from './days.ts';
import { disturb, undisturbed } from './disturb.ts';
import { guards, without } from './guards.ts';
import { arrivalsOf, compareMessages } from './messages.ts';
import { runsAtOnce, twins, WITNESS } from './witness.ts';

// What chaos looks for is found: a check that finds nothing would be content with any fleet.
const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

test('a granted payment that is missing is lost, one that is there twice is doubled, a refused one that is there is unasked', async () => {
  await db.query(sql.unsafe`insert into users (first_name, last_name) select 'Payer', 'One' from generate_series(1, 1)`);
  await db.query(sql.unsafe`
    insert into payments (payer_id, amount_minor, description)
    select max(id), 100, description from users, unnest(array['chaos-1', 'chaos-2', 'chaos-2', 'chaos-4']) as description group by 3`);
  const made = account();
  for (const status of [201, 201, 201, 409]) made.note({ kind: 'payment', path: '', body: {} }).answer = { status, body: {} };
  await db.query(sql.unsafe`
    insert into payments (payer_id, amount_minor, description) select max(id), 100, 'chaos-2' from users`);
  expect(await countEffects(db, made, true)).toEqual([
    'doubled: payment chaos-2 is there 2 times',
    'lost: payment chaos-3 was answered 201',
    'unasked: chaos-4 was refused (409) and is there',
  ]);
  expect(await countEffects(db, made, false)).toEqual(['doubled: payment chaos-2 is there 2 times']);
});

test('a booking that was granted and is gone is lost', async () => {
  const made = account();
  made.bookings.push({ id: 7, client: 1, starts: '2026-12-01T10:00:00Z', isCancelled: false, isBusy: false });
  expect(await compareBookings(db, made, new Date(0))).toEqual(['lost: the booking 7 is gone']);
});

test('a tick without a row is lost', async () => {
  const found = await compareTicks(db, ZONE, new Date());
  expect(found).toContain('lost: the timetable does not know daily');
  await db.query(sql.unsafe`insert into schedules (name, known_since) values ('daily', ${addDays(today(), -2)}::date)`);
  expect((await compareTicks(db, ZONE, new Date())).filter((what) => what.includes('tick daily'))).not.toEqual([]);
});

test('a run that is queued is not over', async () => {
  await db.query(sql.unsafe`
    insert into automated_process_history (process_type, run_key, process_date) values ('daily', 'daily:2026-11-21', '2026-11-21')`);
  expect(await notOver(db)).toEqual([expect.stringMatching(/^lost: the run \d+ \(daily:2026-11-21\) is queued$/)]);
});

const studio = readSettings({ STUDIO_TZ: ZONE }, '/dev/null');
const about = (worker: string) => ({ template: 'worker_down', params: { worker, seconds: 60 }, locale: null });
/** A message of a worker to a chat, as it arrived at an instant through a notifier. */
function received(chat_id: number, worker: string, at: number, via = 'notifier', answer: Answer = 200) {
  const rendered = tryToRender(about(worker), studio);
  return {
    method: 'sendMessage',
    chat_id,
    text: 'text' in rendered ? rendered.text : '',
    params: {},
    message_id: 1,
    at,
    via,
    answer,
  };
}

describe('messages are compared one by one', () => {
  beforeAll(() =>
    db.query(sql.unsafe`
      insert into notifications (chat_id, template, params, dedupe_key, status, sent_at)
      select chat, 'worker_down', jsonb_build_object('worker', worker, 'seconds', 60), chat || worker, 'sent', now()
      from (values (1), (2)) as chats (chat), (values ('a'), ('b')) as workers (worker)`),
  );
  const all = [received(1, 'a', 0), received(1, 'b', 10), received(2, 'a', 20), received(2, 'b', 30)];
  const compare = (arrived: ReturnType<typeof received>[], cuts: Cut[] = []) =>
    compareMessages(db, arrivalsOf(arrived, [], studio), cuts, studio);
  const killed = { why: 'killed', since: 0, until: 100, sender: 'notifier', most: 1 };

  test('each there once: nothing is amiss', async () => expect(await compare(all)).toEqual({ found: [], sent: 4, again: {} }));

  test('one lost and one doubled in one chat do not cancel out', async () => {
    const { found } = await compare([...all.slice(0, 3), received(2, 'a', 40)]);
    expect(found).toEqual([
      expect.stringMatching(/^lost: marked as sent 1 times, arrived 0: .*b.*@2$/),
      expect.stringMatching(/^doubled: a message arrived 2 times, is marked as sent 1 times, cut off 0: .*a.*@2$/),
    ]);
  });

  test('one whose answer was lost may come again, and no other one', async () => {
    const lost = [received(1, 'a', 5, 'notifier', 'lost answer'), ...all];
    expect(await compare(lost)).toEqual({ found: [], sent: 4, again: { 'its answer was lost': 1 } });
    expect((await compare([...lost, received(1, 'a', 50)])).found).toHaveLength(1);
  });

  test.each<[string, Partial<Cut>, number]>([
    ['what was on its way', {}, 0],
    ['what arrived before', { since: 60 }, 1],
    ['what arrived afterwards', { until: -1 }, 1],
    ['what another notifier sent', { sender: 'notifier-2' }, 1],
    ['what went another way', { channel: 'letter' }, 1],
    ['more than it can be', { most: 0 }, 1],
  ])('a notifier that is killed: %s', async (_, of, times) =>
    expect((await compare([...all, received(1, 'a', 50)], [{ ...killed, ...of }])).found).toHaveLength(times),
  );

  test('letters are known by their numbers', async () => {
    const letter = (id: number) => ({
      to: 'person@studio.example',
      text: `Message-ID: <notification-${id}@studio.example>\n\n`,
      at: 1,
    });
    const user = sql.fragment`(select max(id) from users)`;
    const id = Number(
      await db.oneFirst(sql.unsafe`
        insert into notifications (user_id, channel, template, params, dedupe_key, status, sent_at)
        values (${user}, 'email', 'worker_down', '{"worker": "a", "seconds": 60}', 'letter', 'sent', now()) returning id`),
    );
    const found = async (...letters: number[]) =>
      (await compareMessages(db, arrivalsOf(all, letters.map(letter), studio), [], studio)).found;
    expect(await found(id)).toEqual([]);
    expect(await found()).toEqual([`lost: marked as sent 1 times, arrived 0: letter ${id}`]);
    expect(await found(id, id)).toEqual([
      `doubled: a message arrived 2 times, is marked as sent 1 times, cut off 0: letter ${id}`,
    ]);
  });
});

test('a place that was given and is gone is lost, one that was given back and is there, too, and one of nobody’s is doubled', async () => {
  const made = studioOf(db);
  const student = await made.student();
  const training = await db.oneFirst(sql.type(z.object({ id: z.int() }))`
    with training as (
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      select ${await made.type()}, ${await made.trainer()}, ${addDays(today(), 9)}::date, '10:00', now() + interval '9 days',
        now() + interval '9 days 1 hour', 10, 50000 returning id
    ), seat as (
      insert into real_training_students (real_training_id, student_id) select id, ${student} from training
    )
    select id from training`);
  const key = `${training}/students/${student}`;
  const trainings = [{ id: training, starts: '', version: 1, isCancelled: false, isBusy: false, shift: 0 }];
  const compare = (...seats: [string, boolean | 'perhaps'][]) =>
    compareSeats(db, { seats: new Map(seats), trainings }, new Date(Date.now() - 60_000));
  expect(await compare([key, true])).toEqual([]);
  expect(await compare([key, 'perhaps'])).toEqual([]);
  expect(await compare([key, false])).toEqual([`lost: the place ${key} was given back and is REGISTERED`]);
  expect(await compare([`${training}/students/0`, true])).toEqual([
    `lost: the place ${training}/students/0 was given and is gone`,
    `doubled: the place ${key} was granted to nobody`,
  ]);
});

test('a freeze lasts longer than any lease', () => {
  const leases = globSync('{api,queues,workers}/**/*.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\bLEASE_(SECONDS|MS) = ([\d_]+)/g)].map(
      ([, unit, length]) => Number(length!.replaceAll('_', '')) / (unit === 'MS' ? 1_000 : 1),
    ),
  );
  expect(leases.length).toBeGreaterThan(4);
  expect(Math.max(...FREEZES)).toBeGreaterThan(Math.max(...leases));
});

test.each<[string, () => boolean, { faults: number; failed: string[] }]>([
  ['that hits is counted', () => true, { faults: 1, failed: [] }],
  ['that hits nothing is not', () => false, { faults: 0, failed: [] }],
  [
    'that cannot be played is found',
    () => {
      throw new Error('no');
    },
    { faults: 0, failed: ['failed: the fault kill -9 of the database: no'] },
  ],
])('a fault %s, and what it may cut off has an end', async (_, signal, expected) => {
  const server = () => ({ signal });
  const fleet = { database: { server, disk: () => undefined, isFollowed: () => false }, clocks: [], db, ways: {} };
  const done = undisturbed();
  const turns = [false, true];
  await disturb(fleet as unknown as ChaosFleet, seeded(1), () => turns.shift()!, done, {
    freezeSeconds: [],
    mostSeconds: 1,
    everySeconds: 0.001,
    only: 'kill -9 of the database',
    say: () => undefined,
  });
  expect(done).toMatchObject(expected);
  expect(done.cuts.map(({ until }) => Number.isFinite(until))).toEqual([true]);
});

test('every guard there is can be taken away', async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  for (const guard of guards) {
    await client.query('begin');
    if ((await client.query(`select from pg_roles where rolname = 'studio'`)).rowCount === 0)
      await client.query('create role studio');
    await client.query(without(guard));
    await client.query('rollback');
  }
  await client.end();
  expect(guards).toHaveLength(10);
});

test('two runs of one process at the same time are found, and one after the other are not', async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(WITNESS);
  await client.end();
  const ask = (key: string) =>
    db.oneFirst(sql.unsafe`
      insert into automated_process_history (process_type, run_key, process_date) values ('stats', ${key}, '2026-11-21') returning id`);
  const set = async (id: unknown, status: string) =>
    db.query(sql.unsafe`
      update automated_process_history set status = ${status}, started_at = now(),
        completed_at = case when ${status} in ('success', 'error') then now() end
      where id = ${id as number}`);
  const [one, two, three] = [await ask('stats:1'), await ask('stats:2'), await ask('stats:3')];
  for (const id of [one, two]) for (const status of ['running', 'success']) await set(id, status);
  expect(await runsAtOnce(db)).toEqual([]);
  // Its runner was gone when the other one began, or it could not end well.
  for (const [id, status] of [
    [three, 'running'],
    [one, 'running'],
    [one, 'success'],
    [three, 'running'],
    [three, 'success'],
  ] as const)
    await set(id, status);
  expect(await runsAtOnce(db)).toEqual([]);
  for (const [id, status] of [
    [one, 'running'],
    [two, 'running'],
    [two, 'success'],
    [one, 'success'],
  ] as const)
    await set(id, status);
  expect(await runsAtOnce(db)).toEqual([`doubled: the run ${two} (stats:2) was executed while ${one} (stats:1) was`]);
  await db.query(sql.unsafe`alter table automated_process_history drop constraint one_attempt`);
  await db.query(sql.unsafe`update automated_process_history set run_key = 'stats:1' where id = ${two as number}`);
  expect(await twins(db)).toEqual(['doubled: the attempt 1 of stats:1 is there 2 times']);
});

test('a training and a mark that are not as their answers said are lost', async () => {
  const training = { id: 7, starts: '2026-12-01T10:00:00Z', version: 1, isCancelled: false, isBusy: false, shift: 0 };
  expect(await compareTrainings(db, { trainings: [training] })).toEqual(['lost: the training 7 is gone']);
  expect(await compareMarks(db, { marks: new Map([['7/9', 'PRESENT']]) })).toEqual([
    'lost: the mark of 7/9 is undefined, its answers said PRESENT',
  ]);
});

test('a limit may be broken by those who outlived their lease, and not once more', () => {
  expect(comparePace({ overall: 0, chat: 2, group: 0 }, 2)).toEqual([]);
  expect(comparePace({ overall: 0, chat: 3, group: 0 }, 2)).toEqual(['doubled: the limit "chat" of Telegram was broken 3 times']);
});

describe('growth from the second day to the last one is named, except of what may grow', () => {
  const day = (memory: number, connections: number, jobs: number, leases: number, kept = 0) => ({
    day: today(),
    memory: { api: memory },
    connections,
    jobs,
    rows: { leases, payments: memory * 100 },
    kept: { 'keys of Redis': kept },
  });
  test('of memory, connections, jobs and rows', () => {
    expect(whatGrew([day(80, 40, 0, 1), day(100, 50, 2, 2), day(125, 60, 2, 2)])).toEqual([]);
    expect(whatGrew([day(80, 40, 0, 1), day(100, 50, 2, 2), day(126, 61, 3, 3)])).toEqual([
      'grew: the memory of api from 100 to 126',
      'grew: the connections from 50 to 61',
      'grew: the jobs that wait from 2 to 3',
      'grew: the rows of leases from 2 to 3',
    ]);
    expect(whatGrew([day(80, 40, 0, 1), day(80, 40, 0, 2)])).toEqual(['grew: the rows of leases from 1 to 2']);
  });
  test('of keys in Redis', () => {
    const kept = (...keys: number[]) => whatGrew(keys.map((count) => day(80, 40, 0, 1, count)));
    expect(kept(100, 200, 300, 400)).toEqual([]);
    expect(kept(1_000, 1_001, 1_002, 1_202)).toEqual([]);
    expect(kept(100, 200, 300, 501)).toEqual(['grew: keys of Redis by 201 on the last day, by 100 on the second']);
  });
});

test('a clock that is moved stops at each tick of the night, and at those of a Sunday', () => {
  const sunday = '2026-11-29T09:00:00Z';
  const stops = stopsBetween(Date.parse(sunday), Date.parse(sunday) + 86_400_000);
  const times = stops.map((stop) => new Date(stop + 3 * 3_600_000).toISOString().slice(11, 16));
  expect(times).toEqual(expect.arrayContaining(['21:01', '23:01', '00:00', '00:06', '01:01', '02:01', '03:31', '08:01']));
  expect(times.length).toBeLessThan(16);
});
