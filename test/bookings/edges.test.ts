import { describe, expect, test } from '@jest/globals';
import { addDays, addYears, dayOf } from '../../queues/time/calendar.ts';
import type { Json } from '../support/front-door.ts';
import { cursor, wrongs } from '../support/refusals.ts';
import { counter } from './counter.ts';
import { at } from './salon.ts';

const { api, make } = await counter();

const dayAt = (days: number) => at(days, '12:00').slice(0, 10);

describe('the first day of a package', () => {
  const today = () => dayOf(new Date(), 'Europe/Moscow');
  async function buyer() {
    const composition = [{ service_id: await make.service(), units: 1 }];
    const offered = { name: `Годовой ${await make.client()}`, composition, price_minor: 0, validity_days: 3_660 };
    const service_package_id = (await api.post('/api/service-packages', offered)).body.id;
    const client = await make.client();
    return (start_date: unknown) => api.post(`/api/clients/${client}/packages`, { service_package_id, start_date });
  }

  test('is five years ahead at most, and its term is not over', async () => {
    const buy = await buyer();
    const [first, last] = [addDays(today(), 1 - 3_660), addYears(today(), 5)];
    for (const start_date of [first, last]) expect(await buy(start_date)).toMatchObject({ status: 201, body: { start_date } });
    expect(wrongs(await buy(addDays(first, -1)))).toEqual({ status: 422, start_date: 'a day whose term is not over already' });
    expect(wrongs(await buy(addDays(last, 1)))).toEqual({ status: 422, start_date: `a day until ${last}` });
  });

  test.each(['2027-02-29', '10000-01-01', 5])('%s is no date', async (start) => {
    const buy = await buyer();
    expect(wrongs(await buy(start))).toEqual({ status: 422, start_date: 'a date that exists, YYYY-MM-DD' });
  });
});

describe('absences', () => {
  const path = '/api/specialist-absences';
  const WHEN = 'a business day YYYY-MM-DD or an instant such as 2026-11-25T18:00:00+03:00, from 2000-01-01 to 2100-12-31';
  const FOR_EVER = `${WHEN}; 9999-12-31 is for ever`;

  test.each([
    ['1999-12-31', '2026-12-02', { from: WHEN }],
    ['0001-01-01', '2026-12-02', { from: WHEN }],
    ['9999-12-31', '9999-12-31', { from: WHEN }],
    ['1999-12-31T23:59:59Z', '2026-12-02', { from: WHEN }],
    ['2101-01-01T00:00:00Z', '9999-12-31', { from: WHEN }],
    ['2026-12-02', '9999-12-30', { to: FOR_EVER }],
    ['2026-12-02', '9999-01-01T00:00:00Z', { to: FOR_EVER }],
    ['2026-12-02', '9999-12-31T23:59:59-12:00', { to: FOR_EVER }],
    ['2026-12-02', '0000-01-01', { to: FOR_EVER }],
    ['2026-12-02', '2026-12-01', { to: 'after from' }],
    ['2026-12-02T10:00:00+03:00', '2026-12-02T07:00:00Z', { to: 'after from' }],
  ])('from %s to %s are refused by name', async (from, to, wrong) => {
    const specialist_id = await make.specialist([]);
    expect(wrongs(await api.post(path, { specialist_id, from, to }))).toEqual({ status: 422, ...wrong });
    const { id } = (await api.post(path, { specialist_id, from: '2026-12-02', to: '2026-12-02' })).body;
    expect(wrongs(await api.patch(`${path}/${id}`, { from, to }))).toEqual({ status: 422, ...wrong });
  });

  test.each([
    ['2000-01-01', '2100-12-31', '1999-12-31T21:00:00.000Z', '2100-12-31T21:00:00.000Z'],
    ['2000-01-01T00:00:00Z', '2100-12-31T23:59:59Z', '2000-01-01T00:00:00.000Z', '2100-12-31T23:59:59.000Z'],
    ['2026-12-02T10:00:00+03:00', '2026-12-02T07:00:01Z', '2026-12-02T07:00:00.000Z', '2026-12-02T07:00:01.000Z'],
  ])('from %s to %s are entered', async (from, to, from_at, to_at) => {
    const made = await api.post(path, { specialist_id: await make.specialist([]), from, to });
    expect(made).toMatchObject({ status: 201, body: { from_at, to_at } });
  });

  test('for ever: nothing is offered from then on, until somebody sets an end', async () => {
    const service = await make.service();
    const specialist_id = await make.specialist([service]);
    const made = await api.post(path, { specialist_id, from: dayAt(3), to: '9999-12-31' });
    expect(made).toMatchObject({ status: 201, body: { from_at: at(3, '00:00'), to_at: '9999-12-31T21:00:00.000Z' } });
    const free = async () => {
      const [own] = (await api.get(`/slots?service_id=${service}&from=${dayAt(2)}&days=58`)).body.specialists;
      return own.days.filter(({ starts }: Json) => starts.length > 0).map(({ date }: Json) => date);
    };
    expect(await free()).toEqual([dayAt(2)]);
    const listed = await api.get(`${path}?specialist_id=${specialist_id}&from=2100-12-31`);
    expect(listed.body.items.map(({ id }: Json) => id)).toEqual([made.body.id]);
    expect(await api.patch(`${path}/${made.body.id}`, { to: dayAt(57) })).toMatchObject({ status: 200 });
    expect(await free()).toEqual([dayAt(2), dayAt(58), dayAt(59)]);
    expect(await api.patch(`${path}/${made.body.id}`, { to: '9999-12-31' })).toMatchObject({ body: made.body });
  });
});

describe('lists', () => {
  test('of all days there are hold everything', async () => {
    const service_id = await make.service({ price: 500 });
    const specialist_id = await make.specialist([service_id]);
    const wish = { client_id: await make.client(), service_id, specialist_id, starts_at: at(2, '10:00') };
    const { id, invoice } = (await api.post('/bookings', wish)).body;
    const all = 'from=2000-01-01&to=9999-12-31';
    expect((await api.get(`/bookings?${all}&specialist_id=${specialist_id}`)).body.items).toMatchObject([{ id }]);
    expect((await api.get(`/bookings?from=2100-12-31&specialist_id=${specialist_id}`)).body.items).toEqual([]);
    expect((await api.get(`/bookings?to=2000-01-01&specialist_id=${specialist_id}`)).body.items).toEqual([]);
    expect((await api.get(`/api/invoices?${all}&payer_id=${wish.client_id}`)).body.items).toMatchObject([{ id: invoice.id }]);
    await api.post('/api/specialist-absences', { specialist_id, from: dayAt(5), to: dayAt(5) });
    const absent = await api.get(`/api/specialist-absences?specialist_id=${specialist_id}&from=2000-01-01`);
    expect(absent.body.items).toHaveLength(1);
  });

  test.each([
    ['/bookings', ['0000-01-01T00:00:00Z', 1]],
    ['/real-trainings', ['2026-12-01', '0000-01-01T00:00:00Z', 1]],
    ['/schedule/ticks', ['0000-01-01T00:00:00Z', 'daily']],
  ])('%s take no cursor of the year 0', async (path, key) => {
    expect(wrongs(await api.get(`${path}?cursor=${cursor(key)}`))).toEqual({
      status: 422,
      cursor: 'a next_cursor of this list',
    });
  });
});

describe('a change that breaks a rule of the data names the field, as a new record does', () => {
  test('an override is of one specialist or one location', async () => {
    const [specialist_id, location_id] = [await make.specialist([]), await make.location()];
    const made = (await api.post('/api/calendar-overrides', { specialist_id, day: '2026-12-31', intervals: [] })).body;
    const change = (to: Json) => api.patch(`/api/calendar-overrides/${made.id}`, to);
    const wrong = { status: 422, specialist_id: 'either specialist_id or location_id' };
    for (const to of [{ location_id }, { specialist_id: null }]) expect(wrongs(await change(to))).toEqual(wrong);
    expect(await change({ location_id, specialist_id: null })).toMatchObject({ status: 200, body: { location_id } });
  });

  test('a discount is a percentage or an amount, and ends after it begins', async () => {
    const fields = { client_id: await make.client(), kind: 'percent', percent: 10, valid_from: '2026-12-02' };
    const { id } = (await api.post('/api/client-discounts', fields)).body;
    const change = (to: Json) => api.patch(`/api/client-discounts/${id}`, to);
    const percent = 'a percent discount has a percent and no amount_minor';
    for (const to of [{ percent: null }, { amount_minor: 5 }]) expect(wrongs(await change(to))).toEqual({ status: 422, percent });
    expect(wrongs(await change({ kind: 'fixed' }))).toEqual({
      status: 422,
      amount_minor: 'a fixed discount has an amount_minor and no percent',
    });
    expect(wrongs(await change({ valid_to: '2026-12-01' }))).toEqual({ status: 422, valid_to: 'not before valid_from' });
    expect(await change({ valid_to: '2026-12-02' })).toMatchObject({ status: 200 });
    expect(await change({ kind: 'fixed', amount_minor: 5, percent: null })).toMatchObject({ status: 200 });
  });
});

describe('free text without NUL or half characters', () => {
  const message = 'text without control characters, direction overrides and half characters';
  const texts = [['half a surrogate pair', 'до \ud83d свидания'] as const, ['a NUL', 'a\0b'] as const];

  test.each(texts)('%s is refused as the reason of a cancellation, which then changes nothing', async (_, reason) => {
    const service_id = await make.service();
    const specialist_id = await make.specialist([service_id]);
    const wish = { client_id: await make.client(), service_id, specialist_id, starts_at: at(2, '10:00') };
    const made = (await api.post('/bookings', wish)).body;
    expect(wrongs(await api.post(`/bookings/${made.id}/cancel`, { reason }))).toEqual({ status: 422, reason: message });
    expect((await api.get(`/bookings/${made.id}`)).body).toEqual(made);
    const whole = { reason: 'до 👋 свидания' };
    expect(await api.post(`/bookings/${made.id}/cancel`, whole)).toMatchObject({ status: 200, body: whole });
  });

  test.each(texts)('%s is refused wherever the routes of booking take text', async (_, given) => {
    const [specialist_id, client_id] = [await make.specialist([]), await make.client()];
    const composition = [{ service_id: await make.service(), units: 1 }];
    const days = { from: dayAt(2), to: dayAt(2) };
    const bodies: [path: string, body: Json, field: string][] = [
      ['services', { duration_minutes: 60, name: given }, 'name'],
      ['services', { duration_minutes: 60, name: 'Стрижка', description: given }, 'description'],
      ['service-packages', { composition, price_minor: 1, name: given }, 'name'],
      ['calendar-overrides', { specialist_id, day: dayAt(2), intervals: [], reason: given }, 'reason'],
      ['client-discounts', { client_id, kind: 'fixed', amount_minor: 1, reason: given }, 'reason'],
      ['specialist-absences', { specialist_id, ...days, reason: given }, 'reason'],
    ];
    for (const [path, body, field] of bodies) {
      expect({ path, ...wrongs(await api.post(`/api/${path}`, body)) }).toEqual({ path, status: 422, [field]: message });
    }
  });
});

describe('a person who is no client', () => {
  test.each(['nobody', 'a specialist'])('%s has no packages: 404', async (who) => {
    const id = who === 'nobody' ? 999_999 : await make.specialist([]);
    expect(await api.get(`/api/clients/${id}/packages`)).toMatchObject({
      status: 404,
      body: { detail: `there is no client ${id}` },
    });
    expect(await api.get(`/api/clients/${await make.client()}/packages`)).toMatchObject({ status: 200, body: { items: [] } });
  });

  test('gets no discount, neither a new one nor that of somebody else', async () => {
    const [client_id, stranger] = [await make.client(), await make.specialist([])];
    const fields = { kind: 'fixed', amount_minor: 5 };
    const path = '/api/client-discounts';
    for (const id of [stranger, 999_999]) {
      expect(wrongs(await api.post(path, { ...fields, client_id: id }))).toEqual({ status: 422, client_id: expect.any(String) });
    }
    const made = (await api.post(path, { ...fields, client_id })).body;
    expect(wrongs(await api.patch(`${path}/${made.id}`, { client_id: stranger }))).toEqual({
      status: 422,
      client_id: `there is no client ${stranger}`,
    });
    expect((await api.get(`${path}?client_id=${stranger}`)).body.items).toEqual([]);
    expect((await api.get(`${path}?client_id=${client_id}`)).body.items).toEqual([made]);
  });
});
