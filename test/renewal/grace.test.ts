import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type Database, sql } from '../../sql/database/database.ts';
import { buildWeek } from '../generation/fixtures.ts';
import { club } from '../subscriptions/studio.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { beforehand } from '../support/weeks.ts';

const WEEK = { start: '2026-11-23', zone: 'Europe/Moscow', graceDays: 7 };
let database: TestDatabase;
let db: Database;
let make: ReturnType<typeof club>;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  make = club(db);
});
afterEach(() => emptyStudio(db));
afterAll(() => database.close());

/** A student with a renewal that was due on a day, and a place every day of the week. */
async function renewedFor(
  due: string,
  fields: { left?: number | null; status?: string; subscriptionOnly?: boolean; autoRenew?: boolean } = {},
) {
  const student = await make.student();
  const item = await make.item();
  const held = await make.held({
    student,
    item,
    from: due,
    to: '2026-12-31',
    left: fields.left === undefined ? 5 : fields.left,
    autoRenew: fields.autoRenew ?? true,
  });
  await db.query(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, status, paid_at, cancelled_at, student_subscription_id, is_auto_renewal, due_date)
    values (${student}, ${student}, 'SUBSCRIPTION', 400000, ${fields.status ?? 'UNPAID'}, case when ${fields.status ?? ''} = 'PAID' then now() end,
      case when ${fields.status ?? ''} = 'CANCELLED' then now() end, ${held}, true, ${due}::date)`);
  const [type, trainer] = [await make.type({ subscriptionOnly: fields.subscriptionOnly ?? true }), await make.trainer()];
  for (const day of [1, 2, 3, 4, 5, 6, 7]) await make.link(await make.template({ type, trainer, day }), student);
  return student;
}
async function build(graceDays = 7) {
  const progress = await buildWeek(db, beforehand({ ...WEEK, graceDays }));
  const days = await db.anyFirst(sql.unsafe`
    select extract(isodow from training_date)::int from real_training_students join real_trainings t on t.id = real_training_id order by 1`);
  return { days, reasons: progress.warnings.map((warning) => warning.reason) };
}
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];

test.each<[string, number, number[]]>([
  ['2026-11-22', 7, WEEKDAYS],
  ['2026-11-21', 7, [1, 2, 3, 4, 5, 6]],
  ['2026-11-16', 7, [1]],
  ['2026-11-15', 7, []],
  ['2026-11-15', 8, [1]],
  ['2026-11-22', 0, []],
  ['2026-11-23', 0, [1]],
  ['2026-09-01', 90, WEEKDAYS],
])('due on %s with %i days of grace: places on the days %j', async (due, grace, expected) => {
  await renewedFor(due);
  const { days, reasons } = await build(grace);
  expect(days).toEqual(expected);
  expect(reasons.filter((reason) => reason === 'renewal_unpaid')).toHaveLength(reasons.length);
  expect(days.length + reasons.length).toBe(7);
});

test.each<[string, Parameters<typeof renewedFor>[1], number]>([
  ['is paid', { status: 'PAID' }, 7],
  ['was waived', { status: 'CANCELLED' }, 7],
  ['is unpaid', {}, 0],
  ['is unpaid and unlimited', { left: null }, 0],
  ['is unpaid, used up and renews itself', { left: 0 }, 0],
  ['is unpaid, for any training', { subscriptionOnly: false }, 0],
  ['is unpaid and used up, so the visit is paid for', { subscriptionOnly: false, left: 0 }, 7],
])('past its grace, one that %s: %#', async (_, fields, places) => {
  await renewedFor('2026-11-01', fields);
  expect((await build()).days).toHaveLength(places);
});

test.each<[string, { left?: number | null; status?: string; from?: string; to?: string }, number]>([
  ['with sessions', { left: 1 }, 7],
  ['unlimited', { left: null }, 7],
  ['used up', { left: 0 }, 0],
  ['cancelled', { left: 5, status: 'cancelled' }, 0],
  ['from Thursday on', { left: 5, from: '2026-11-26' }, 4],
])('another subscription, %s, gives its places', async (_, fields, places) => {
  const student = await renewedFor('2026-11-01');
  await make.held({ student, item: await make.item(), from: '2026-11-01', to: '2026-12-31', autoRenew: false, ...fields });
  expect((await build()).days).toHaveLength(places);
});

test('once it is paid, the week built again gives the places', async () => {
  await renewedFor('2026-11-01');
  expect((await build()).days).toEqual([]);
  await db.query(sql.unsafe`update invoices set status = 'PAID', paid_at = now()`);
  expect((await build()).days).toEqual(WEEKDAYS);
});
