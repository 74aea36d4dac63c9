import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sql } from '../../sql/database/database.ts';
import { placesFor, type TogetherGiver } from '../../workers/site/together-starts.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { at, salon } from './salon.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
let [cut, location, anna, bella, clara] = [0, 0, 0, 0, 0];
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  make = salon(api.db);
  location = await make.location();
  cut = await make.service({ price: 250_000 });
  [anna, bella, clara] = [
    await make.specialist([cut], { location }),
    await make.specialist([cut], { location }),
    await make.specialist([cut], { location }),
  ];
});
afterEach(async () => expect((await api.get('/api/audit')).body).toMatchObject({ square: true }));
afterAll(() => api.close());

const clients = (count: number) => Promise.all(Array.from({ length: count }, () => make.client()));
const bookingsOf = async (id: number): Promise<Json[]> => (await api.get(`/bookings?client_id=${id}&limit=100`)).body.items;
const book = (people: object[], starts_at: string, service_id = cut) =>
  api.post('/bookings/together', { service_id, people, starts_at });
const startsFor = async (people: number, day: string, more = ''): Promise<string[]> =>
  (await api.get(`/slots/together?service_id=${cut}&people=${people}${more}`)).body.days.find(({ date }: Json) => date === day)
    .starts;

test('everybody comes at the same time, each to somebody else; whoever named somebody gets them', async () => {
  const [one, two, three] = (await clients(3)) as [number, number, number];
  const starts_at = at(3, '10:00');
  expect(await startsFor(3, starts_at.slice(0, 10))).toContain(starts_at);
  const { status, body } = await book(
    [{ client_id: one }, { client_id: two, specialist_id: anna }, { client_id: three }],
    starts_at,
  );
  expect([status, body.bookings.map((made: Json) => [made.client_id, made.specialist_id, made.starts_at, made.status])]).toEqual([
    201,
    [
      [one, bella, starts_at, 'CONFIRMED'],
      [two, anna, starts_at, 'CONFIRMED'],
      [three, clara, starts_at, 'CONFIRMED'],
    ],
  ]);
  expect(await startsFor(2, starts_at.slice(0, 10))).not.toContain(starts_at);
});

test('each pays as alone: their own discount, a package, or later', async () => {
  const [one, two, three] = (await clients(3)) as [number, number, number];
  await api.db.query(sql.unsafe`insert into client_discounts (client_id, kind, percent) values (${two}, 'percent', 10)`);
  const sold = await api.post('/api/service-packages', {
    name: 'Five',
    price_minor: 500_000,
    composition: [{ service_id: cut, units: 5 }],
  });
  const bought = await api.post(`/api/clients/${three}/packages`, { service_package_id: sold.body.id });
  expect([sold.status, bought.status]).toEqual([201, 201]);
  const { body } = await book([{ client_id: one }, { client_id: two }, { client_id: three }], at(4, '10:00'));
  expect(body.bookings.map((made: Json) => [made.price_minor, made.pay_from, made.discounts.length])).toEqual([
    [250_000, 'later', 0],
    [225_000, 'later', 1],
    [0, 'package', 0],
  ]);
});

test('where so many cannot begin nothing is booked, and the answer says when they can', async () => {
  const [one, two, other] = (await clients(3)) as [number, number, number];
  for (const [specialist, time] of [
    [anna, '10:30'],
    [bella, '10:30'],
  ] as const)
    await make.booking({ client: specialist === anna ? other : await make.client(), specialist, service: cut, at: at(5, time) });
  const { status, body } = await book([{ client_id: one }, { client_id: two }], at(5, '10:00'));
  expect([status, body.slots.includes(at(5, '11:30')), body.slots.includes(at(5, '11:15'))]).toEqual([409, true, false]);
  expect([...(await bookingsOf(one)), ...(await bookingsOf(two))]).toEqual([]);
});

test('one of them is elsewhere then: nobody is booked, and only starts that all of them can have are named', async () => {
  const [one, two] = (await clients(2)) as [number, number];
  const away = await make.specialist([]);
  await make.booking({ client: two, specialist: away, service: cut, at: at(6, '10:15') });
  const { status, body } = await book([{ client_id: one }, { client_id: two }], at(6, '10:00'));
  expect([status, body.detail]).toEqual([409, expect.stringMatching(/ is elsewhere at that time$/)]);
  expect([body.slots.includes(at(6, '11:00')), body.slots.includes(at(6, '11:15'))]).toEqual([false, true]);
  expect(await bookingsOf(one)).toEqual([]);
});

test('a room each: two rooms are for two, not for three', async () => {
  const rooms = [await make.roomAt(location), await make.roomAt(location)];
  const bath = await make.service({ rooms });
  for (let n = 0; n < 3; n += 1) await make.specialist([bath], { location });
  const starts = async (people: number) =>
    (await api.get(`/slots/together?service_id=${bath}&people=${people}&days=5`)).body.days[4].starts.length;
  expect([(await starts(2)) > 0, await starts(3)]).toEqual([true, 0]);
  const [one, two, three] = (await clients(3)) as [number, number, number];
  expect((await book([{ client_id: one }, { client_id: two }, { client_id: three }], at(7, '10:00'), bath)).status).toBe(409);
  const { status, body } = await book([{ client_id: one }, { client_id: two }], at(7, '10:00'), bath);
  expect([status, new Set(body.bookings.map(({ room_id }: Json) => room_id))]).toEqual([201, new Set(rooms)]);
});

test('thirty parties of two for one start of three specialists: one party is booked whole, of the others nobody', async () => {
  const starts_at = at(8, '10:00');
  const all = await clients(60);
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) => book([{ client_id: all[n * 2]! }, { client_id: all[n * 2 + 1]! }], starts_at)),
  );
  expect(Map.groupBy(answers, ({ status }) => status).get(201)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(29);
  const made = (await Promise.all(all.map(bookingsOf))).flat();
  expect(made).toHaveLength(2);
});

test('parties who share people, in both orders and at two services, wait for each other and do not block each other', async () => {
  const [other, starts_at] = [await make.service(), at(9, '10:00')];
  for (let n = 0; n < 2; n += 1) await make.specialist([other], { location });
  const [one, two] = (await clients(2)) as [number, number];
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => {
      const people = [{ client_id: one }, { client_id: two }];
      return book(n % 2 ? people : people.reverse(), starts_at, n % 3 ? cut : other);
    }),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(11).fill(409)]);
  expect([(await bookingsOf(one)).length, (await bookingsOf(two)).length]).toEqual([1, 1]);
});

test('one person, eleven, the same twice, and somebody who does not give the service are refused', async () => {
  const [one, two] = (await clients(2)) as [number, number];
  const statusOf = async (people: object[]) => (await book(people, at(10, '10:00'))).status;
  expect(await statusOf([{ client_id: one }])).toBe(422);
  expect(await statusOf((await clients(11)).map((client_id) => ({ client_id })))).toBe(422);
  expect(await statusOf([{ client_id: one }, { client_id: one }])).toBe(422);
  expect(
    await statusOf([
      { client_id: one, specialist_id: anna },
      { client_id: two, specialist_id: anna },
    ]),
  ).toBe(422);
  expect(await statusOf([{ client_id: one }, { client_id: two, specialist_id: await make.specialist([]) }])).toBe(404);
  expect(await statusOf([{ client_id: one }, { client_id: 999_999 }])).toBe(422);
  for (const query of ['people=1', 'people=11', 'people=x', 'people=2&with=5.5', `people=2&with=1.2.3`])
    expect([query, (await api.get(`/slots/together?service_id=${cut}&${query}`)).status]).toEqual([query, 422]);
  expect((await api.get(`/slots/together?service_id=${cut}&people=2&with=999999`)).status).toBe(404);
  expect(await bookingsOf(one)).toEqual([]);
});

test('is for whoever runs the studio', async () => {
  const [client, other] = [await personOf(api, 'client'), await make.client()];
  const body = { service_id: cut, people: [{ client_id: client.id }, { client_id: other }], starts_at: at(11, '10:00') };
  expect((await client.ask('POST', '/bookings/together', body)).status).toBe(403);
});

/** Whether so many people can be given to so many givers and rooms, by trying all ways. */
function canBegin(
  { people, named }: { people: number; named: readonly number[] },
  start: number,
  givers: readonly TogetherGiver[],
  rooms: readonly Room[] | null,
  lasts: number,
): boolean {
  const places = new Set(givers.map(({ locationId }) => locationId));
  const seat = (n: number, used: readonly number[], usedRooms: readonly number[], place: number | null): boolean => {
    if (n === people) return true;
    for (const giver of givers) {
      if (giver.locationId !== place || used.includes(giver.id) || !giver.starts.has(start)) continue;
      if (n < named.length && giver.id !== named[n]) continue;
      if (rooms === null) {
        if (seat(n + 1, [...used, giver.id], [], place)) return true;
        continue;
      }
      for (const [at, room] of rooms.entries()) {
        const isThere = place === null ? room.is_booked : room.location_id === place;
        let isFree = isThere && !usedRooms.includes(at);
        for (let minute = start; minute < start + lasts; minute += 1)
          if (room.taken.some(([from, to]) => from <= minute && minute < to)) isFree = false;
        if (isFree && seat(n + 1, [...used, giver.id], [...usedRooms, at], place)) return true;
      }
    }
    return false;
  };
  return [...places].some((place) => seat(0, [], [], place));
}
type Room = { location_id: number; is_booked: boolean; taken: [number, number][] };

test('so many can begin exactly where trying all ways finds one', () => {
  const span = fc.tuple(fc.nat(12), fc.integer({ min: 1, max: 4 })).map(([from, long]): [number, number] => [from, from + long]);
  const place = fc.constantFrom(null, 1, 2);
  const giver = fc.record({ locationId: place, starts: fc.uniqueArray(fc.nat(10), { minLength: 3, maxLength: 9 }) });
  const room = fc.record({
    location_id: fc.constantFrom(1, 2),
    is_booked: fc.boolean(),
    taken: fc.array(span, { maxLength: 2 }),
  });
  let [yes, no] = [0, 0];
  fc.assert(
    fc.property(
      fc.array(giver, { minLength: 1, maxLength: 5 }),
      fc.option(fc.array(room, { maxLength: 4 })),
      fc.integer({ min: 2, max: 4 }),
      fc.uniqueArray(fc.nat(4), { maxLength: 2 }),
      fc.integer({ min: 1, max: 4 }),
      (drawn, rooms, people, named, lasts) => {
        const givers = drawn.map(({ locationId, starts }, id) => ({ id, locationId, starts: new Set(starts) }));
        for (let start = 0; start <= 10; start += 1) {
          const places = placesFor({ people, named }, start, { givers, rooms, lasts });
          const isThere = canBegin({ people, named }, start, givers, rooms, lasts);
          expect(places.length > 0).toBe(isThere);
          if (isThere) yes += 1;
          else no += 1;
        }
      },
    ),
    { numRuns: 500 },
  );
  expect(Math.min(yes, no)).toBeGreaterThan(20);
});
