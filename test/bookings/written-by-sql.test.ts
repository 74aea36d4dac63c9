import { describe, expect, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import type { Json } from '../support/front-door.ts';
import { counter } from './counter.ts';
import { ALWAYS, at } from './salon.ts';

const { api, make, book } = await counter();
const run = (statement: ReturnType<typeof sql.unsafe>) => api.db.query(statement);
const DAY = at(3, '12:00').slice(0, 10);
const START = at(3, '12:00');
const HORIZON = addDays(dayOf(new Date(), 'Europe/Moscow'), 59);

type Whose = { specialist: number; location: number };
const week = (table: string, json: string) => (owner: Whose) =>
  run(sql.unsafe`
    update ${sql.identifier([table])} set work_schedule = ${json}::jsonb
    where id = ${table === 'locations' ? owner.location : owner.specialist}`);
const override = (column: string, json: string) => (owner: Whose) =>
  run(sql.unsafe`
    insert into calendar_overrides (${sql.identifier([column])}, day, intervals)
    values (${column === 'location_id' ? owner.location : owner.specialist}, ${DAY}::date, ${json}::jsonb)`);
const absence = (from: string, to: string) => (owner: Whose) =>
  run(sql.unsafe`
    insert into specialist_absences (specialist_id, from_at, to_at) values (${owner.specialist}, ${from}::timestamptz, ${to}::timestamptz)`);

/** What the routes would refuse, but somebody who writes SQL can say. */
const writings: [string, (owner: Whose) => Promise<unknown>][] = [
  ...['specialists', 'locations'].flatMap((table) =>
    ['"closed"', '[]', 'null', '{"0": "closed"}', '{"0": [[9, 18]]}', '{"monday": [["09:00", "18:00"]]}'].map(
      (json): (typeof writings)[number] => [`${json} as the schedule of ${table}`, week(table, json)],
    ),
  ),
  ...['specialist_id', 'location_id'].flatMap((column) =>
    ['["closed"]', '[["09:00"]]', '[{"from": "09:00"}]', '[null]'].map((json): (typeof writings)[number] => [
      `${json} as an override of a ${column}`,
      override(column, json),
    ]),
  ),
  ...[
    ['2026-01-01', 'infinity'],
    ['-infinity', 'infinity'],
    ['-infinity', HORIZON],
    ['0044-03-15 BC', '10000-01-01'],
  ].map(([from, to]): (typeof writings)[number] => [`an absence from ${from} to ${to}`, absence(from!, to!)]),
];

describe.each(writings)('%s', (_, write) => {
  /** Somebody who has it, and somebody elsewhere who comes after him. */
  async function two() {
    const service_id = await make.service();
    const location = await make.location();
    const specialist = await make.specialist([service_id], { location, schedule: ALWAYS });
    const other = await make.specialist([service_id], { location: await make.location(), schedule: ALWAYS });
    await write({ specialist, location });
    return { service_id, specialist, location, other };
  }
  const startsOf = async (service: number) =>
    Object.fromEntries(
      (await api.get(`/slots?service_id=${service}&from=${DAY}&days=1`)).body.specialists.map((specialist: Json) => [
        specialist.specialist_id,
        specialist.days[0].starts.length,
      ]),
    );

  test('means closed, for who looks and for who books, and keeps nobody from anybody else', async () => {
    const { service_id, specialist, other } = await two();
    expect(await startsOf(service_id)).toEqual({ [specialist]: 0, [other]: 96 });
    const wish = { client_id: await make.client(), service_id, starts_at: START };
    expect(await book({ ...wish, specialist_id: specialist })).toMatchObject({ status: 409, body: { slots: [] } });
    const made = await book(wish);
    expect(made).toMatchObject({ status: 201, body: { specialist_id: other } });
    expect(await api.post(`/bookings/${made.body.id}/reschedule`, { starts_at: at(3, '15:00') })).toMatchObject({ status: 200 });
  });

  test('is listed and read', async () => {
    const { specialist, location } = await two();
    const list = async (path: string) => {
      const { status, body } = await api.get(path);
      expect({ path, status }).toEqual({ path, status: 200 });
      for (const { id } of body.items) {
        expect(await api.get(`${path.split('?')[0]}/${id}`)).toMatchObject({ status: 200, body: { id } });
      }
    };
    await list('/api/specialists?limit=200');
    await list('/api/locations?limit=200');
    await list(`/api/calendar-overrides?specialist_id=${specialist}`);
    await list(`/api/calendar-overrides?location_id=${location}`);
    await list(`/api/specialist-absences?specialist_id=${specialist}`);
  });
});

describe('rows that were written straight into the database', () => {
  test('is shown as it stands, and can be mended', async () => {
    const [specialist, location] = [await make.specialist([]), await make.location()];
    await week('specialists', '{"0": "closed"}')({ specialist, location });
    await override('specialist_id', '["closed"]')({ specialist, location });
    const path = `/api/specialists/${specialist}`;
    expect((await api.get(path)).body).toMatchObject({ work_schedule: { 0: 'closed' } });
    expect(await api.patch(path, { work_schedule: {} })).toMatchObject({ status: 200, body: { work_schedule: {} } });
    const [{ id, ...shown }] = (await api.get(`/api/calendar-overrides?specialist_id=${specialist}`)).body.items;
    expect(shown).toMatchObject({ day: DAY, intervals: ['closed'] });
    expect(await api.patch(`/api/calendar-overrides/${id}`, { intervals: [] })).toMatchObject({
      status: 200,
      body: { intervals: [] },
    });
  });

  test('ends with the years of four digits, and an absence for ever is one', async () => {
    const specialist = await make.specialist([]);
    await absence('-infinity', 'infinity')({ specialist, location: 0 });
    const [shown] = (await api.get(`/api/specialist-absences?specialist_id=${specialist}`)).body.items;
    expect(shown).toMatchObject({ from_at: '0001-01-01T00:00:00.000Z', to_at: '9999-12-31T23:59:59.999Z' });
    const path = `/api/specialist-absences/${shown.id}`;
    expect(await api.patch(path, { reason: 'уволен' })).toMatchObject({ status: 200, body: { ...shown, reason: 'уволен' } });
    expect((await api.get(path)).body).toMatchObject({ ...shown, reason: 'уволен' });
  });

  test.each([
    ['infinity', '9999-12-31'],
    ['-infinity', '0001-01-01'],
    ['10000-01-01', '9999-12-31'],
    ['0044-03-15 BC', '0001-01-01'],
  ])('an override of the day %s is listed and read as of %s', async (day, shown) => {
    const specialist_id = await make.specialist([]);
    await run(sql.unsafe`insert into calendar_overrides (specialist_id, day) values (${specialist_id}, ${day}::date)`);
    const [row] = (await api.get(`/api/calendar-overrides?specialist_id=${specialist_id}`)).body.items;
    expect(row).toMatchObject({ specialist_id, day: shown });
    expect(await api.get(`/api/calendar-overrides/${row.id}`)).toMatchObject({ status: 200, body: { day: shown } });
  });
});
