import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { render } from '../../workers/notifier/templates/render.ts';
import { counter } from './counter.ts';
import { at, inHours } from './salon.ts';
import { soldPackage } from './sold.ts';

const { api, make, place, scene, book } = await counter();
const note = z.object({
  user_id: z.int(),
  priority: z.int(),
  occasion_at: z.iso.datetime().nullable(),
  start: z.string(),
});
const [NORMAL, URGENT] = [1, 2];

/** The messages about a booking that a text lists: to the client, then to the specialist. */
const told = (id: number, template: string) =>
  api.db.any(sql.type(note)`
    select user_id, priority, occasion_at, params->>'booking_date' || ' ' || (params->>'start_time') as start
    from notifications where params->>'booking_id' = ${String(id)} and template = ${template} order by params->>'reader'`);

const both = (fields: { client_id: number; specialist_id: number }, what: object) => [
  { user_id: fields.client_id, ...what },
  { user_id: fields.specialist_id, ...what },
];

describe('a message about a booking is urgent when it is about the next 24 hours (D38)', () => {
  test.each([
    ['soon', 3, URGENT],
    ['in two days', 48, NORMAL],
  ])('%s', async (_, hours, priority) => {
    const wish = { ...(await scene()), starts_at: inHours(hours) };
    const { id } = (await book(wish)).body;
    await api.post(`/bookings/${id}/cancel`, { reason: 'заболел мастер', by: 'studio' });
    const progress = { priority, occasion_at: wish.starts_at };
    for (const text of ['booking_confirmed', 'booking_cancelled'])
      expect(await told(id, text)).toMatchObject(both(wish, progress));
  });

  test.each([
    ['from soon to later', 3, 48],
    ['from later to soon', 48, 3],
  ])('moved %s, it is about the earlier of the two', async (_, from, to) => {
    const wish = await scene();
    const times = [inHours(from), inHours(to)];
    const { id } = (await book({ ...wish, starts_at: times[0] })).body;
    await api.post(`/bookings/${id}/reschedule`, { starts_at: times[1] });
    const progress = { priority: URGENT, occasion_at: times.toSorted()[0] };
    expect(await told(id, 'booking_moved')).toMatchObject(both(wish, progress));
  });
});

test('moved to another specialist, the one who loses it is notified of the time it had', async () => {
  const wish = await scene();
  const other = await make.specialist([wish.service_id], { location: place });
  const { id } = (await book({ ...wish, starts_at: at(2, '10:00') })).body;
  const move = { starts_at: at(3, '11:30'), specialist_id: other };
  expect(await api.post(`/bookings/${id}/reschedule`, move)).toMatchObject({ status: 200 });
  const day = (days: number) => at(days, '12:00').slice(0, 10);
  const given = { specialist_id: other, client_id: wish.client_id };
  const seen = async () => [await told(id, 'booking_moved'), await told(id, 'booking_given_away')];
  const expected = [both(given, { start: `${day(3)} 11:30:00` }), [{ user_id: wish.specialist_id, start: `${day(2)} 10:00:00` }]];
  expect(await seen()).toMatchObject(expected);
  await api.post(`/bookings/${id}/reschedule`, move);
  expect(await seen()).toMatchObject(expected);
});

describe('the payer is notified as well, and money is named only to its owner (D43)', () => {
  const words = z.object({ user_id: z.int(), params: z.record(z.string(), z.unknown()) });
  /** What each one reads of a booking in a text, without its first line, by who they are. */
  async function read(id: number, template: string) {
    const rows = await api.db.any(sql.type(words)`
      select user_id, params from notifications
      where params->>'booking_id' = ${String(id)} and template = ${template} order by notifications.id`);
    const studio = { locale: 'en', zone: 'Europe/Moscow', currency: 'RUB' } as const;
    return new Map(
      rows.map(({ user_id, params }) => {
        const { text } = render({ template, params, locale: 'en' }, studio);
        return [
          user_id,
          text
            .replaceAll(/[\u00a0\u202f]/g, ' ')
            .split('\n')
            .slice(1),
        ];
      }),
    );
  }
  /** A booking for a child whose parent pays, from a wallet with 1,000.00. */
  async function ofChild(hours: number) {
    const wish = await scene({ price: 30_000 });
    const parent = await make.client();
    await api.post(`/api/clients/${wish.client_id}/student`, { payer_id: parent });
    await api.post(`/api/clients/${wish.client_id}/payments`, { amount_minor: 100_000, method: 'cash' });
    const made = await book({ ...wish, starts_at: inHours(hours), pay_from: 'wallet' });
    expect(made).toMatchObject({ status: 201, body: { payer_id: parent } });
    return { ...wish, parent, id: made.body.id as number };
  }

  test('confirmed, then cancelled in time', async () => {
    const { id, client_id, specialist_id, parent } = await ofChild(48);
    const confirmed = new Map([
      [client_id, []],
      [parent, ['RUB 300 was paid from your account.']],
      [specialist_id, []],
    ]);
    expect(await read(id, 'booking_confirmed')).toEqual(confirmed);
    await api.post(`/bookings/${id}/cancel`, { reason: 'ill' });
    expect(await read(id, 'booking_cancelled')).toEqual(
      new Map([
        [client_id, ['Reason: ill', 'RUB 300 went back to the account of the one who pays.']],
        [parent, ['Reason: ill', 'RUB 300 went back to your account.', 'Your account now holds RUB 1,000.']],
        [specialist_id, ['Reason: ill']],
      ]),
    );
  });

  test('cancelled late, the studio keeps the price', async () => {
    const { id, client_id, parent } = await ofChild(5);
    await api.post(`/bookings/${id}/cancel`, { reason: 'ill' });
    const told = await read(id, 'booking_cancelled');
    expect(told.get(parent)?.at(-1)).toBe('The studio keeps its price: RUB 300.');
    expect(told.get(client_id)).toHaveLength(2);
  });

  test('the unit that came back is named with its package and what is left of it', async () => {
    const { wish } = await soldPackage(api, make, { units: 3, used: 1 });
    const { client_id } = wish;
    const id = (await book({ ...wish, starts_at: inHours(48) })).body.id;
    await api.post(`/bookings/${id}/cancel`, { reason: 'ill' });
    expect((await read(id, 'booking_cancelled')).get(client_id)?.at(-1)).toMatch(
      /^The visit is back in the package “Пакет \d+”, which has 2 visits left\.$/,
    );
  });

  test('moved: the payer too', async () => {
    const { id, client_id, specialist_id, parent } = await ofChild(48);
    await api.post(`/bookings/${id}/reschedule`, { starts_at: inHours(72) });
    expect([...(await read(id, 'booking_moved')).keys()]).toEqual([client_id, parent, specialist_id]);
  });
});
