import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { counter } from './counter.ts';
import { at, inHours } from './salon.ts';

const { door, make, place, scene, book } = await counter();
const note = z.object({
  user_id: z.int(),
  priority: z.int(),
  occasion_at: z.iso.datetime().nullable(),
  start: z.string(),
});
const [NORMAL, URGENT] = [1, 2];

/** What is told of a booking in a text: to the client, then to the specialist. */
const told = (id: number, template: string) =>
  door.db.any(sql.type(note)`
    select user_id, priority, occasion_at, params->>'booking_date' || ' ' || (params->>'start_time') as start
    from notifications where params->>'booking_id' = ${String(id)} and template = ${template} order by params->>'reader'`);

const both = (of: { client_id: number; specialist_id: number }, what: object) => [
  { user_id: of.client_id, ...what },
  { user_id: of.specialist_id, ...what },
];

describe('what is told of a booking is urgent when it is about the next 24 hours (D38)', () => {
  test.each([
    ['soon', 3, URGENT],
    ['in two days', 48, NORMAL],
  ])('%s', async (_, hours, priority) => {
    const wish = { ...(await scene()), starts_at: inHours(hours) };
    const { id } = (await book(wish)).body;
    await door.post(`/bookings/${id}/cancel`, { reason: 'заболел мастер', by: 'studio' });
    const so = { priority, occasion_at: wish.starts_at };
    for (const text of ['booking_confirmed', 'booking_cancelled']) expect(await told(id, text)).toMatchObject(both(wish, so));
  });

  test.each([
    ['from soon to later', 3, 48],
    ['from later to soon', 48, 3],
  ])('moved %s, it is about the earlier of the two', async (_, from, to) => {
    const wish = await scene();
    const times = [inHours(from), inHours(to)];
    const { id } = (await book({ ...wish, starts_at: times[0] })).body;
    await door.post(`/bookings/${id}/reschedule`, { starts_at: times[1] });
    const so = { priority: URGENT, occasion_at: times.toSorted()[0] };
    expect(await told(id, 'booking_moved')).toMatchObject(both(wish, so));
  });
});

test('moved to another specialist, the one who loses it is told of the time it had', async () => {
  const wish = await scene();
  const other = await make.specialist([wish.service_id], { location: place });
  const { id } = (await book({ ...wish, starts_at: at(2, '10:00') })).body;
  const move = { starts_at: at(3, '11:30'), specialist_id: other };
  expect(await door.post(`/bookings/${id}/reschedule`, move)).toMatchObject({ status: 200 });
  const day = (days: number) => at(days, '12:00').slice(0, 10);
  const given = { specialist_id: other, client_id: wish.client_id };
  const seen = async () => [await told(id, 'booking_moved'), await told(id, 'booking_given_away')];
  const expected = [both(given, { start: `${day(3)} 11:30:00` }), [{ user_id: wish.specialist_id, start: `${day(2)} 10:00:00` }]];
  expect(await seen()).toMatchObject(expected);
  await door.post(`/bookings/${id}/reschedule`, move);
  expect(await seen()).toMatchObject(expected);
});
