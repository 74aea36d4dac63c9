import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { addDays, startOfDay } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { emptyTables } from '../support/emptying.ts';
import { type CleanupNight, cleanupNight, countOf, only } from './night.ts';

const D = '2026-06-15';
let night: CleanupNight;
beforeAll(async () => {
  night = await cleanupNight();
});
beforeEach(() =>
  emptyTables(
    night.db,
    'users',
    'alerts',
    'bot_updates',
    'bot_confirmations',
    'telegram_links',
    'rights_changes',
    'schedule_changes',
  ),
);
afterAll(() => night.close());

/** The first instant that is kept on D, moved by milliseconds. */
const edge = (ms = 0) => new Date(Date.parse(startOfDay(addDays(D, -400), 'Europe/Moscow')) + ms).toISOString();
const instant = (at: string) => sql.fragment`${at}::timestamptz`;

/** A row of that age, over or still open. */
type Write = (at: string, isOver: boolean) => Promise<unknown>;
const tables: [table: string, write: Write][] = [
  [
    'schedule_changes',
    async (at, isOver) => {
      const type = await night.make.type();
      const training = await night.db.oneFirst(sql.unsafe`
        insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
        values (${type}, ${await night.make.trainer()}, '2025-05-10', '10:00', '2025-05-10T07:00Z', '2025-05-10T08:00Z', 1, 0) returning id`);
      await night.db.query(sql.unsafe`delete from schedule_changes where real_training_id = ${training as number}`);
      await night.db.query(sql.unsafe`
        insert into schedule_changes (changed_at, real_training_id, change, told_at, people_told_at)
        values (${instant(at)}, ${training as number}, 'moved', now(), ${isOver ? at : null}::timestamptz)`);
    },
  ],
  [
    'alerts',
    (at, isOver) =>
      night.db.query(sql.unsafe`
        insert into alerts (fingerprint, template, first_at, last_at, told_at, recovered_at)
        select 'a' || count(*), 'worker_down', ${instant(at)}, ${instant(at)}, ${instant(at)}, ${isOver ? at : null}::timestamptz from alerts`),
  ],
  [
    'bot_updates',
    (at, isOver) =>
      night.db.query(sql.unsafe`
        insert into bot_updates (update_id, received_at, done_at)
        select count(*), ${instant(at)}, ${isOver ? at : null}::timestamptz from bot_updates`),
  ],
  [
    'rights_changes',
    (at, isOver) =>
      night.db.query(sql.unsafe`
        insert into rights_changes (user_id, name, change, changed_at, told_at)
        values (1, 'Анна', 'granted', ${instant(at)}, ${isOver ? at : null}::timestamptz)`),
  ],
  [
    'telegram_links',
    async (at, isOver) => {
      const student = await night.make.student();
      await night.db.query(sql.unsafe`
        insert into telegram_links (user_id, token_hash, created_by, created_at, expires_at)
        values (${student}, sha256(${String(student)}::bytea), 'desk', ${instant(at)}, ${isOver ? at : '2999-01-01'}::timestamptz)`);
    },
  ],
];

test.each(tables)('%s: what is over goes when it is old enough; what is open stays', async (table, write) => {
  await write(edge(-1), true);
  await write(edge(), true);
  await write(edge(-1), false);
  await night.clean(D, only(table));
  expect(await countOf(night.db, table)).toBe(2);
  await night.clean(D, only(table));
  expect(await countOf(night.db, table)).toBe(2);
});

test('a question of the bot goes when its time has long been up', async () => {
  for (const at of [edge(-1), edge()]) {
    await night.db.query(sql.unsafe`
      insert into bot_confirmations (run, body, day, again, asked_by, expires_at) values ('daily', '{}', '2025-05-10', false, 'telegram:1', ${instant(at)})`);
  }
  await night.clean(D, only('bot_confirmations'));
  expect(await countOf(night.db, 'bot_confirmations')).toBe(1);
});
