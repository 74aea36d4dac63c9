import { afterAll, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { testDatabase } from '../support/database.ts';
import { today } from '../support/days.ts';
import { account } from './asked.ts';
import { ZONE } from './chaos-fleet.ts';
import { compareBookings, compareMessages, compareTicks, countEffects, notOver } from './checks.ts';

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
