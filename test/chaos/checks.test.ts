import { afterAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { testDatabase } from '../support/database.ts';
import { today } from '../support/days.ts';
import { account } from './asked.ts';
import { compareBookings, compareMarks, compareTrainings } from './beliefs.ts';
import { ZONE } from './chaos-fleet.ts';
import { compareMessages, comparePace, compareTicks, countEffects, notOver } from './checks.ts';
import { whatGrew } from './days.ts';
import { guards, without } from './guards.ts';
import { runsAtOnce, twins, WITNESS } from './witness.ts';

// What chaos looks for is found: a check that finds nothing would be content with any fleet.
const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

test('what was granted and is not there is lost, what is there twice is doubled, what was refused is unasked', async () => {
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

test('a chat may get one message again for each disturbance, and none less than is marked', async () => {
  await db.query(sql.unsafe`
    insert into notifications (chat_id, template, dedupe_key, status, sent_at)
    select chat, 'test', chat || ':' || n, 'sent', now() from (values (1), (2)) as chats (chat), generate_series(1, 2) n`);
  const arrived = new Map([
    [1, 1],
    [2, 4],
  ]);
  const { found, sent, twice } = await compareMessages(db, arrived, 1);
  expect([sent, twice]).toEqual([4, 2]);
  expect(found).toEqual([
    'lost: 2 messages are marked as sent to 1, 1 arrived',
    'doubled: 4 messages arrived at 2, 2 are marked as sent',
  ]);
  expect(
    (
      await compareMessages(
        db,
        new Map([
          [1, 2],
          [2, 4],
        ]),
        2,
      )
    ).found,
  ).toEqual([]);
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

test('what grew from the second day to the last one is named, what may grow is not', () => {
  const day = (memory: number, connections: number, jobs: number, leases: number) => ({
    day: today(),
    memory: { api: memory },
    connections,
    jobs,
    rows: { leases, payments: memory * 100 },
  });
  expect(whatGrew([day(80, 40, 0, 1), day(100, 50, 2, 2), day(125, 60, 2, 2)])).toEqual([]);
  expect(whatGrew([day(80, 40, 0, 1), day(100, 50, 2, 2), day(126, 61, 3, 3)])).toEqual([
    'grew: the memory of api from 100 to 126',
    'grew: the connections from 50 to 61',
    'grew: the jobs that wait from 2 to 3',
    'grew: the rows of leases from 2 to 3',
  ]);
  expect(whatGrew([day(80, 40, 0, 1), day(80, 40, 0, 2)])).toEqual(['grew: the rows of leases from 1 to 2']);
});
