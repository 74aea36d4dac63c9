import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Scope, scopes } from '../../queues/jobs/scopes.ts';
import { sql } from '../../sql/database/database.ts';
import { writeRequest } from '../../sql/finance/requests.ts';
import { inHours } from '../bookings/salon.ts';
import type { Reply } from '../support/front-door.ts';
import { allBut, BALANCE, rightsWorld } from '../support/rights-world.ts';

let world: Awaited<ReturnType<typeof rightsWorld>>;
/** A key for each pair of scopes that is tried, by the pair. */
const keys = new Map<string, Promise<string>>();
const keyOf = (...wanted: string[]) => {
  const name = [...new Set(wanted)].sort().join(' ');
  if (!keys.has(name)) keys.set(name, world.api.key(...new Set(wanted)));
  return keys.get(name) as Promise<string>;
};
beforeAll(async () => {
  world = await rightsWorld();
});
afterAll(() => world.close());

type Guarded = {
  what: string;
  /** The scope of the route. */
  by: Scope;
  /** The scope the operation needs beyond it. */
  needs: Scope;
  ask: (key: string) => Promise<Reply>;
};
const post = (path: () => string, body: () => object) => (key: string) => world.api.post(path(), body(), { key });
const patch = (path: () => string, body: () => object) => (key: string) => world.api.patch(path(), body(), { key });
let phones = 0;
const somebody = () => {
  phones += 1;
  return { first_name: 'Анна', phone: `+7900000${String(1_000 + phones)}` };
};

const guarded: Guarded[] = [
  {
    what: 'booking from the wallet of another payer',
    by: 'bookings:write',
    needs: 'money:write',
    ask: post(
      () => '/bookings',
      () => ({
        client_id: world.child,
        service_id: world.service,
        specialist_id: world.specialist,
        starts_at: inHours(30),
        pay_from: 'wallet',
      }),
    ),
  },
  {
    what: 'the studio’s giving back after the start',
    by: 'bookings:write',
    needs: 'money:write',
    ask: post(
      () => `/bookings/${world.begun}/cancel`,
      () => ({ reason: 'so', by: 'studio' }),
    ),
  },
  {
    what: 'the studio’s calling a training off after its start',
    by: 'trainings:cancel',
    needs: 'money:write',
    ask: post(
      () => `/real-trainings/${world.training}/cancel`,
      () => ({ reason: 'so', by: 'studio' }),
    ),
  },
  {
    what: 'a new student with another payer',
    by: 'records:write',
    needs: 'money:write',
    ask: post(
      () => '/api/students',
      () => ({ ...somebody(), payer_id: world.parent }),
    ),
  },
  {
    what: 'another payer for a student',
    by: 'records:write',
    needs: 'money:write',
    ask: patch(
      () => `/api/students/${world.admin}`,
      () => ({ payer_id: world.parent }),
    ),
  },
  {
    what: 'a client who becomes a student with another payer',
    by: 'records:write',
    needs: 'money:write',
    ask: post(
      () => `/api/clients/${world.grownUp}/student`,
      () => ({ payer_id: world.parent }),
    ),
  },
  {
    what: 'a Telegram link for an admin',
    by: 'records:write',
    needs: 'rights:write',
    ask: post(
      () => `/api/people/${world.admin}/telegram-link`,
      () => ({}),
    ),
  },
  ...(['clients', 'students', 'specialists'] as const).flatMap((kind) =>
    Object.entries({ telegram_id: 778, phone: '+79000000778', email: 'b@example.com', is_active: false }).map(
      ([field, value]): Guarded => ({
        what: `an admin’s ${field} by /api/${kind}`,
        by: 'records:write',
        needs: 'rights:write',
        ask: patch(
          () => `/api/${kind}/${world.admin}`,
          () => ({ [field]: value }),
        ),
      }),
    ),
  ),
];

describe.each(guarded)('$what', ({ by, needs, ask }) => {
  const others = scopes.filter((scope) => scope !== '*' && scope !== needs);
  test('is refused to every pair of scopes without the one it needs, and to all of them together', async () => {
    const before = await world.state();
    const tried = [...others.map((other) => [by, other]), others];
    const pairs = await Promise.all(tried.map((pair) => keyOf(...pair)));
    for (const [n, key] of pairs.entries()) {
      const { status, body } = await ask(key);
      expect({ tried: tried[n], status, says: body?.detail }).toEqual({
        tried: tried[n],
        status: 403,
        says: expect.stringContaining(`lacks the scope "${needs}": `),
      });
    }
    expect(await world.state()).toEqual(before);
  });

  test('is refused to the one it needs without the route’s own', async () => {
    expect(await ask(await keyOf(needs))).toMatchObject({ status: 403 });
  });

  test('is done with both', async () => {
    const before = await world.state();
    const { status } = await ask(await keyOf(by, needs));
    expect([200, 201]).toContain(status);
    expect(await world.state()).not.toEqual(before);
    await world.restoreAdmin();
  });
});

describe('requests that need no more than the route’s own scope', () => {
  test('booking from the client’s own wallet, and for later whoever pays', async () => {
    const key = await keyOf('bookings:write');
    const own = await world.make.client();
    await world.make.money(own, 100_000);
    const wish = { service_id: world.service, specialist_id: world.specialist };
    for (const [client_id, pay_from, hours] of [
      [own, 'wallet', 40],
      [world.child, 'later', 42],
    ] as const)
      expect(
        await world.api.post('/bookings', { ...wish, client_id, pay_from, starts_at: inHours(hours) }, { key }),
      ).toMatchObject({ status: 201 });
  });

  test('the studio’s cancelling before the start', async () => {
    const booking = await world.make.booking({ ...world, client: world.child, at: inHours(3) });
    const key = await keyOf('bookings:write');
    expect(await world.api.post(`/bookings/${booking}/cancel`, { reason: 'so', by: 'studio' }, { key })).toMatchObject({
      status: 200,
      body: { outcome: 'safe' },
    });
  });

  test('a student’s payer named as it is, and the record of a person who does not command', async () => {
    const key = await keyOf('records:write');
    const change = { payer_id: world.parent, telegram_id: 5_005, is_active: true };
    expect(await world.api.patch(`/api/students/${world.child}`, change, { key })).toMatchObject({ status: 200 });
    expect(await world.api.post(`/api/people/${world.child}/telegram-link`, {}, { key })).toMatchObject({ status: 201 });
  });

  test('an admin’s name, and what stays as it is', async () => {
    const admin = (await world.api.get(`/api/clients/${world.admin}`)).body;
    const change = { first_name: 'Мария', telegram_id: admin.telegram_id, phone: admin.phone, is_active: admin.is_active };
    expect(await world.api.patch(`/api/clients/${world.admin}`, change, { key: await keyOf('records:write') })).toMatchObject({
      status: 200,
    });
  });
});

describe('a balance is shown to whoever may read money', () => {
  const shows: [string, string[], (key: string) => Promise<Reply>][] = [
    [
      'a booking that the wallet does not cover',
      ['bookings:write', 'money:write'],
      async (key) => {
        const dear = await world.make.service({ price: BALANCE * 2 });
        const specialist_id = await world.make.specialist([dear]);
        const wish = { client_id: world.child, service_id: dear, specialist_id, starts_at: inHours(50), pay_from: 'wallet' };
        return world.api.post('/bookings', wish, { key });
      },
    ],
    [
      'a package that the wallet does not cover',
      ['money:write'],
      async (key) => {
        const composition = [{ service_id: world.service, units: 1 }];
        const offer = { name: `Пакет ${Math.random()}`, composition, price_minor: BALANCE * 2 };
        const { body } = await world.api.post('/api/service-packages', offer);
        const wish = { service_package_id: body.id, pay_from: 'wallet' };
        return world.api.post(`/api/clients/${world.child}/packages`, wish, { key });
      },
    ],
    ['a payment', ['money:write'], (key) => world.api.post(`/api/people/${world.parent}/payments`, { amount_minor: 1 }, { key })],
    [
      'a payment taken back',
      ['money:write'],
      async (key) => {
        const { body } = await world.api.post(`/api/people/${world.parent}/payments`, { amount_minor: 1 });
        return world.api.post(`/api/payments/${body.payment.id}/cancel`, { reason: 'so' }, { key });
      },
    ],
  ];
  test.each(shows)('%s', async (_, by, ask) => {
    const without = await ask(await keyOf(...by));
    expect([200, 201, 409]).toContain(without.status);
    expect(without.text).not.toContain('balance_minor');
    const seen = await ask(await keyOf(...by, 'money:read'));
    expect(seen).toMatchObject({ status: without.status, body: { balance_minor: expect.any(Number) } });
  });

  test('the findings of an audit about a balance need it, too', async () => {
    const details = JSON.stringify({
      audit: [{ rule: 'balance', id: world.parent, detail: `balance ${BALANCE}, transactions 0` }],
    });
    const run = await world.api.db.oneFirst(sql.unsafe`
      insert into automated_process_history (process_type, run_key, process_date, status, started_at, completed_at, details)
      values ('cleanup', 'cleanup:2026-01-01', '2026-01-01', 'partial', now(), now(), ${details}::jsonb) returning id`);
    const path = `/process-history/${run}`;
    const hidden = await world.api.get(path, { key: await keyOf('history:read') });
    expect(hidden).toMatchObject({ status: 200, body: { details: { audit: [{ rule: 'balance', id: world.parent }] } } });
    expect(hidden.text).not.toContain(String(BALANCE));
    const shown = await world.api.get(path, { key: await keyOf('history:read', 'money:read') });
    expect(shown.text).toContain(String(BALANCE));
  });
});

test('the scope to cancel trainings shows the outcome of cancellations, and nothing else about money', async () => {
  const { trainer, ...make } = world.make;
  await make.type();
  const training = await make.training({ trainer: await trainer(), at: inHours(60) });
  const fields = { trainingId: training, requestedAt: new Date(), by: 'test', requestId: 'test' };
  const cancelled = await writeRequest(world.api.db, { ...fields, kind: 'cancel_training', reason: 'so' });
  const added = await writeRequest(world.api.db, { ...fields, kind: 'add_student', studentId: world.child });
  const key = await keyOf('trainings:cancel');
  expect(await world.api.get(`/finance-requests/${cancelled.id}`, { key })).toMatchObject({ status: 200 });
  expect(await world.api.get(`/finance-requests/${added.id}`, { key })).toMatchObject({ status: 403 });
  expect(await world.api.post(`/real-trainings/${training}/students`, { student_id: world.child }, { key })).toMatchObject({
    status: 403,
  });
  const others = await keyOf(...allBut('trainings:cancel'));
  expect(await world.api.post(`/real-trainings/${training}/cancel`, { reason: 'so' }, { key: others })).toMatchObject({
    status: 403,
    body: { detail: expect.stringContaining('"trainings:cancel"') },
  });
});
