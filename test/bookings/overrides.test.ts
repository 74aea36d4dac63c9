import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { at, salon } from './salon.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
let service: number;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
  await make.someType();
  service = await make.service();
});
afterAll(() => api.close());

const DAY = at(3, '12:00').slice(0, 10);
const ROUND_THE_CLOCK = [['00:00', '24:00']];
const override = (whose: Json, intervals: Json, day = DAY) => api.post('/api/calendar-overrides', { ...whose, day, intervals });

type Time = { at: string; minutes: number; pause?: number };
type Scene = { whose: Json; meeting: Json };
const person = () => make.specialist([]);
async function booked(time: Time, where: { specialist?: number; location?: number } = {}) {
  const specialist = where.specialist ?? (await person());
  const id = await make.booking({ ...time, ...where, specialist, service, client: await make.client() });
  return { kind: 'booking', id, starts_at: time.at };
}
async function given({ at: starts_at, minutes }: Time, where: { trainer?: number; room?: number } = {}) {
  const trainer = where.trainer ?? (await person());
  return { kind: 'training', id: await make.training({ at: starts_at, minutes, ...where, trainer }), starts_at };
}

/** Somebody or somewhere, and something of his or there. */
const scenes: [string, (time: Time) => Promise<Scene>][] = [
  [
    "a specialist's booking",
    async (time) => {
      const specialist = await person();
      return { whose: { specialist_id: specialist }, meeting: await booked(time, { specialist }) };
    },
  ],
  [
    'a training he gives',
    async (time) => {
      const trainer = await person();
      return { whose: { specialist_id: trainer }, meeting: await given(time, { trainer }) };
    },
  ],
  [
    'a booking at a location',
    async (time) => {
      const location = await make.location();
      return { whose: { location_id: location }, meeting: await booked(time, { location }) };
    },
  ],
  [
    'a training in one of its rooms',
    async (time) => {
      const location = await make.location();
      return { whose: { location_id: location }, meeting: await given(time, { room: await make.roomAt(location) }) };
    },
  ],
];

const TEN_TO_SIX = [['10:00', '18:00']];
const AROUND_NOON = [
  ['10:00', '13:00'],
  ['14:00', '18:00'],
];
const IN_TWO = [
  ['10:00', '13:00'],
  ['13:00', '18:00'],
];

describe.each(scenes)('%s', (_, scene) => {
  test.each<[string, Json, number, string, number, boolean]>([
    ['ends at closing', TEN_TO_SIX, 3, '17:00', 60, false],
    ['ends a quarter after closing', TEN_TO_SIX, 3, '17:15', 60, true],
    ['begins at opening', TEN_TO_SIX, 3, '10:00', 60, false],
    ['begins a quarter before opening', TEN_TO_SIX, 3, '09:45', 60, true],
    ['lies before opening', TEN_TO_SIX, 3, '08:00', 60, true],
    ['reaches into a pause', AROUND_NOON, 3, '12:15', 60, true],
    ['begins in a pause', AROUND_NOON, 3, '13:45', 60, true],
    ['fits before a pause', AROUND_NOON, 3, '12:00', 60, false],
    ['goes on from one interval into the next', IN_TWO, 3, '12:30', 60, false],
    ['lies on a day that is closed', [], 3, '12:00', 60, true],
    ['ends before the cell in which it closes', [['10:00', '17:55']], 3, '17:00', 45, false],
    ['ends in the cell in which it closes', [['10:00', '17:55']], 3, '17:00', 50, true],
    ['begins after the cell in which it opens', [['09:50', '18:00']], 3, '10:00', 60, false],
    ['begins in the cell in which it opens', [['09:40', '18:00']], 3, '09:30', 60, true],
    ['ends at midnight, which 23:59:59 is', [['10:00', '23:59:59']], 3, '23:00', 60, false],
    ['ends at midnight, after closing', [['10:00', '23:45']], 3, '23:00', 60, true],
    ['runs in from the day before', [['00:00', '18:00']], 2, '23:30', 60, false],
    ['runs in too far from the day before', [['00:00', '00:15']], 2, '23:30', 60, true],
    ['runs in before opening', [['00:15', '18:00']], 2, '23:30', 60, true],
    ['runs in for twelve hours but a quarter', [], 2, '12:15', 720, true],
    ['ends as the day begins', [], 2, '23:00', 60, false],
    ['runs out past midnight', [['10:00', '24:00']], 3, '23:30', 60, false],
    ['runs out past midnight after closing', [['10:00', '23:30']], 3, '23:30', 60, true],
    ['begins with the next day', [], 4, '00:00', 60, false],
  ])('that %s', async (_name, intervals, day, clock, minutes, isListed) => {
    const { whose, meeting } = await scene({ at: at(day, clock), minutes });
    const meetings = isListed ? [meeting] : [];
    const made = await override(whose, intervals);
    expect(made).toMatchObject({ status: 201, body: { ...whose, day: DAY, intervals } });
    expect(made.body.meetings).toEqual(meetings);
    const path = `/api/calendar-overrides/${made.body.id}`;
    expect((await api.get(path)).body).toEqual(made.body);
    expect((await api.patch(path, { intervals: ROUND_THE_CLOCK })).body).toMatchObject({ meetings: [] });
    expect((await api.patch(path, { intervals })).body).toEqual(made.body);
  });

  test('moves to another day, and what it no longer concerns is not listed', async () => {
    const { whose, meeting } = await scene({ at: at(3, '12:00'), minutes: 60 });
    const made = (await override(whose, [], at(4, '12:00').slice(0, 10))).body;
    expect(made.meetings).toEqual([]);
    expect((await api.patch(`/api/calendar-overrides/${made.id}`, { day: DAY })).body.meetings).toEqual([meeting]);
  });
});

test('a break may hang over closing time', async () => {
  const specialist = await person();
  await booked({ at: at(3, '17:00'), minutes: 60, pause: 30 }, { specialist });
  expect((await override({ specialist_id: specialist }, TEN_TO_SIX)).body.meetings).toEqual([]);
});

test('bookings to come are listed, past, cancelled and others’ ones are not, and all of them stand', async () => {
  const [specialist, location] = [await person(), await make.location()];
  const room = await make.roomAt(location);
  const hour = (n: number) => ({ at: at(3, `${n}:00`), minutes: 60 });
  const pending = await make.booking({
    ...hour(10),
    specialist,
    location,
    service,
    client: await make.client(),
    heldUntil: at(9, '10:00'),
  });
  await make.booking({
    ...hour(19),
    specialist,
    location,
    service,
    client: await make.client(),
    heldUntil: '2020-01-01T00:00:00Z',
  });
  const ended: number[] = [];
  for (const [n, status] of ['CANCELLED', 'COMPLETED', 'NO_SHOW'].entries()) {
    const { id } = await booked(hour(11 + n), { specialist, location });
    ended.push(id);
    await api.db.query(sql.unsafe`
      update bookings set status = ${status}, cancelled_at = case when ${status} = 'CANCELLED' then now() end where id = ${id}`);
  }
  await make.training({ ...hour(15), trainer: specialist, room, isCancelled: true });
  const live = await given(hour(16), { trainer: specialist, room });
  const [elsewhere, nextDoor] = [await make.location(), await person()];
  await booked(hour(17), { specialist: nextDoor, location: elsewhere });
  await given(hour(18), { trainer: nextDoor, room: await make.roomAt(elsewhere) });
  const listed = [{ kind: 'booking', id: pending, starts_at: at(3, '10:00') }, live];
  for (const whose of [{ specialist_id: specialist }, { location_id: location }]) {
    expect((await override(whose, [])).body.meetings).toEqual(listed);
  }
  const stand = await api.db.anyFirst(sql.unsafe`
    select status from bookings where id = any(${sql.array([pending, ...ended], 'int4')}) order by starts_at`);
  expect(stand).toEqual(['PENDING', 'CANCELLED', 'COMPLETED', 'NO_SHOW']);
});

test('a list of overrides shows them as they are', async () => {
  const specialist_id = await person();
  const { meetings, ...row } = (await override({ specialist_id }, [])).body;
  expect(meetings).toEqual([]);
  expect((await api.get(`/api/calendar-overrides?specialist_id=${specialist_id}`)).body.items).toEqual([row]);
});

test.each(['2000-01-01', '2100-12-31'])('%s can be closed, too', async (day) => {
  expect(await override({ specialist_id: await person() }, [], day)).toMatchObject({ status: 201, body: { day, meetings: [] } });
});
