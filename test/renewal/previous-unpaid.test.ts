import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { renewNight } from '../../workers/renewal/renew-night.ts';
import { club, heldBy, invoicesOf, messagesTo } from '../subscriptions/studio.ts';
import { clockAt } from '../support/clock.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { night } from '../support/night.ts';

const D = '2027-03-20';
clockAt(`${D}T09:00:00Z`);
let database: TestDatabase;
let db: Database;
let make: ReturnType<typeof club>;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  make = club(db);
});
afterAll(() => database.close());

const renew = (date = D) => night(db, renewNight, 'auto_renewal', date);
const warnings = async (date?: string) =>
  ((await renew(date)).details.warnings as { reason: string; student_id: number }[]).map((warning) => [
    warning.reason,
    warning.student_id,
  ]);

/** A renewal of ten days that ends on D, unpaid since its first day. */
async function unpaidRenewal(days = 10) {
  const student = await make.student();
  const item = await make.item({ days, price: 900, sessions: 2 });
  const first = await make.held({ student, item, from: addDays(D, -2 * days + 1), to: addDays(D, -days), left: 0 });
  await renew(addDays(D, -days));
  const [, second] = await heldBy(db, student);
  expect(second).toMatchObject({ renewed_from_id: first, end_date: D });
  return { student, item, id: second?.id as number };
}
const adminsTold = async () =>
  (await messagesTo(db, { chat: 1001 })).filter(({ template }) => template === 'renewal_previous_unpaid_admin');

test('an unpaid renewal is not renewed again; its payer and the admins are notified once (D41)', async () => {
  const { student } = await unpaidRenewal();
  const payer = await make.student();
  await db.query(sql.unsafe`update students set payer_id = ${payer} where id = ${student}`);
  const before = (await messagesTo(db, { user: student })).length;
  for (const date of [D, D, addDays(D, 1), addDays(D, 7)]) {
    expect(await warnings(date)).toContainEqual(['previous_unpaid', student]);
  }
  expect(await warnings(addDays(D, 8))).toEqual([]);
  expect(await heldBy(db, student)).toHaveLength(2);
  expect(
    (await messagesTo(db, { user: payer })).filter((message) => message.template === 'renewal_previous_unpaid'),
  ).toMatchObject([{ params: { amount_minor: 900, due_date: addDays(D, -9), student: expect.stringContaining('Ученик') } }]);
  expect((await messagesTo(db, { user: student })).slice(before).map(({ template }) => template)).not.toContain(
    'renewal_previous_unpaid',
  );
  expect((await adminsTold()).flatMap(({ params }) => params.renewals)).toMatchObject([
    { student_id: student, amount_minor: 900 },
  ]);
});

test.each([
  ['paid', sql.fragment`status = 'PAID', paid_at = now()`],
  ['waived', sql.fragment`status = 'CANCELLED', cancelled_at = now()`],
])('one that was %s in the week after its end is renewed', async (_, change) => {
  const { student, id } = await unpaidRenewal();
  expect(await warnings()).toContainEqual(['previous_unpaid', student]);
  await db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`set local session_replication_role = replica`);
    await transaction.query(sql.unsafe`update invoices set ${change} where student_subscription_id = ${id}`);
  });
  expect((await renew(addDays(D, 7))).result).toMatchObject({ renewals_processed: 1 });
  expect((await heldBy(db, student))[2]).toMatchObject({ renewed_from_id: id });
});

test('a purchase that was never paid, but is no renewal, is renewed', async () => {
  const student = await make.student();
  const held = await make.held({ student, item: await make.item(), to: D });
  await db.query(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, student_subscription_id)
    values (${student}, ${student}, 'SUBSCRIPTION', 400000, ${held})`);
  expect(await warnings()).not.toContainEqual(['previous_unpaid', student]);
  expect(await heldBy(db, student)).toHaveLength(2);
});

test.each([
  [30, 1],
  [29, 0],
])('a night of thirty days ago: a term of %i days makes %i renewals', async (days, renewals) => {
  const past = addDays(D, -30);
  const student = await make.student();
  const held = await make.held({ student, item: await make.item({ days }), to: past, left: 2 });
  const { result, details } = await renew(past);
  expect(result).toMatchObject({ renewals_processed: renewals });
  expect(details.warnings).toMatchObject(renewals ? [] : [{ reason: 'term_over', student_subscription_id: held }]);
  expect(await invoicesOf(db, student)).toHaveLength(renewals);
});

test('terms of a month begin on the same day of the month, or on its last (D48)', async () => {
  const student = await make.student();
  const item = await db.oneFirst(sql.unsafe`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_months) values ('Месяц', 0, 4, 1) returning id`);
  await make.held({ student, item: Number(item), from: '2027-01-31', to: '2027-02-27', left: 0 });
  for (const date of ['2027-02-27', '2027-03-30', '2027-04-29', '2027-05-30']) await renew(date);
  const terms = (await heldBy(db, student)).map(({ start_date, end_date }) => [start_date, end_date]);
  expect(terms).toEqual([
    ['2027-01-31', '2027-02-27'],
    ['2027-02-28', '2027-03-30'],
    ['2027-03-31', '2027-04-29'],
    ['2027-04-30', '2027-05-30'],
    ['2027-05-31', '2027-06-29'],
  ]);
});

test('after a freeze, terms of a month begin on the day after it', async () => {
  const student = await make.student();
  const item = await db.oneFirst(sql.unsafe`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_months) values ('Месяц с паузой', 0, 4, 1) returning id`);
  await make.held({ student, item: Number(item), from: '2027-02-28', to: '2027-04-02', left: 0 });
  await db.query(sql.unsafe`update student_subscriptions set anchor_day = 31 where student_id = ${student}`);
  await renew('2027-04-02');
  expect((await heldBy(db, student))[1]).toMatchObject({ start_date: '2027-04-03', end_date: '2027-05-02' });
});
