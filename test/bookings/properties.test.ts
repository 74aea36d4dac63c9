import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import type { Context } from '../../api/http/route.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { receivePayment } from '../../sql/finance/payments.ts';
import { book } from '../../workers/bookings/book.ts';
import { cancelBooking } from '../../workers/bookings/cancel.ts';
import { reschedule } from '../../workers/bookings/reschedule.ts';
import { Refused } from '../../workers/refusal.ts';
import { emptyTables } from '../support/emptying.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { rounds, sequences } from '../support/nightly-only.ts';
import { NOBODY } from '../support/nobody.ts';
import { type Booking, Model, type Service } from './model.ts';
import { salon } from './salon.ts';

const SEQUENCES = rounds({ daily: 20, nightly: 600 });
const QUARTER = 900_000;
let api: TestApi;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '1000000' } });
});
afterAll(() => api.close());

const who = fc.nat({ max: 2 });
/** From a while ago to a day and a half ahead, mostly crowded around the twelve hours. */
const quarter = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 42, max: 56 }) },
  { weight: 1, arbitrary: fc.integer({ min: -4, max: 140 }) },
);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('book' as const),
      client: who,
      specialist: who,
      service: who,
      quarter,
      pay: fc.constantFrom<Booking['pay']>('wallet', 'package', 'later'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), n: fc.nat({ max: 9 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('move' as const), n: fc.nat({ max: 9 }), specialist: who, quarter }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pay' as const), client: who, amount: fc.integer({ min: 1, max: 400 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Both = Awaited<ReturnType<typeof build>>;

/** Three specialists and clients, services with rooms and without, odd durations and breaks; a package of two units each. */
async function build() {
  const make = salon(api.db);
  const place = await make.location();
  const rooms = [await make.roomAt(place), await make.roomAt(place)];
  const services: Service[] = [];
  for (const fields of [
    { minutes: 20, pause: 40, price: 100, rooms },
    { minutes: 15, pause: 0, price: 0, rooms: [] },
    { minutes: 100, pause: 31, price: 250, rooms: rooms.slice(1) },
  ]) {
    services.push({ id: await make.service(fields), ...fields });
  }
  const specialists: number[] = [];
  const clients: number[] = [];
  // The model's now lies on the grid, so that twelve hours before a start are hit exactly.
  const now = Math.ceil(Date.now() / QUARTER) * QUARTER;
  const model = new Model(now);
  for (let n = 0; n < 3; n += 1) {
    specialists.push(
      await make.specialist(
        services.map((service) => service.id),
        { location: place },
      ),
    );
    const client = await make.client();
    clients.push(client);
    for (const { id } of services) {
      const packageId = await api.db.oneFirst(sql.type(z.object({ id: z.int() }))`
        insert into service_packages (name, composition, price_minor)
        values (${`${client}-${id}`}, ${sql.jsonb([{ service_id: id, units: 2 }])}, 0) returning id`);
      await api.post(`/api/clients/${client}/packages`, { service_package_id: packageId });
      model.units.set(`${client}:${id}`, 2);
    }
  }
  const context: Context = {
    db: api.db,
    fleet: api.fleet,
    caller: { id: '0', name: 'test', scopes: [], isStillLetIn: async () => true },
    ...NOBODY,
    requestId: '',
    wait: 0,
    isWaiting: () => true,
    isStillLetIn: async () => true,
    now: new Date(now),
  };
  return { model, context, services, specialists, clients };
}

const refused = (error: unknown) => {
  if (!(error instanceof Refused)) throw error;
  return null;
};

async function take({ model, context, services, specialists, clients }: Both, item: Step) {
  const at = (quarters: number) => model.now + quarters * QUARTER;
  const iso = (instant: number) => new Date(instant).toISOString();
  if (item.do === 'book') {
    const [client, specialist, service] = [clients[item.client]!, specialists[item.specialist]!, services[item.service]!];
    const wish = {
      client_id: client,
      specialist_id: specialist,
      service_id: service.id,
      starts_at: iso(at(item.quarter)),
      pay_from: item.pay,
    };
    const id = await book(wish, context).catch(refused);
    expect(model.book(id ?? 0, client, specialist, service, at(item.quarter), item.pay)).toBe(id !== null);
  } else if (item.do === 'pay') {
    const client = clients[item.client]!;
    await api.db.transaction((transaction) =>
      receivePayment(transaction, { payerId: client, amountMinor: item.amount, method: 'cash', createdBy: 'test' }),
    );
    model.pay(client, item.amount);
  } else {
    const booking = model.bookings[item.n];
    if (!booking) return;
    if (item.do === 'cancel') {
      const answer = (await api.db
        .transaction((transaction) => cancelBooking(transaction, booking.id, { reason: 'тест' }, context))
        .catch(refused)) as { outcome: string } | null;
      const said = model.cancel(booking.id);
      if (said === 'again') expect(answer).not.toBeNull();
      else expect(answer?.outcome ?? 'refused').toBe(said);
    } else {
      const specialist = specialists[item.specialist]!;
      const isMoved = await reschedule(booking.id, { starts_at: iso(at(item.quarter)), specialist_id: specialist }, context).then(
        () => true,
        (error) => refused(error) !== null,
      );
      expect(model.reschedule(booking.id, specialist, at(item.quarter))).toBe(isMoved);
    }
  }
}

const rows = sql.type(z.object({ bookings: z.unknown(), invoices: z.unknown(), wallets: z.unknown(), units: z.unknown() }));
async function stateOfDatabase() {
  const state = await api.db.one(rows`
    select
      (select json_agg(json_build_array(id, client_id, specialist_id, room_id, extract(epoch from starts_at)::int8 * 1000, status, moved_late) order by id)
        from bookings where confirmed_at is not null) as bookings,
      (select json_agg(json_build_array(booking_id, amount_minor, status) order by id) from invoices) as invoices,
      (select json_agg(json_build_array(user_id, balance_minor) order by user_id) from wallets where balance_minor > 0) as wallets,
      (select json_agg(json_build_array(client_id, service_id, units_left) order by client_id, service_id)
        from client_package_units join client_packages on client_packages.id = client_package_id) as units`);
  return { ...state, bookings: state.bookings ?? [], invoices: state.invoices ?? [], wallets: state.wallets ?? [] };
}
const stateOfModel = ({ model }: Both) => ({
  bookings: [...model.bookings]
    .sort((a, b) => a.id - b.id)
    .map((item) => [item.id, item.client, item.specialist, item.room, item.start, item.status, item.movedLate]),
  invoices: model.invoices.map((bill) => [bill.booking, bill.amount, bill.status]),
  wallets: [...model.balance].filter(([, money]) => money > 0).sort(([a], [b]) => a - b),
  units: [...model.units]
    .map(([pair, left]) => [...pair.split(':').map(Number), left] as [number, number, number])
    .sort(([a, b], [c, d]) => a - c || b - d),
});

test(`database and model agree after any bookings, moves, cancellations and payments, and the ledgers are square (${SEQUENCES} sequences)`, async () => {
  await fc.assert(
    fc
      .asyncProperty(fc.array(step, { minLength: 1, maxLength: 25, size: 'max' }), async (steps) => {
        const both = await build();
        for (const step of steps) {
          await take(both, step);
          expect(await stateOfDatabase()).toEqual(stateOfModel(both));
        }
        expect(await auditBooks(api.db, '2020-01-01')).toEqual([]);
      })
      .afterEach(async () => {
        await emptyTables(api.db, 'users', 'locations', 'services', 'service_packages', 'training_types');
      }),
    { ...sequences, numRuns: SEQUENCES },
  );
}, 3_600_000);
