import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { rulesOfUnit } from '../../workers/why/rules.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { nightShift, register, trainingIn } from '../finance/night.ts';
import type { Json } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';

let night: Awaited<ReturnType<typeof nightShift>>;
let make: ReturnType<typeof salon>;
let today: string;
beforeAll(async () => {
  night = await nightShift();
  make = salon(night.api.db);
  today = dayOf(new Date(), night.api.fleet.settings.zone);
});
afterAll(() => night?.close());

const why = async (of: string, id: number, more = '') => (await night.api.get(`/api/why?of=${of}&id=${id}${more}`)).body as Json;
const kinds = ({ chain }: Json) => chain.map(({ kind }: Json) => kind);
const idOf = (query: ReturnType<typeof sql.unsafe>) => night.api.db.oneFirst(query).then(Number);

test('why a package has two visits left: what was bought, taken and given back, each with its booking', async () => {
  const [client, service] = [await make.client(), await make.service()];
  const specialist = await make.specialist([service]);
  const [from, to] = [addDays(today, -1), addDays(today, 40)];
  const held = await make.bought({ client, service, from, to });
  const book = async (hours: number) => {
    const wish = {
      client_id: client,
      service_id: service,
      specialist_id: specialist,
      starts_at: inHours(hours),
      pay_from: 'package',
    };
    const { status, body } = await night.api.post('/bookings', wish);
    expect(status).toBe(201);
    return body.id as number;
  };
  const [kept, cancelled] = [await book(40), await book(50)];
  await night.api.post(`/bookings/${cancelled}/cancel`, { reason: 'ill', by: 'client' });
  const left = await why('units', held);
  expect(left).toMatchObject({
    of: 'units',
    count: 2,
    amount_minor: null,
    sessions: null,
    rules: ['package', 'unit_back'],
    more: 0,
  });
  expect(left.parts.map(({ status, count }: Json) => [status, count])).toEqual([
    ['returned', 1],
    ['booking', -1],
    ['booking', -1],
    ['granted', 3],
  ]);
  const [back, , taken, granted] = await Promise.all(left.parts.map(({ why: { of, id } }: Json) => why(of, id)));
  expect(back).toMatchObject({ of: 'unit', status: 'returned', count: 1, rules: ['unit_back'] });
  expect(back.chain[1]).toMatchObject({ kind: 'booking', id: cancelled, status: 'CANCELLED' });
  expect(taken).toMatchObject({ status: 'booking', count: -1, rules: ['package'] });
  expect(taken.chain[1]).toMatchObject({ kind: 'booking', id: kept });
  expect(kinds(taken)).toContain('message');
  expect(granted).toMatchObject({ status: 'granted', count: 3, rules: ['package'] });
});

test('a package that was sold is explained by its invoice, and owed by its name', async () => {
  const { api } = night;
  const [client, service] = [await make.client(), await make.service()];
  const offered = await idOf(sql.unsafe`
    insert into service_packages (name, composition, price_minor, validity_days)
    values ('Ten massages', ${sql.jsonb([{ service_id: service, units: 10 }])}, 90000, 30) returning id`);
  const { status, body } = await api.post(`/api/clients/${client}/packages`, { service_package_id: offered });
  expect(status).toBe(201);
  const left = await why('units', body.id as number);
  expect(left).toMatchObject({ name: 'Ten massages', count: 10 });
  expect(left.chain[0]).toMatchObject({ kind: 'invoice', status: 'PACKAGE', amount_minor: 90_000 });
  expect(kinds(await why('unit', left.parts[0].id))).toEqual(['unit', 'invoice']);
  expect((await why('owed', client)).parts).toMatchObject([{ name: 'Ten massages', amount_minor: 90_000 }]);
});

test('why a run took one session and wrote one invoice: the rows themselves, those of the parts of a night too', async () => {
  const { api } = night;
  const training = await trainingIn(night, 20, { price: 100_000 });
  const [debtor, holder] = [await make.student(), await make.student()];
  for (const student of [debtor, holder]) await register(api, training.id, student);
  await make.subscription({
    student: holder,
    from: addDays(training.training_date, -5),
    to: addDays(training.training_date, 20),
    left: 3,
  });
  const seatOf = (student: number) =>
    idOf(sql.unsafe`select id from real_training_students where student_id = ${student} and real_training_id = ${training.id}`);

  const [willOwe, willTake] = [await why('visit', await seatOf(debtor)), await why('visit', await seatOf(holder))];
  expect(willOwe).toMatchObject({ rules: ['D12', 'uncovered'], amount_minor: 100_000, considered: [], parts: [] });
  expect(willTake).toMatchObject({
    rules: ['D12', 'D13'],
    parts: [{ kind: 'session', status: 'planned', why: { of: 'sessions' } }],
  });
  const date = addDays(training.training_date, -1);
  await api.post('/real-trainings/process-daily-operations', { date }, { headers: { Prefer: 'wait=30' } });
  const finance = await idOf(sql.unsafe`select run_id from invoices where payer_id = ${debtor}`);
  const daily = await idOf(sql.unsafe`select id from automated_process_history where ${finance}::int = any(part_ids)`);
  for (const run of [finance, daily]) {
    const sessions = await why('run_sessions', run);
    expect(sessions).toMatchObject({ count: 1, rules: ['run_wrote'], parts: [{ kind: 'session', sessions: -1 }] });
    expect(await why(sessions.parts[0].why.of, sessions.parts[0].why.id)).toMatchObject({ of: 'session', rules: ['D13'] });
    expect(await why('run_invoices', run)).toMatchObject({
      count: 1,
      parts: [{ kind: 'invoice', amount_minor: 100_000, why: { of: 'invoice' } }],
    });
  }
  const looked = await why('run', daily);
  expect(looked).toMatchObject({ of: 'run', name: 'daily', count: null, rules: ['D11', 'run_looked'], parts: [] });
  expect(looked.chain).toMatchObject([
    { kind: 'run', id: daily },
    { kind: 'person', status: 'asked' },
  ]);
  expect(await why('run_places', daily)).toMatchObject({ count: 0, parts: [] });

  const seats = await why('seats', training.id);
  expect(seats).toMatchObject({ of: 'seats', count: 2, rules: ['places'] });
  expect(seats.parts.map(({ why: { of, id } }: Json) => [of, id])).toEqual([
    ['visit', await seatOf(debtor)],
    ['visit', await seatOf(holder)],
  ]);
});

test('one session pays for the first of two trainings, and the second says that nothing is left for it', async () => {
  const [first, second] = [await trainingIn(night, 70, { price: 100_000 }), await trainingIn(night, 71, { price: 100_000 })];
  const student = await make.student();
  for (const { id } of [second, first]) await register(night.api, id, student);
  const [from, to] = [addDays(first.training_date, -5), addDays(second.training_date, 20)];
  const held = await make.subscription({ student, from, to, left: 1 });
  const seats = (await night.api.db.anyFirst(sql.unsafe`
    select seat.id from real_training_students seat join real_trainings training on training.id = real_training_id
    where student_id = ${student} order by starts_at`)) as number[];
  const [pays, owes] = [await why('visit', Number(seats[0])), await why('visit', Number(seats[1]))];
  expect(pays).toMatchObject({ rules: ['D12', 'D13'], parts: [{ status: 'planned', id: held }] });
  expect(owes).toMatchObject({
    rules: ['D12', 'uncovered'],
    amount_minor: 100_000,
    parts: [],
    considered: [{ student_subscription_id: held, obstacle: 'promised' }],
  });
});

test('a run that wrote more than is listed counts what it wrote', async () => {
  const { db } = night.api;
  const run = await idOf(sql.unsafe`
    insert into automated_process_history (process_type, run_key, process_date, status, completed_at)
    values ('finance', 'finance:much', ${today}::date, 'success', now()) returning id`);
  await db.query(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, run_id)
    select student, student, 'SUBSCRIPTION', 100, ${run} from (select ${await make.student()}::int as student) as one, generate_series(1, 101)`);
  const many = await why('run_invoices', run);
  expect([many.count, many.parts.length, many.more]).toEqual([101, 100, 1]);
});

test.each(['till', 'seats', 'run', 'run_sessions', 'units', 'unit', 'visit', 'balance'])(
  'why of %s is told to the studio alone: to no trainer, client, guardian or owner of machines, of themselves or of others',
  async (of) => {
    for (const role of ['trainer', 'client', 'guardian', 'vending_owner'] as const) {
      const person = await personOf(night.api, role);
      for (const id of [person.id, 1]) {
        const { status, body } = await person.ask('GET', `/api/why?of=${of}&id=${id}`);
        expect([status, body.parts]).toEqual([expect.any(Number), undefined]);
        expect([403, 404]).toContain(status);
      }
    }
  },
);

test('a person who cancelled in time or waits takes no place', async () => {
  const training = await trainingIn(night, 60);
  const [stays, leaves] = [await make.student(), await make.student()];
  for (const student of [stays, leaves]) await register(night.api, training.id, student);
  const left = await night.api.post(`/real-trainings/${training.id}/students/${leaves}/cancel`, { reason: 'ill' });
  expect(left.status).toBeLessThan(300);
  expect((await why('seats', training.id)).count).toBe(1);
});

test('why a till holds what it holds: cash that came, was given back, and taken back, of that person and day alone', async () => {
  const { api } = night;
  const [payer, admin] = [await make.student(), await personOf(api, 'admin')];
  const take = async (amount_minor: number, method = 'cash') =>
    ((await admin.ask('POST', '/api/payments', { payer_id: payer, amount_minor, method })).body as Json).payment.id as number;
  const [first, second] = [await take(120_000), await take(30_000)];
  await take(70_000, 'card');
  await admin.ask('POST', `/api/payments/${first}/refunds`, { amount_minor: 5_000, reason: 'too much', method: 'cash' });
  await admin.ask('POST', `/api/payments/${second}/cancel`, { reason: 'a mistake' });
  const day = dayOf(new Date(), api.fleet.settings.zone);
  const till = await why('till', admin.id, `&day=${day}`);
  const row = ((await api.get(`/api/cash?day=${day}`)).body as Json).people.find((one: Json) => one.person_id === admin.id);
  expect(till).toMatchObject({ amount_minor: 115_000, name: day, rules: ['till'], more: 0 });
  expect(row).toMatchObject({
    received_minor: 150_000,
    refunded_minor: 5_000,
    cancelled_minor: 30_000,
    net_minor: till.amount_minor,
  });
  const lines = till.parts.map(({ kind, amount_minor, why: { of, id } }: Json) => [
    kind,
    amount_minor,
    of,
    id === first || id === second,
  ]);
  expect(lines.sort((a: Json, b: Json) => a[1] - b[1])).toEqual([
    ['payment', -30_000, 'payment', true],
    ['refund', -5_000, 'refund', expect.any(Boolean)],
    ['payment', 30_000, 'payment', true],
    ['payment', 120_000, 'payment', true],
  ]);
  expect(await why('till', admin.id, `&day=${addDays(day, -3)}`)).toMatchObject({ amount_minor: 0, parts: [] });
  const byKey = await why('till', 0, `&day=${addDays(day, -3)}`);
  expect(byKey).toMatchObject({ person: null, amount_minor: 0 });
});

test.each(['units', 'unit', 'till', 'seats', 'run', 'run_sessions', 'run_invoices', 'run_places'])(
  'what is not there, %s, is a 404',
  async (of) => expect((await night.api.get(`/api/why?of=${of}&id=2147483647`)).status).toBe(404),
);

test('a unit is entered by one rule each', () => {
  expect(['granted', 'booking', 'returned', 'cancelled', 'refunded', 'adjustment'].map(rulesOfUnit)).toEqual([
    ['package'],
    ['package'],
    ['unit_back'],
    ['unit_gone'],
    ['unit_gone'],
    ['by_hand'],
  ]);
});
