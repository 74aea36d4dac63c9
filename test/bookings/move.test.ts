import { describe, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import type { Json } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { counter } from './counter.ts';
import { at, inHours } from './salon.ts';

const { api, make, place, scene, book, square } = await counter();
const reason = { reason: 'заболела' };
const dayAt = (days: number) => at(days, '12:00').slice(0, 10);

describe('moving', () => {
  test('keeps price and payment, frees the old time, and client and specialist are notified', async () => {
    const wish = { ...(await scene({ price: 70_000 })), pay_from: 'wallet', starts_at: at(2, '10:00') };
    await make.money(wish.client_id, 70_000);
    const made = (await book(wish)).body;
    await api.patch(`/api/services/${wish.service_id}`, { price_minor: 1, duration_minutes: 15 });
    const moved = await api.post(`/bookings/${made.id}/reschedule`, { starts_at: at(3, '11:30') });
    expect(moved).toMatchObject({
      status: 200,
      body: {
        starts_at: at(3, '11:30'),
        ends_at: at(3, '12:30'),
        price_minor: 70_000,
        invoice: made.invoice,
        moves: 1,
        moved_late: false,
      },
    });
    expect(await book({ ...wish, client_id: await make.client(), pay_from: 'later' })).toMatchObject({ status: 201 });
    const told = await api.db.any(
      sql.unsafe`select user_id from notifications where template = 'booking_moved' and params->>'booking_id' = ${String(made.id)}`,
    );
    expect(told).toHaveLength(2);
    await square();
  });

  test.each(['later', 'wallet'])('the invoice of a moved booking is due on its new day; paid %s', async (pay_from) => {
    const wish = { ...(await scene({ price: 70_000 })), pay_from, starts_at: at(2, '23:45') };
    if (pay_from === 'wallet') await make.money(wish.client_id, 70_000);
    const { id } = (await book(wish)).body;
    const due = async () =>
      (await api.get(`/api/invoices?payer_id=${wish.client_id}`)).body.items.map((item: Json) => [item.status, item.due_date]);
    const [[status, day]] = await due();
    expect(day).toBe(dayAt(2));
    expect(await api.post(`/bookings/${id}/reschedule`, { starts_at: at(3, '00:00') })).toMatchObject({ status: 200 });
    expect(await due()).toEqual([[status, status === 'UNPAID' ? dayAt(3) : dayAt(2)]]);
    await square();
  });

  test('to a taken time, a stranger or a strange room is refused and leaves it where it was', async () => {
    const wish = await scene();
    const made = (await book({ ...wish, starts_at: at(2, '10:00') })).body;
    await book({ ...wish, client_id: await make.client(), starts_at: at(2, '12:00') });
    const move = (to: Json) => api.post(`/bookings/${made.id}/reschedule`, to);
    const refused = await move({ starts_at: at(2, '11:15') });
    expect(refused).toMatchObject({ status: 409, body: { slots: expect.arrayContaining([at(2, '13:00')]) } });
    const stranger = await make.specialist([]);
    expect(await move({ starts_at: at(3, '10:00'), specialist_id: stranger })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'specialist_id' }] },
    });
    expect(await move({ starts_at: at(3, '10:00'), room_id: await make.roomAt(place) })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'room_id' }] },
    });
    expect(await move({ starts_at: at(3, '10:05') })).toMatchObject({ status: 422, body: { errors: [{ path: 'starts_at' }] } });
    expect((await api.get(`/bookings/${made.id}`)).body).toEqual(made);
    expect(await move({ starts_at: at(2, '10:45') })).toMatchObject({ status: 200, body: { starts_at: at(2, '10:45') } });
  });

  test('asked a second time nothing moves, and nobody is notified again', async () => {
    const wish = await scene();
    const { id } = (await book({ ...wish, starts_at: at(2, '10:00') })).body;
    const first = await api.post(`/bookings/${id}/reschedule`, { starts_at: at(3, '10:00') });
    expect(first).toMatchObject({ status: 200, body: { moves: 1 } });
    const { after } = first.body.consequences.free_until;
    expect(after).toBe(at(2, '22:00'));
    expect((await api.post(`/bookings/${id}/reschedule`, { starts_at: at(3, '10:00') })).body).toEqual({
      ...first.body,
      consequences: { told: { count: 0, people: [] }, loses_free: false, free_until: { before: after, after }, obstacles: [] },
      undo: null,
    });
    const told = await api.db.any(
      sql.unsafe`select user_id from notifications where template = 'booking_moved' and params->>'booking_id' = ${String(id)}`,
    );
    expect(told).toHaveLength(2);
  });

  test('a unit does not outlive its package', async () => {
    const wish = { ...(await scene()), pay_from: 'package' };
    const composition = [{ service_id: wish.service_id, units: 1 }];
    const kind = { name: `Пять дней ${wish.client_id}`, composition, price_minor: 0, validity_days: 5 };
    const { id: service_package_id } = (await api.post('/api/service-packages', kind)).body;
    await api.post(`/api/clients/${wish.client_id}/packages`, { service_package_id });
    const { id } = (await book({ ...wish, starts_at: at(2, '10:00') })).body;
    const why = 'the package that paid for the booking is not valid on that day';
    const [to, obstacles] = [{ starts_at: at(5, '10:00') }, [{ what: 'payment', why }]];
    const dry = await api.post(`/bookings/${id}/reschedule`, { ...to, dry_run: true });
    expect(dry).toMatchObject({ status: 200, body: { starts_at: at(2, '10:00'), consequences: { obstacles } } });
    expect(await api.post(`/bookings/${id}/reschedule`, to)).toMatchObject({ status: 409, body: { detail: why, obstacles } });
    expect(await api.post(`/bookings/${id}/reschedule`, { starts_at: at(4, '10:00') })).toMatchObject({ status: 200 });
  });

  test('to another specialist who gives the service, in a room that is free there', async () => {
    const elsewhere = await make.location();
    const [here, there] = [await make.roomAt(place), await make.roomAt(elsewhere)];
    const wish = await scene({ rooms: [here, there] });
    const other = await make.specialist([wish.service_id], { location: elsewhere });
    const { id } = (await book({ ...wish, starts_at: at(2, '10:00') })).body;
    expect(await api.post(`/bookings/${id}/reschedule`, { starts_at: at(2, '10:00'), specialist_id: other })).toMatchObject({
      status: 200,
      body: { specialist_id: other, room_id: there, location_id: elsewhere },
    });
  });

  test('later than twelve hours before, it cannot be cancelled for free any more', async () => {
    const { id } = (await book({ ...(await scene()), starts_at: inHours(11) })).body;
    expect(await api.post(`/bookings/${id}/reschedule`, { starts_at: at(5, '10:00') })).toMatchObject({
      body: { moved_late: true },
    });
    expect(await api.post(`/bookings/${id}/cancel`, reason)).toMatchObject({ body: { outcome: 'late' } });
  });

  test('a dry run says who is told and what is lost, as the move then does, and writes nothing', async () => {
    const child = await make.student();
    const parent = await personOf(api, 'guardian', { children: [child] });
    await api.db.query(sql.unsafe`update students set payer_id = ${parent.id} where id = ${child}`);
    const wish = { ...(await scene()), client_id: child };
    const other = await make.specialist([wish.service_id]);
    const { id } = (await book({ ...wish, starts_at: inHours(11) })).body;
    const before = (await api.get(`/bookings/${id}`)).body;
    const messages = () => api.db.oneFirst(sql.unsafe`select count(*)::int from notifications`);
    const [sent, to] = [await messages(), { starts_at: at(5, '10:00'), specialist_id: other, version: before.version }];
    const dry = await api.post(`/bookings/${id}/reschedule`, { ...to, dry_run: true });
    expect(dry).toMatchObject({
      status: 200,
      body: {
        ...before,
        dry_run: true,
        undo: null,
        consequences: {
          told: {
            count: 4,
            people: [
              { id: child, as: 'client' },
              { id: parent.id, as: 'payer' },
              { id: other, as: 'specialist' },
              { id: before.specialist_id, as: 'former_specialist' },
            ],
          },
          loses_free: false,
          free_until: { before: null, after: null },
          obstacles: [],
        },
      },
    });
    expect((await api.get(`/bookings/${id}`)).body).toEqual(before);
    expect(await messages()).toBe(sent);
    const { body } = await api.post(`/bookings/${id}/reschedule`, to);
    expect(body).toMatchObject({ starts_at: to.starts_at, dry_run: false, consequences: dry.body.consequences });
    const told = await api.db.anyFirst(
      sql.unsafe`select distinct user_id from notifications where params->>'booking_id' = ${String(id)} and template in ('booking_moved', 'booking_given_away')`,
    );
    expect(told.toSorted()).toEqual(body.consequences.told.people.map((one: Json) => one.id).toSorted());
    await square();
  });

  test.each([
    [13, 11, true],
    [13, 14, false],
    [11, 14, false],
  ])('free cancellation is lost by a move from %i to %i hours ahead: %s', async (from, to, isLost) => {
    const wish = await scene();
    const { id } = (await book({ ...wish, starts_at: inHours(from) })).body;
    const { body } = await api.post(`/bookings/${id}/reschedule`, { starts_at: inHours(to), dry_run: true });
    expect(body.consequences).toMatchObject({ loses_free: isLost, obstacles: [] });
    expect(body.consequences.free_until.after === null).toBe(isLost || from < 12);
  });

  test('a dry run says what is in the way, as the refusal does', async () => {
    const room = await make.roomAt(place);
    const wish = { ...(await scene({ rooms: [room] })), starts_at: at(2, '10:00') };
    const { id, specialist_id } = (await book(wish)).body;
    const other = await make.specialist([wish.service_id]);
    const guest = await make.client();
    await book({ ...wish, client_id: guest, specialist_id: other, starts_at: at(2, '12:00') });
    await book({ ...(await scene()), client_id: wish.client_id, starts_at: at(2, '14:00') });
    await api.post('/api/specialist-absences', { specialist_id, from: at(2, '16:00'), to: at(2, '17:00') });
    for (const [clock, what] of [
      ['12:00', 'room'],
      ['14:00', 'client'],
      ['16:00', 'specialist'],
    ] as const) {
      const to = { starts_at: at(2, clock) };
      const dry = await api.post(`/bookings/${id}/reschedule`, { ...to, dry_run: true });
      expect(dry).toMatchObject({ status: 200, body: { starts_at: at(2, '10:00'), undo: null } });
      const { obstacles, told, free_until } = dry.body.consequences;
      expect([obstacles, told.count]).toEqual([[{ what, why: expect.any(String) }], 0]);
      expect(free_until).toEqual({ before: at(1, '22:00'), after: at(1, '22:00') });
      expect(await api.post(`/bookings/${id}/reschedule`, to)).toMatchObject({ status: 409, body: { obstacles } });
    }
  });

  test('a move with an older version is refused, and so is its dry run', async () => {
    const { id, version } = (await book({ ...(await scene()), starts_at: at(2, '10:00') })).body;
    const move = (clock: string, more: Json = {}, headers = {}) =>
      api.post(`/bookings/${id}/reschedule`, { starts_at: at(3, clock), ...more }, { headers });
    const first = await move('10:00', { version });
    expect(first).toMatchObject({ status: 200, body: { version: version + 1 } });
    const refused = { status: 409, body: { version: version + 1, detail: expect.stringContaining('changed meanwhile') } };
    expect(await move('12:00', { version })).toMatchObject(refused);
    expect(await move('12:00', { version, dry_run: true })).toMatchObject(refused);
    expect(await move('12:00', {}, { 'If-Match': `"${version}"` })).toMatchObject(refused);
    for (const [more, header] of [
      [{ version: version + 1 }, `"${version}"`],
      [{}, '*'],
    ] as const)
      expect(await move('12:00', more, { 'If-Match': header })).toMatchObject({
        status: 422,
        body: { errors: [{ path: 'If-Match' }] },
      });
    expect((await api.get(`/bookings/${id}`)).body.starts_at).toBe(at(3, '10:00'));
    // Asked again, as after an answer that was lost, it is there already.
    expect(await move('10:00', { version })).toMatchObject({ status: 200, body: { version: version + 1, undo: null } });
    expect(await move('12:00', {}, { 'If-Match': `"${version + 1}"` })).toMatchObject({ status: 200 });
  });

  test('of two who move what they saw at once, one does and the other is told', async () => {
    const { id, version } = (await book({ ...(await scene()), starts_at: at(2, '10:00') })).body;
    const answers = await Promise.all(
      ['12:00', '14:00', '16:00'].map((clock) => api.post(`/bookings/${id}/reschedule`, { starts_at: at(3, clock), version })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
    const moved = answers.find(({ status }) => status === 200);
    expect((await api.get(`/bookings/${id}`)).body.starts_at).toBe(moved?.body.starts_at);
  });
});
