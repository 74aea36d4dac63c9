import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { routes } from '../../api/routes/all.ts';
import { runNames, runs } from '../../queues/jobs/catalog.ts';
import type { RunDefinition } from '../../queues/jobs/run-definition.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { rowCounts } from '../support/row-counts.ts';
import { studio } from '../support/studio.ts';
import { swaggerExample } from '../support/swagger-example.ts';

/** D42 at every route: whatever takes a day or an instant takes none outside its bounds, and none gives a 500. */
let api: TestApi;
let ids: { student: number; room: number; trainer: number };
const today = dayOf(new Date(), 'Europe/Moscow');
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '10000' } });
  const make = studio(api.db);
  ids = { student: await make.student(), room: await make.room(), trainer: await make.trainer() };
});
afterAll(() => api.close());

const OUTSIDE = ['0001-01-01', '1899-12-31', '2101-01-01', '9990-01-01', '9999-12-30'];
type Field = { method: string; path: string; where: 'query' | 'body'; field: string; example: Json; isInstant: boolean };

/** Every field of every route whose schema reads a day or an instant, found by what it takes. */
const fields: Field[] = routes.flatMap((route) =>
  (['query', 'body'] as const).flatMap((where) => {
    const schema = route[where];
    if (!schema) return [];
    return Object.entries<z.ZodType>(schema.shape).flatMap(([field, type]): Field[] => {
      const takes = (given: unknown) => type.safeParse(given).success;
      // As long as a password or a token.
      const isText = takes('no day and no instant, only words');
      const isDay = takes('2031-05-12') && !takes('no day') && !isText;
      const isInstant = !isDay && takes('2031-05-12T10:00:00Z') && !takes('no instant') && !isText;
      if (!isDay && !isInstant) return [];
      const json = where === 'body' ? (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json) : {};
      return [{ method: route.method, path: route.path, where, field, example: json, isInstant }];
    });
  }),
);
const named = fields.map((field) => [`${field.method} ${field.path} ${field.where} ${field.field}`, field] as const);

/** Those of the processes, of which the catalog knows. */
const ofProcesses = runNames
  .map((name): RunDefinition => runs[name])
  .flatMap(({ path, body }) => (path ? Object.keys(body.shape).map((field) => `post ${path} body ${field}`) : []))
  .filter((field) => /(date|week_start)$/.test(field))
  .sort();

test('there are such fields, and none was forgotten', () => {
  expect(named.map(([name]) => name).sort()).toEqual(
    [
      'get /api/groups/{id}/members query on',
      'get /api/board/days query from',
      'get /api/board/days query to',
      'get /api/board/hours query from',
      'get /api/board/hours query to',
      'get /api/exports/attendance query from',
      'get /api/exports/attendance query to',
      'get /api/exports/calendar query from',
      'get /api/exports/calendar query to',
      'get /api/exports/payments query from',
      'get /api/exports/payments query to',
      'get /api/exports/students query from',
      'get /api/exports/students query to',
      'get /api/exports/subscriptions query from',
      'get /api/exports/subscriptions query to',
      'post /api/leaks body found_at',
      'post /api/people/{id}/data-requests body asked_on',
      'post /api/groups/{id}/members body from',
      'post /api/groups/{id}/members body to',
      'post /api/groups/{id}/members/{student_id}/leave body last_day',
      'post /bookings/series body starts_at',
      'post /bookings/series body until',
      'get /api/audit query date',
      'get /api/calendar-days query date',
      'get /api/cash query day',
      ...['revenue', 'attendance', 'students', 'retention', 'load', 'debtors', 'renewals', 'trainers'].flatMap((report) => [
        `get /api/reports/${report} query from`,
        `get /api/reports/${report} query to`,
      ]),
      'patch /api/calendar-days/{id} body date',
      'post /api/calendar-days body date',
      'get /api/exams query from',
      'get /api/exams query to',
      'patch /api/exams/{id} body exam_at',
      'post /api/students/{id}/belts body awarded_on',
      'post /api/students/{id}/exams body exam_at',
      'put /api/students/{id}/belts/deferral body until',
      'get /api/calendar-overrides query day',
      'get /api/invoices query from',
      'get /api/invoices query to',
      'get /api/specialist-absences query from',
      'get /api/vending/sales query from',
      'get /api/vending/sales query to',
      'get /api/why query day',
      'patch /api/vending/owners/{id} body setup_date',
      'patch /api/vending/owners/{id} body stock_from',
      'post /api/vending/owners body setup_date',
      'post /api/vending/owners body stock_from',
      'post /vending/history body from',
      'post /vending/import body from',
      'post /vending/import body to',
      'get /api/site/classes query from',
      'get /bookings query from',
      'get /bookings query to',
      'get /process-history query end_date',
      'get /process-history query start_date',
      'get /real-trainings query from',
      'get /real-trainings query to',
      'get /schedule/ticks query from',
      'get /schedule/ticks query to',
      'get /bookings/{id}/starts query day',
      'get /slots/fitting query day',
      'get /api/clients/{id}/deal query starts_at',
      'get /slots query from',
      'patch /api/calendar-overrides/{id} body day',
      'patch /api/client-discounts/{id} body valid_from',
      'patch /api/client-discounts/{id} body valid_to',
      'patch /api/clients/{id} body birth_date',
      'patch /api/specialist-absences/{id} body from',
      'patch /api/specialist-absences/{id} body to',
      'patch /api/specialists/{id} body birth_date',
      'patch /api/students/{id} body birth_date',
      'patch /api/students/{id} body registration_date',
      'patch /api/training-templates/{id}/students/{student_id} body start_date',
      'post /api/calendar-overrides body day',
      'post /api/calendar-overrides/preview body day',
      'post /api/client-discounts body valid_from',
      'post /api/client-discounts body valid_to',
      'post /api/clients body birth_date',
      'post /api/clients/{id}/packages body start_date',
      'post /api/clients/{id}/student body registration_date',
      'post /api/specialist-absences body from',
      'post /api/specialist-absences body to',
      'post /api/specialists body birth_date',
      'post /api/student-subscriptions/{id}/freeze body from',
      'post /api/student-subscriptions/{id}/freeze body to',
      'post /api/students body birth_date',
      'post /api/students body registration_date',
      'post /api/students/{id}/subscriptions body start_date',
      'post /api/training-templates/{id}/students body start_date',
      'post /bookings body starts_at',
      'post /bookings/together body starts_at',
      'post /bookings/visits body starts_at',
      'post /bookings/{id}/reschedule body starts_at',
      ...ofProcesses,
      'get /api/attendances query from',
      'get /api/attendances query to',
      'get /api/payments query from',
      'get /api/payments query to',
      'get /api/students/{id}/visits query from',
      'get /api/students/{id}/visits query to',
      'get /api/trainings query from',
      'get /api/trainings query to',
      'post /api/pay/rates body valid_from',
      'post /api/payments body payment_date',
      'post /api/trainings body starts_at',
      'put /api/closed-period body through',
      'put /api/students/{id} body birth_date',
      'put /api/students/{id} body registration_date',
      'patch /real-trainings/{id} body starts_at',
      'post /real-trainings body starts_at',
      'post /real-trainings/series body from',
      'post /real-trainings/series body until',
      'post /real-trainings/series/{id}/cancel body from',
      'post /real-trainings/{id}/copy body starts_at',
    ].sort(),
  );
});

async function askFor(day: string, { method, path, where, field, example, isInstant }: Field) {
  const to = path.replaceAll(/\{(\w+)\}/g, String(ids.student));
  const given = isInstant ? `${day}T10:00:00Z` : day;
  if (where === 'query') return api.ask(method.toUpperCase(), `${to}?${field}=${encodeURIComponent(given)}`);
  let body: Json = {};
  try {
    body = swaggerExample(example, example);
  } catch {
    // A body without an example of every field is judged by this one.
  }
  return api.ask(method.toUpperCase(), to, { body: { ...body, [field]: given } });
}

describe('outside its bounds nothing is taken, and it is said which they are', () => {
  let before: Json;
  beforeAll(async () => {
    before = await rowCounts(api.db);
  });

  test.each(named)('%s', async (_, field) => {
    for (const day of OUTSIDE) {
      const { status, body } = await askFor(day, field);
      const said = body.errors?.find((error: { path: string }) => error.path === field.field)?.message;
      expect({ day, status, said }).toEqual({
        day,
        status: 422,
        said: expect.stringMatching(/from \d{4}-\d\d-\d\d to .*\d{4}-\d\d-\d\d/),
      });
    }
  });

  test('and nothing was written', async () => {
    expect(await rowCounts(api.db)).toEqual(before);
  });
});

describe.each(['2000-01-01', '2100-12-31', '9999-12-31', '0000-01-01', '2031-02-29'])('%s is no mistake of ours', (day) => {
  test.each(named)('%s', async (_, field) => {
    expect((await askFor(day, field)).status).toBeLessThan(500);
  });
});

describe('a birth', () => {
  const born = (birth_date: string) => ({ first_name: 'Анна', birth_date });
  test.each([
    [addDays(today, -1), 201],
    ['1900-01-01', 201],
    [today, 422],
    [addDays(today, 1), 422],
    ['1899-12-31', 422],
  ])('on %s: %i', async (day, status) => {
    for (const path of ['/api/clients', '/api/students', '/api/specialists']) {
      expect({ path, status: (await api.post(path, born(day))).status }).toEqual({ path, status });
      expect((await api.patch(`/api/students/${ids.student}`, { birth_date: day })).status).toBe(status === 201 ? 200 : 422);
    }
  });
});

test('the answer of an override names trainings of the location: in its rooms, and without a room of who is there', async () => {
  const location = (await api.db.oneFirst(sql.unsafe`select location_id from rooms where id = ${ids.room}`)) as number;
  await api.db.query(sql.unsafe`update specialists set location_id = ${location} where id = ${ids.trainer}`);
  const make = studio(api.db);
  const day = addDays(today, 9);
  const training = (trainer: number, room: number | null, hour: number) =>
    api.db.oneFirst(sql.type(z.object({ id: z.int() }))`
      with type as (insert into training_types (name, max_participants, duration_minutes) values (${`Тип ${hour}`}, 5, 60) returning id)
      insert into real_trainings (training_type_id, trainer_id, room_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      select id, ${trainer}, ${room}, day, clock, day + clock, day + clock + interval '1 hour', 5, 0
      from type, (select ${day}::date as day, make_interval(hours => ${hour})::time as clock) as given returning id`);
  const other = await make.trainer();
  const [inRoom, without] = [await training(other, ids.room, 10), await training(ids.trainer, null, 12)];
  await training(other, null, 14);
  const made = await api.post('/api/calendar-overrides', { location_id: location, day, intervals: [] });
  expect(made.body.meetings.map((meeting: Json) => [meeting.kind, meeting.id])).toEqual([
    ['training', inRoom],
    ['training', without],
  ]);
});
