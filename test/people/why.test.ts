import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { rulesOfCharge, rulesOfSession, rulesOfTransaction, rulesOfUncharged } from '../../workers/why/rules.ts';
import { nightShift, register, trainingIn } from '../finance/night.ts';
import type { Json } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';

let night: Awaited<ReturnType<typeof nightShift>>;
let training: Awaited<ReturnType<typeof trainingIn>>;
let debtor: number;
let holder: number;
let held: number;
let run: number;
beforeAll(async () => {
  night = await nightShift();
  const { api, make } = night;
  training = await trainingIn(night, 20, { price: 100_000 });
  [debtor, holder] = [await make.student(), await make.student()];
  for (const student of [debtor, holder]) await register(api, training.id, student);
  const days = [addDays(training.training_date, -20), addDays(training.training_date, 20)] as const;
  held = await make.subscription({ student: holder, from: days[0], to: days[1], left: 3 });
  await make.subscription({ student: debtor, from: addDays(days[0], -40), to: addDays(days[0], -10) });
  await make.subscription({ student: debtor, from: days[0], to: days[1], left: 0 });
  const date = addDays(training.training_date, -1);
  await api.post('/real-trainings/process-daily-operations', { date }, { headers: { Prefer: 'wait=30' } });
  run = await idOf(sql.unsafe`select run_id from invoices where payer_id = ${debtor}`);
});
afterAll(() => night?.close());

const why = async (of: string, id: number) => (await night.api.get(`/api/why?of=${of}&id=${id}`)).body as Json;
const idOf = (query: ReturnType<typeof sql.unsafe>) => night.api.db.oneFirst(query).then(Number);
const kinds = ({ chain }: Json) => chain.map(({ kind }: Json) => kind);

test('why a client owes 1,000: the debt, its invoice, the rule, why no subscription paid, and the night that wrote it', async () => {
  const owed = await why('owed', debtor);
  expect(owed).toMatchObject({ amount_minor: 100_000, rules: ['D15'], more: 0 });
  expect(owed.parts).toMatchObject([{ kind: 'invoice', status: 'TRAINING', amount_minor: 100_000 }]);
  const { of, id } = owed.parts[0].why;
  const invoice = await why(of, id);
  expect(invoice).toMatchObject({ amount_minor: 100_000, status: 'UNPAID', rules: ['D14', 'D15'] });
  expect(invoice.considered.map(({ obstacle }: Json) => obstacle).sort()).toEqual(['ended', 'used_up']);
  expect(kinds(invoice)).toEqual(['invoice', 'run']);
  expect(invoice.chain[1]).toMatchObject({ id: run, name: 'finance' });
});

test('why a subscription has two left: what was granted and what was taken, and the training behind it', async () => {
  const left = await why('sessions', held);
  expect(left).toMatchObject({ sessions: 2 });
  expect(left.parts.map(({ status, sessions }: Json) => [status, sessions])).toEqual([
    ['training', -1],
    ['granted', 3],
  ]);
  const taken = await why('session', left.parts[0].why.id);
  expect(taken).toMatchObject({ sessions: -1, rules: ['D13'] });
  expect(kinds(taken)).toEqual(expect.arrayContaining(['session', 'run']));
  const seat = await idOf(sql.unsafe`select id from real_training_students where student_id = ${holder}`);
  expect(await why('visit', seat)).toMatchObject({ of: 'visit', rules: ['D13'], sessions: -1 });
});

test('why a wallet holds what it holds: a payment, who took it, and the invoice it paid at once', async () => {
  const { api } = night;
  const { payment } = (await api.post('/api/payments', { payer_id: debtor, amount_minor: 120_000 })).body as Json;
  const balance = await why('balance', debtor);
  expect(balance).toMatchObject({ amount_minor: 20_000 });
  expect(balance.parts.map(({ status, amount_minor }: Json) => [status, amount_minor])).toEqual([
    ['payment', -100_000],
    ['deposit', 120_000],
  ]);
  expect(await why('transaction', balance.parts[0].id)).toMatchObject({ rules: ['D15', 'D14'], status: 'payment' });
  const paid = await why('payment', payment.id);
  expect(paid).toMatchObject({ rules: ['D21'], amount_minor: 120_000 });
  expect(paid.parts).toMatchObject([{ kind: 'invoice', why: { of: 'invoice' } }]);
  const { refund } = (await api.post(`/api/payments/${payment.id}/refunds`, { amount_minor: 5_000, reason: 'too much' }))
    .body as Json;
  expect(await why('refund', refund.id)).toMatchObject({ of: 'refund', rules: ['R19'] });
});

test('a row that no run wrote was made by the actor in the log of changes', async () => {
  const { api, make } = night;
  const [type, student] = [
    await make.subscription({ student: await make.student(), from: '2026-01-01', to: '2026-01-31' }),
    await make.student(),
  ];
  const kind = await idOf(sql.unsafe`select subscription_id from student_subscriptions where id = ${type}`);
  const admin = await personOf(api, 'admin');
  const sold = (await admin.ask('POST', `/api/students/${student}/subscriptions`, { subscription_id: kind })).body as Json;
  expect(kinds(await why('invoice', sold.invoice.id))).toEqual(['invoice', 'person']);
  expect((await why('invoice', sold.invoice.id)).chain[1]).toMatchObject({ name: 'Somebody (admin) Тестов' });
  const byKey = (await api.post(`/api/students/${await make.student()}/subscriptions`, { subscription_id: kind })).body as Json;
  expect((await why('invoice', byKey.invoice.id)).chain[1]).toMatchObject({
    kind: 'person',
    name: expect.stringMatching(/^key-/),
  });
});

test('the messages about it are the end of the chain', async () => {
  const id = await idOf(sql.unsafe`select id from invoices where payer_id = ${debtor}`);
  await night.api.db.query(sql.unsafe`
    insert into notifications (user_id, template, params, dedupe_key, subjects)
    values (${debtor}, 'renewal_unpaid', '{}', 'about-it', array['invoice:' || ${id}::text]),
      (${holder}, 'renewal_unpaid', '{}', 'about-somebody-else', array['invoice:' || ${id}::text])`);
  const { chain } = await why('invoice', id);
  expect(chain.filter(({ kind }: Json) => kind === 'message')).toMatchObject([{ name: 'renewal_unpaid', status: 'pending' }]);
});

test.each(['balance', 'sessions', 'transaction', 'session', 'invoice', 'payment', 'refund', 'visit', 'booking'])(
  'a row that is not there, %s, is a 404',
  async (of) => {
    expect((await night.api.get(`/api/why?of=${of}&id=2147483647`)).status).toBe(404);
  },
);

test('without the scope of money nobody learns why', async () => {
  const { api } = night;
  expect((await api.get(`/api/why?of=balance&id=${debtor}`, { key: await api.key('records:read') })).status).toBe(403);
});

describe('rules', () => {
  const charge = { type: 'TRAINING', status: 'UNPAID', is_auto_renewal: false, is_fitting: false };
  test.each([
    [charge, ['D14', 'D15']],
    [{ ...charge, status: 'CANCELLED' }, ['D14', 'D18']],
    [{ ...charge, type: 'SUBSCRIPTION' }, ['D23', 'D15']],
    [{ ...charge, type: 'SUBSCRIPTION', is_auto_renewal: true }, ['D24', 'D15']],
    [{ ...charge, type: 'LATE_CANCELLATION_FEE' }, ['D17', 'D15']],
    [{ ...charge, type: 'BOOKING' }, ['booking', 'D15']],
    [{ ...charge, type: 'BOOKING', is_fitting: true }, ['booking', 'fitting', 'D15']],
    [{ ...charge, type: 'PACKAGE' }, ['package', 'D15']],
  ])('of an invoice %j', (of, rules) => expect(rulesOfCharge(of)).toEqual(rules));

  const seat = { status: 'REGISTERED', charged_at: null, price_minor: 1, is_excused: false };
  test.each([
    [seat, ['D12']],
    [{ ...seat, price_minor: 0 }, ['free']],
    [{ ...seat, charged_at: '2026-01-01T00:00:00Z' }, ['free']],
    [{ ...seat, is_excused: true }, ['excused']],
    [{ ...seat, status: 'CANCELLED_SAFE' }, ['D17', 'D18']],
  ])('of a place without a charge %j', (of, rules) => expect(rulesOfUncharged(of)).toEqual(rules));

  test('of sessions and of money', () => {
    expect(['granted', 'training', 'booking', 'returned', 'carried_in', 'expired', 'adjustment'].map(rulesOfSession)).toEqual([
      ['D23'],
      ['D13'],
      ['D50'],
      ['D47'],
      ['D24'],
      ['D27'],
      ['by_hand'],
    ]);
    expect(['deposit', 'payment', 'refund', 'adjustment', 'payout', 'merge'].map(rulesOfTransaction)).toEqual([
      ['D21'],
      ['D15'],
      ['D18'],
      ['D21'],
      ['R19'],
      ['R37'],
    ]);
  });
});
