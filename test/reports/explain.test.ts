import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { type Figures, rateOf } from '../../workers/reports/report.ts';
import { type ReportName, reports } from '../../workers/reports/reports.ts';
import { salon } from '../bookings/salon.ts';
import { inDays, today } from '../support/days.ts';
import { emptyStudio } from '../support/emptying.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';

const METHODS = ['cash', 'card', 'transfer', 'online', 'other'];
/** A cohort of this month has been looked at twelve times. */
const FROM = `${inDays(-400).slice(0, 7)}-01`;
let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '1000000' } });
  make = salon(api.db);
  await received();
  await earned();
  await given();
  await registered();
  await owed();
});
afterAll(() => api.close());

const id = sql.type(z.object({ id: z.int() }));
const run = (query: ReturnType<typeof sql.unsafe>) => api.db.query(query);
const bill = (payer: number, minor: number, more: { due?: string; seat?: number; booking?: number; bought?: number } = {}) =>
  run(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, due_date, real_training_student_id, charge_no, booking_id, client_package_id, created_at)
    values (${payer}, ${more.booking || more.bought ? null : payer}, ${more.booking ? 'BOOKING' : more.bought ? 'PACKAGE' : more.seat ? 'TRAINING' : 'SUBSCRIPTION'}, ${minor}, ${more.due ?? null}::date,
      ${more.seat ?? null}, ${more.seat ? 0 : null}, ${more.booking ?? null}, ${more.bought ?? null}, now() - interval '70 days')`);

/** Money of every method, some of it given back and some cancelled, in several months. */
async function received() {
  for (const [n, method] of METHODS.entries()) {
    const payer = await make.client();
    for (const [paid, days] of [
      [10_000 + n, -45],
      [7_000 + n, 0],
      [500 + n, -5],
    ] as const)
      await api.post('/api/payments', { payer_id: payer, amount_minor: paid, method, payment_date: inDays(days) });
    const { items } = (await api.get(`/api/payments?payer_id=${payer}`)).body as Json;
    const [first, second] = items.map((payment: Json) => payment.id);
    expect((await api.post(`/api/payments/${first}/refunds`, { amount_minor: 200 + n, reason: 'передумал' })).status).toBe(201);
    expect((await api.post(`/api/payments/${second}/cancel`, { reason: 'ошибка' })).status).toBe(200);
  }
}

/** Something earned of each kind: a training, an unlimited subscription, a booking, a package that is over, and another bill. */
async function earned() {
  const student = await make.student();
  const training = await make.held(noon(inDays(-40)), [[student, 'PRESENT']]);
  const seat = await api.db.oneFirst(id`select id from real_training_students where real_training_id = ${training}`);
  await bill(student, 900, { seat });
  const kind = await api.db.oneFirst(id`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('Безлимит', 30000, null, 30) returning id`);
  expect((await api.post(`/api/students/${student}/subscriptions`, { subscription_id: kind })).status).toBe(201);
  const [service, client] = [await make.service(), await make.client()];
  const booking = await make.booking({ client, specialist: await make.specialist([service]), service, at: noon(inDays(-38)) });
  await run(sql.unsafe`update bookings set status = 'COMPLETED' where id = ${booking}`);
  await bill(client, 1_100, { booking });
  const bought = await make.bought({
    client,
    service,
    price: 3_100,
    from: inDays(-69),
    to: inDays(-40),
    soldAt: noon(inDays(-70)),
  });
  await bill(client, 3_100, { bought });
}

const noon = (day: string) => `${day}T12:00:00+03:00`;

/** Trainings of a trainer and of a substitute, one of them cancelled, in a room that has hours. */
async function given() {
  const room = await make.roomAt(await make.location({ '0': [['10:00', '13:00']], '3': [['10:00', '12:15']] }));
  const [one, other] = [await make.student(), await make.student()];
  for (const days of [-33, -3, -2])
    await make.held(
      noon(inDays(days)),
      [
        [one, 'PRESENT'],
        [other, 'ABSENT'],
      ],
      { room, minutes: 75 },
    );
  await make.held(noon(inDays(-1)), [[one, 'PRESENT']], { regular: await make.trainer() });
  await make.training({ trainer: await make.trainer(), at: noon(inDays(-4)), isCancelled: true });
}

/** Who registered when, who stays, is frozen and has left. */
async function registered() {
  await run(sql.unsafe`update students set registration_date = ${inDays(-20)}::date`);
  const subscribed = async (from: string, to: string, frozen?: [string, string]) => {
    const student = await make.student();
    await make.subscription({ student, from, to, ...(frozen ? { frozen } : {}) });
    return student;
  };
  const first = [await subscribed(FROM, inDays(30)), await subscribed(FROM, inDays(-200)), await make.student()];
  await run(
    sql.unsafe`update students set registration_date = ${addDays(FROM, 3)}::date where id = any(${sql.array(first, 'int4')})`,
  );
  await subscribed(FROM, inDays(30), [inDays(-70), inDays(9)]);
}

/** Debts of every age, and renewals that are and are no longer sold. */
async function owed() {
  const [payer, other] = [await make.student(), await make.student()];
  for (const late of [1, 3, 7, 8, 30, 31, 50]) await bill(payer, 1_000 + late, { due: inDays(-late) });
  await bill(other, 777, { due: inDays(-2) });
  for (const isSold of [true, false]) {
    const subscription = await make.subscription({
      student: await make.student(),
      from: inDays(-9),
      to: inDays(9),
      autoRenew: true,
    });
    await run(sql.unsafe`
      update subscriptions set is_active = ${isSold} where id = (select subscription_id from student_subscriptions where id = ${subscription})`);
  }
}

const report = async (name: string, query: object) => {
  const { status, body } = await api.get(
    `/api/reports/${name}?${new URLSearchParams(Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]))}`,
  );
  expect(status).toBe(200);
  return body as Json;
};

/** What the rows behind a figure say of it. */
function worth(column: string, rows: readonly Figures[]) {
  const sum = (figure?: string) =>
    rows.filter((row) => figure === undefined || row.figure === figure).reduce((all, row) => all + Number(row.value), 0);
  const toHundredths = (value: number) => Math.round(value * 100) / 100;
  if (column === 'rate') return rateOf(sum('present'), sum('present') + sum('absent'));
  if (column === 'average') return toHundredths(sum('present') / sum('trainings_held'));
  if (column === 'churn') return rateOf(sum('churned'), sum('active_at_start'));
  if (column === 'load') return rateOf(sum('used_minutes'), sum('open_minutes'));
  if (column === 'hours') return toHundredths(sum('minutes') / 60);
  return column.startsWith('month_') ? rateOf(sum(), rows.length) : sum();
}
const figuresOf = (row: Figures) =>
  Object.entries(row).filter(([column, value]) => typeof value === 'number' && column !== 'id' && !column.endsWith('_id'));
const lastOf = (first: string) => {
  const last = addDays(`${addDays(`${first.slice(0, 7)}-01`, 31).slice(0, 7)}-01`, -1);
  return last < today() ? last : today();
};
/** Of all periods these are another thing than of one of them. */
const OF_ONE_PERIOD = ['active_at_start', 'churned', 'churn', 'oldest_days'];

test.each(Object.keys(reports) as ReportName[])('every figure of %s is what the rows behind it say', async (name) => {
  const { rows, total } = await report(name, { from: FROM, to: today(), by: 'month' });
  const seen = new Set<string>();
  for (const row of rows as Figures[]) {
    const [from, to] = row.period ? [String(row.period), lastOf(String(row.period))] : [FROM, today()];
    const who = row.trainer_id ?? row.room_id ?? row.payer_id ?? row.student_id;
    for (const [figure, value] of figuresOf(row)) {
      if (value === 0) continue;
      const asked = { from, to, explain: true, figure, ...(who ? { person_id: who } : {}) };
      const { explained, is_cut } = await report(name, asked);
      expect({ from, figure, value: worth(figure, explained), is_cut }).toEqual({ from, figure, value, is_cut: false });
      seen.add(figure);
    }
  }
  const columns = Object.keys(rows[0]).filter((column) => column in reports[name].figures);
  expect([...seen].sort()).toEqual(columns.sort());
  for (const [figure, value] of total === null ? [] : figuresOf(total)) {
    if (OF_ONE_PERIOD.includes(figure)) continue;
    const { explained } = await report(name, { from: FROM, to: today(), by: 'month', explain: true, figure });
    expect({ figure, value: worth(figure, explained) }).toEqual({ figure, value });
  }
});

test('a figure nobody knows is refused with the names of those that are', async () => {
  const { status, body } = await api.get('/api/reports/attendance?explain=true&figure=profit');
  expect([status, body.errors[0].path]).toEqual([422, 'figure']);
  expect(body.errors[0].message).toContain('trainings_held');
});

test('a figure is picked before rows are counted; what is cut is said, and a file is never short', async () => {
  await emptyStudio(api.db);
  const [payer, other] = [await make.client(), await make.client()];
  const pay = (whom: number, many: number) =>
    run(sql.unsafe`
      insert into payments (payer_id, amount_minor, created_at) select ${whom}, 100, ${noon(inDays(-2))}::timestamptz from generate_series(1, ${many}::int)`);
  const span = { from: inDays(-3), to: today(), by: 'day', explain: true };
  const lengths = async (more: object) => {
    const { explained, is_cut } = await report('revenue', { ...span, ...more });
    return [explained.length, is_cut];
  };
  // Each payment is two rows: one of all money and one of its method.
  await pay(payer, 4_999);
  await pay(other, 1);
  expect(await lengths({})).toEqual([10_000, false]);
  const paid = (await api.post('/api/payments', { payer_id: other, amount_minor: 300 })).body.payment.id;
  await api.post(`/api/payments/${paid}/refunds`, { amount_minor: 300, reason: 'передумал' });
  expect(await lengths({})).toEqual([10_000, true]);
  expect(await lengths({ figure: 'gross_minor' })).toEqual([5_001, false]);
  expect(await lengths({ figure: 'refunded_minor' })).toEqual([1, false]);
  expect(await lengths({ person_id: other })).toEqual([6, false]);

  await pay(payer, 45_000);
  const file = (more: object) =>
    api.get(`/api/reports/revenue?${new URLSearchParams({ ...span, explain: 'true', format: 'csv', ...more })}`);
  expect(await file({})).toMatchObject({ status: 422, body: { errors: [{ path: 'from' }] } });
  const one = await file({ figure: 'gross_minor' });
  expect([one.status, one.text.trim().split('\r\n').length]).toEqual([200, 50_002]);
});
