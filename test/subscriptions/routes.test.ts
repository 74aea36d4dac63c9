import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { termEnd } from '../../sql/subscriptions/term.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { club, entriesOf, heldBy, invoicesOf } from './studio.ts';

const TODAY = dayOf(new Date(), 'Europe/Moscow');
let api: TestApi;
let make: ReturnType<typeof club>;
beforeAll(async () => {
  api = await testApi();
  make = club(api.db);
});
afterEach(async () => expect((await api.get('/api/audit')).body).toMatchObject({ square: true }));
afterAll(() => api.close());

const buy = (student: number, body: Json) => api.post(`/api/students/${student}/subscriptions`, body);
const balance = async (student: number) => (await api.get(`/api/students/${student}/wallet`)).body.balance_minor;
const act = (id: number, what: string, body?: Json) => api.post(`/api/student-subscriptions/${id}/${what}`, body);

describe('the catalogue', () => {
  test('is listed, added to and changed', async () => {
    const made = await api.post('/api/subscriptions', {
      name: 'Безлимит',
      price_minor: 850_000,
      number_of_sessions: null,
      validity_days: 30,
    });
    expect(made).toMatchObject({ status: 201, body: { number_of_sessions: null, is_active: true } });
    const changed = await api.patch(`/api/subscriptions/${made.body.id}`, { price_minor: 900_000, is_active: false });
    expect(changed.body).toEqual({ ...made.body, price_minor: 900_000, is_active: false });
    expect((await api.get('/api/subscriptions?is_active=false')).body.items).toEqual([changed.body]);
  });

  test.each<[Json, string]>([
    [{ name: 'X', price_minor: 1, validity_days: 30 }, 'number_of_sessions'],
    [{ name: 'X', price_minor: -1, number_of_sessions: 8, validity_days: 30 }, 'price_minor'],
    [{ name: 'X', price_minor: 1.5, number_of_sessions: 8, validity_days: 30 }, 'price_minor'],
    [{ name: 'X', price_minor: 1, number_of_sessions: 0, validity_days: 30 }, 'number_of_sessions'],
    [{ name: 'X', price_minor: 1, number_of_sessions: 8, validity_days: 0 }, 'validity_days'],
    [{ name: 'X', price_minor: 1, number_of_sessions: 8 }, 'validity_days'],
    [{ name: 'X', price_minor: 1, number_of_sessions: 8, validity_days: 30, validity_months: 1 }, 'validity_months'],
    [{ name: 'X', price_minor: 1, number_of_sessions: 8, validity_months: 121 }, 'validity_months'],
  ])('refuses %j', async (body, path) => {
    expect(await api.post('/api/subscriptions', body)).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });
});

describe('buying (D23)', () => {
  test.each([
    [0, 'UNPAID', 0],
    [399_999, 'UNPAID', 399_999],
    [400_000, 'PAID', 0],
  ])('with %i in the wallet it is usable at once and %s', async (money, status, left) => {
    const student = await make.student();
    const item = await make.item({ price: 400_000, sessions: 8, days: 30 });
    await make.money(student, money);
    const bought = await buy(student, { subscription_id: item, is_auto_renew: true });
    const unpaid = status === 'UNPAID' ? { id: bought.body.invoice.id, amount_minor: 400_000, due_date: TODAY } : null;
    expect(bought).toMatchObject({
      status: 201,
      body: {
        student_id: student,
        subscription_id: item,
        start_date: TODAY,
        end_date: addDays(TODAY, 29),
        days_left: 30,
        sessions_left: 8,
        status: 'active',
        is_auto_renew: true,
        next_renewal: { start_date: addDays(TODAY, 30), price_minor: 400_000, carried_sessions: 3 },
        unpaid_invoice: unpaid,
        invoice: { type: 'SUBSCRIPTION', status, amount_minor: 400_000, due_date: TODAY, is_auto_renewal: false },
      },
    });
    expect(await balance(student)).toBe(left);
    const { invoice: _, ...item_ } = bought.body;
    expect((await api.get(`/api/students/${student}/subscriptions`)).body).toEqual({ items: [item_], next_cursor: null });
  });

  test('one that costs nothing is not invoiced', async () => {
    const student = await make.student();
    const { status, body } = await buy(student, { subscription_id: await make.item({ price: 0 }) });
    expect({ status, invoice: body.invoice, unpaid: body.unpaid_invoice }).toEqual({ status: 201, invoice: null, unpaid: null });
    expect(await invoicesOf(api.db, student)).toEqual([]);
  });

  test('one that starts later is due then; days are counted from its first', async () => {
    const start = addDays(TODAY, 10);
    const { body } = await buy(await make.student(), { subscription_id: await make.item({ days: 5 }), start_date: start });
    expect(body).toMatchObject({ start_date: start, end_date: addDays(start, 4), days_left: 5, invoice: { due_date: start } });
  });

  test('one of a month ends on the day before that day of the next month (D48)', async () => {
    const { body: sold } = await api.post('/api/subscriptions', {
      name: 'Месяц',
      price_minor: 0,
      number_of_sessions: null,
      validity_months: 1,
    });
    const start_date = addDays(TODAY, 40);
    const { status, body } = await buy(await make.student(), { subscription_id: sold.id, start_date });
    expect(status).toBe(201);
    expect(body.end_date).toBe(termEnd(start_date, { validity_days: null, validity_months: 1 }));
    expect((await buy(await make.student(), { subscription_id: sold.id, start_date: addDays(TODAY, -32) })).status).toBe(422);
  });

  test('one that has begun is due today', async () => {
    const { body } = await buy(await make.student(), {
      subscription_id: await make.item({ days: 5 }),
      start_date: addDays(TODAY, -4),
    });
    expect(body).toMatchObject({ end_date: TODAY, days_left: 1, invoice: { due_date: TODAY } });
  });

  test('the student’s payer gets the invoice', async () => {
    const [child, parent] = [await make.student(), await make.student()];
    await api.patch(`/api/students/${child}`, { payer_id: parent });
    await make.money(parent, 1_000_000);
    const { body } = await buy(child, { subscription_id: await make.item() });
    expect(body).toMatchObject({ payer_id: parent, invoice: { payer_id: parent, student_id: child, status: 'PAID' } });
  });

  test('with an Idempotency-Key it is bought once', async () => {
    const [student, item] = [await make.student(), await make.item()];
    const once = () =>
      api.post(
        `/api/students/${student}/subscriptions`,
        { subscription_id: item },
        { headers: { 'Idempotency-Key': `buy-${student}` } },
      );
    const [first, second] = [await once(), await once()];
    expect(second.body).toEqual(first.body);
    expect(await heldBy(api.db, student)).toHaveLength(1);
  });

  test.each<[string, Json, number, string | undefined]>([
    ['no subscription', {}, 422, 'subscription_id'],
    ['an unknown subscription', { subscription_id: 999_999 }, 422, 'subscription_id'],
    ['text', { subscription_id: 'x' }, 422, 'subscription_id'],
    ['a day that does not exist', { subscription_id: 1, start_date: '2026-02-29' }, 422, 'start_date'],
    ['a term that is over', { subscription_id: 'ITEM', start_date: '2020-01-01' }, 422, 'start_date'],
    ['an unknown field', { subscription_id: 1, price_minor: 1 }, 422, 'price_minor'],
    ['one that is not sold any more', { subscription_id: 'OLD' }, 409, undefined],
  ])('%s is refused', async (_, body, status, path) => {
    const ids: Record<string, number> = { ITEM: await make.item(), OLD: await make.item({ isActive: false }) };
    const student = await make.student();
    const refused = await buy(student, {
      ...body,
      ...(body.subscription_id in ids && { subscription_id: ids[body.subscription_id] }),
    });
    expect(refused.status).toBe(status);
    expect(refused.body.errors?.[0]?.path).toBe(path);
    expect(await heldBy(api.db, student)).toEqual([]);
  });

  test('an unknown student is a 404', async () => {
    expect((await buy(999_999, { subscription_id: await make.item() })).status).toBe(404);
    expect((await api.get('/api/students/999999/subscriptions')).status).toBe(404);
  });
});

test('the list is paged, newest first, and narrowed by status', async () => {
  const [student, item] = [await make.student(), await make.item()];
  const ids = [];
  for (const status of ['expired', 'active', 'active']) ids.push(await make.held({ student, item, to: TODAY, status }));
  const path = `/api/students/${student}/subscriptions`;
  const first = (await api.get(`${path}?limit=2`)).body;
  expect(first.items.map((item: Json) => item.id)).toEqual([ids[2], ids[1]]);
  expect((await api.get(`${path}?limit=2&cursor=${first.next_cursor}`)).body.items.map((item: Json) => item.id)).toEqual([
    ids[0],
  ]);
  expect((await api.get(`${path}?status=expired`)).body.items).toMatchObject([{ id: ids[0], days_left: 0, next_renewal: null }]);
  expect((await api.get(`${path}?status=lost`)).status).toBe(422);
});

test.each<[string, Json, Json]>([
  ['limited, five left', { left: 5 }, { carried_sessions: 3 }],
  ['limited, one left', { left: 1 }, { carried_sessions: 1 }],
  ['one that does not renew itself', { autoRenew: false }, null],
])('the next renewal of %s', async (_, fields, expected) => {
  const student = await make.student();
  await make.held({ student, item: await make.item({ price: 123 }), to: TODAY, ...fields });
  const [held] = (await api.get(`/api/students/${student}/subscriptions`)).body.items;
  if (expected === null) expect(held.next_renewal).toBeNull();
  else expect(held.next_renewal).toEqual({ start_date: addDays(TODAY, 1), price_minor: 123, ...expected });
});

describe('auto-renewal', () => {
  test('is turned on and off', async () => {
    const id = await make.held({ student: await make.student(), item: await make.item(), to: TODAY, autoRenew: false });
    for (const is_auto_renew of [true, true, false]) {
      const { status, body } = await api.patch(`/api/student-subscriptions/${id}`, { is_auto_renew });
      expect({ status, is: body.is_auto_renew, next: body.next_renewal !== null }).toEqual({
        status: 200,
        is: is_auto_renew,
        next: is_auto_renew,
      });
    }
  });

  test.each([
    ['expired', 409],
    ['cancelled', 409],
    ['renewed', 409],
    ['unknown', 404],
  ])('one that is %s is a %i', async (state, status) => {
    const [student, item] = [await make.student(), await make.item()];
    const id = await make.held({
      student,
      item,
      to: TODAY,
      status: state === 'renewed' ? 'active' : state === 'unknown' ? 'active' : state,
    });
    if (state === 'renewed')
      await api.db.query(sql.unsafe`
        insert into student_subscriptions (student_id, subscription_id, start_date, end_date, renewed_from_id)
        values (${student}, ${item}, ${addDays(TODAY, 1)}::date, ${addDays(TODAY, 9)}::date, ${id})`);
    const asked = state === 'unknown' ? 999_999 : id;
    expect((await api.patch(`/api/student-subscriptions/${asked}`, { is_auto_renew: false })).status).toBe(status);
    if (state !== 'renewed')
      for (const what of ['freeze', 'unfreeze', 'cancel'])
        expect(
          (
            await act(
              asked,
              what,
              what === 'freeze' ? { from: TODAY, to: TODAY } : what === 'cancel' ? { reason: 'x' } : undefined,
            )
          ).status,
        ).toBe(status);
  });

  test.each<[Json]>([[{}], [{ is_auto_renew: 'yes' }], [{ is_auto_renew: true, status: 'active' }]])(
    '%j is refused',
    async (body) => {
      const id = await make.held({ student: await make.student(), item: await make.item(), to: TODAY });
      expect((await api.patch(`/api/student-subscriptions/${id}`, body)).status).toBe(422);
    },
  );
});

describe('cancelling', () => {
  const reason = 'переезд';
  test('an unpaid one: the invoice is cancelled, the sessions leave, it is never renewed', async () => {
    const student = await make.student();
    const { body } = await buy(student, { subscription_id: await make.item(), is_auto_renew: true });
    const cancelled = await act(body.id, 'cancel', { reason });
    expect(cancelled).toMatchObject({
      status: 200,
      body: {
        id: body.id,
        status: 'cancelled',
        sessions_left: 0,
        days_left: 0,
        next_renewal: null,
        unpaid_invoice: null,
        cancellation_reason: reason,
      },
    });
    expect(await invoicesOf(api.db, student)).toMatchObject([{ status: 'CANCELLED' }]);
    expect(await entriesOf(api.db, body.id)).toEqual(['granted 8', 'cancelled -8']);
    expect((await act(body.id, 'cancel', { reason })).status).toBe(409);
  });

  test.each([
    [undefined, 0, [['PAID', 400_000]], []],
    [400_000, 400_000, [['CANCELLED', 400_000]], ['payment -400000', 'refund 400000']],
    [
      150_000,
      150_000,
      [
        ['CANCELLED', 400_000],
        ['PAID', 250_000],
      ],
      ['payment -400000', 'refund 400000', 'payment -250000'],
    ],
  ])('a paid one with a refund of %p', async (refund, money, bills, moves) => {
    const student = await make.student();
    await make.money(student, 400_000);
    const { body } = await buy(student, { subscription_id: await make.item({ price: 400_000 }) });
    const cancelled = await act(body.id, 'cancel', { reason, ...(refund === undefined ? {} : { refund_minor: refund }) });
    expect(cancelled).toMatchObject({ status: 200, body: { refunded_minor: money, balance_minor: money } });
    expect((await invoicesOf(api.db, student)).map((invoice) => [invoice.status, invoice.amount_minor])).toEqual(bills);
    const entered = await api.db.any(sql.unsafe`
      select kind || ' ' || amount_minor as move from wallet_transactions where user_id = ${student} and kind <> 'adjustment' order by id`);
    expect(entered.map((entry: Json) => entry.move)).toEqual(moves.length > 0 ? moves : ['payment -400000']);
  });

  test('money that comes back settles other debts', async () => {
    const student = await make.student();
    await make.money(student, 400_000);
    const { body } = await buy(student, { subscription_id: await make.item({ price: 400_000 }) });
    const other = await buy(student, { subscription_id: await make.item({ price: 100_000 }) });
    expect(other.body.invoice.status).toBe('UNPAID');
    expect((await act(body.id, 'cancel', { reason, refund_minor: 150_000 })).body.balance_minor).toBe(50_000);
    expect((await api.get(`/api/students/${student}/subscriptions`)).body.items[0].unpaid_invoice).toBeNull();
  });

  test('a payment that is cancelled later owes again what was kept, and no more', async () => {
    const student = await make.student();
    const { payment } = (await api.post(`/api/students/${student}/payments`, { amount_minor: 400_000 })).body;
    const { body } = await buy(student, { subscription_id: await make.item({ price: 400_000 }) });
    await act(body.id, 'cancel', { reason, refund_minor: 150_000 });
    await api.post(`/api/payments/${payment.id}/cancel`, { reason: 'ошибка кассы' });
    expect(await balance(student)).toBe(0);
    expect((await invoicesOf(api.db, student)).map((invoice) => [invoice.status, invoice.amount_minor])).toEqual([
      ['CANCELLED', 400_000],
      ['UNPAID', 250_000],
    ]);
  });

  test.each([
    [400_001, 422],
    [-1, 422],
    [0.5, 422],
  ])('a refund of %p of 400000 is a %i and changes nothing', async (refund_minor, status) => {
    const student = await make.student();
    await make.money(student, 400_000);
    const { body } = await buy(student, { subscription_id: await make.item({ price: 400_000 }) });
    const refused = await act(body.id, 'cancel', { reason, refund_minor });
    expect(refused).toMatchObject({ status, body: { errors: [{ path: 'refund_minor' }] } });
    expect(await heldBy(api.db, student)).toMatchObject([{ status: 'active', sessions_left: 8 }]);
  });

  test('nothing was paid, so nothing can be refunded; a reason is needed', async () => {
    const { body } = await buy(await make.student(), { subscription_id: await make.item() });
    expect((await act(body.id, 'cancel', { reason, refund_minor: 1 })).status).toBe(422);
    expect((await act(body.id, 'cancel', {})).status).toBe(422);
  });

  test('twice at once: one of the two', async () => {
    const student = await make.student();
    await make.money(student, 400_000);
    const { body } = await buy(student, { subscription_id: await make.item({ price: 400_000 }) });
    const both = await Promise.all([1, 2].map(() => act(body.id, 'cancel', { reason, refund_minor: 400_000 })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await balance(student)).toBe(400_000);
  });
});

test.each([
  ['GET', '/api/students/1/subscriptions', 'money:read'],
  ['POST', '/api/students/1/subscriptions', 'money:write'],
  ['PATCH', '/api/student-subscriptions/1', 'money:write'],
  ['POST', '/api/student-subscriptions/1/freeze', 'money:write'],
  ['POST', '/api/student-subscriptions/1/unfreeze', 'money:write'],
  ['POST', '/api/student-subscriptions/1/cancel', 'money:write'],
])('%s %s needs %s', async (method, path, scope) => {
  const other = await api.key(...['records:write', 'records:read', 'money:read', 'money:write'].filter((item) => item !== scope));
  expect((await api.ask(method, path, { key: other, body: method === 'GET' ? undefined : {} })).status).toBe(403);
  const right = await api.key(scope);
  expect((await api.ask(method, path, { key: right, body: method === 'GET' ? undefined : {} })).status).not.toBe(403);
});
