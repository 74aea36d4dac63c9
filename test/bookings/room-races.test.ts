import { describe, expect, test } from '@jest/globals';
import { counter } from './counter.ts';
import { inQueue } from './in-queue.ts';
import { at } from './salon.ts';

const { api, make, place, scene, book } = await counter();
await make.someType();
const TEN = at(2, '10:00');

/** A service given in one of so many rooms, and somebody else who takes the first one without committing yet. */
async function rooms(count: number) {
  const free: number[] = [];
  for (let n = 0; n < count; n += 1) free.push(await make.roomAt(place));
  const [first, second] = free as [number, number?];
  const wish = await scene({ rooms: free });
  const other = await make.specialist([wish.service_id], { location: place });
  const rival = await make.client();
  return { wish, first, second, other, rival };
}
type Rooms = Awaited<ReturnType<typeof rooms>>;

const takers: [string, (salon: Rooms) => string][] = [
  [
    'a booking',
    ({ wish, first, other, rival }) => `
      insert into bookings (client_id, payer_id, specialist_id, service_id, room_id, starts_at, duration_minutes, break_minutes,
        service_price_minor, price_minor, status)
      values (${rival}, ${rival}, ${other}, ${wish.service_id}, ${first}, '${TEN}', 60, 0, 0, 0, 'CONFIRMED')`,
  ],
  [
    'a training',
    ({ first, other }) => `
      insert into real_trainings (training_type_id, trainer_id, room_id, training_date, start_time, starts_at, ends_at,
        max_participants, price_minor)
      select id, ${other}, ${first}, '${TEN}'::date, '10:00', '${TEN}', '${TEN}'::timestamptz + interval '1 hour', 5, 0
      from training_types order by id limit 1`,
  ],
];

describe.each(takers)('a booking that is slower to a room than %s', (_, taking) => {
  test('books another one that is free', async () => {
    const salon = await rooms(2);
    const [booked] = await inQueue(api, taking(salon), () => book({ ...salon.wish, starts_at: TEN }));
    expect(booked).toMatchObject({ status: 201, body: { room_id: salon.second } });
  });

  test('moves into another one that is free', async () => {
    const salon = await rooms(2);
    const { id } = (await book({ ...salon.wish, starts_at: at(3, '10:00') })).body;
    const [moved] = await inQueue(api, taking(salon), () => api.post(`/bookings/${id}/reschedule`, { starts_at: TEN }));
    expect(moved).toMatchObject({ status: 200, body: { room_id: salon.second, starts_at: TEN, moves: 1 } });
  });

  test('is refused where there is none', async () => {
    const salon = await rooms(1);
    const { id } = (await book({ ...salon.wish, starts_at: at(3, '10:00') })).body;
    const [moved] = await inQueue(api, taking(salon), () => api.post(`/bookings/${id}/reschedule`, { starts_at: TEN }));
    const refusal = { status: 409, body: { detail: 'no room is free at that time' } };
    expect(moved).toMatchObject(refusal);
    expect(await book({ ...salon.wish, starts_at: TEN })).toMatchObject(refusal);
    expect((await api.get(`/bookings/${id}`)).body).toMatchObject({ starts_at: at(3, '10:00'), moves: 0 });
  });
});
