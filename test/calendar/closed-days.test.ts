import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import type { Week } from '../../sql/generation/planned.ts';
import { passOnLocationChanges, readSlotChanges } from '../../sql/slots/changes.ts';
import { calculateDays } from '../../workers/slots/calculate.ts';
import { gridText } from '../../workers/slots/grid.ts';
import { cleanupNight, only } from '../cleanup/night.ts';
import { buildWeek } from '../generation/fixtures.ts';
import { emptyStudio, emptyTables } from '../support/emptying.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { studio } from '../support/studio.ts';
import { beforehand } from '../support/weeks.ts';

/** Wednesday of this week, years ahead, is a day off. */
const START = '2031-05-12';
const WEDNESDAY = addDays(START, 2);
const WEEK: Week = beforehand({ start: START, zone: 'Europe/Moscow', graceDays: 7 });
let api: TestApi;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  api = await testApi();
  make = studio(api.db);
});
afterAll(() => api.close());
beforeEach(async () => {
  await emptyStudio(api.db);
  await emptyTables(api.db, 'calendar_days');
});

const locationOf = async (room: number) =>
  Number(await api.db.oneFirst(sql.unsafe`select location_id from rooms where id = ${room}`));
const closed = (fields: Json = {}) =>
  api.post('/api/calendar-days', { date: WEDNESDAY, kind: 'off', name: 'День единства', ...fields });
/** Templates on Monday and Wednesday in a room; the days on which the week has trainings, and its warnings. */
async function monAndWed(room: number | null) {
  const type = await make.type();
  for (const day of [1, 3]) await make.template({ type, trainer: await make.trainer(), day, room });
}
async function built() {
  const { warnings, conflicts } = await buildWeek(api.db, WEEK);
  expect(conflicts).toEqual([]);
  const days = await api.db.anyFirst(sql.unsafe`select training_date from real_trainings order by training_date`);
  return { days, warnings };
}

describe('Monday and Wednesday, Wednesday closed', () => {
  test.each([
    ['in a room', true],
    ['without a room or a location', false],
  ])('%s: Monday only, and a warning with the name', async (_, hasRoom) => {
    await monAndWed(hasRoom ? await make.room() : null);
    expect((await closed()).status).toBe(201);
    expect(await built()).toMatchObject({
      days: [START],
      warnings: [{ reason: 'closed', day_off: 'День единства', training_date: WEDNESDAY }],
    });
    expect((await built()).days).toEqual([START]);
  });

  test.each([['short'], ['working']])('a %s day is an ordinary one', async (kind) => {
    await monAndWed(await make.room());
    await closed({ kind });
    expect(await built()).toMatchObject({ days: [START, WEDNESDAY], warnings: [] });
  });

  test('an entry of another location is none of its business; one without a location closes all', async () => {
    const [room, other] = [await make.room(), await make.room()];
    await monAndWed(room);
    await closed({ location_id: await locationOf(other) });
    expect((await built()).days).toEqual([START, WEDNESDAY]);
    await api.db.query(sql.unsafe`delete from real_trainings`);
    await closed();
    expect((await built()).days).toEqual([START]);
  });

  test('of two locations at once an entry closes the one it names, and one without a location both', async () => {
    const rooms = [await make.room(), await make.room()];
    for (const room of rooms) await monAndWed(room);
    const open = async () => {
      await built();
      return api.db.anyFirst(
        sql.unsafe`select room_id from real_trainings where training_date = ${WEDNESDAY}::date order by room_id`,
      );
    };
    await closed({ location_id: await locationOf(rooms[0]!) });
    expect(await open()).toEqual([rooms[1]]);
    await api.db.query(sql.unsafe`delete from real_trainings`);
    await closed();
    expect(await open()).toEqual([]);
  });

  test('ends of subscriptions do not move', async () => {
    const student = await make.student();
    const kind = await api.post('/api/subscriptions', {
      name: 'Месяц',
      price_minor: 100,
      number_of_sessions: 8,
      validity_days: 30,
    });
    const bought = await api.post(`/api/students/${student}/subscriptions`, { subscription_id: kind.body.id });
    const ends = () => api.db.anyFirst(sql.unsafe`select end_date from student_subscriptions`);
    const before = await ends();
    expect((await closed({ date: addDays(String(bought.body.start_date), 3) })).status).toBe(201);
    await passOnLocationChanges(api.db);
    expect([before, await ends()]).toEqual([[addDays(String(bought.body.start_date), 29)], before]);
  });

  test('a location that works on days off is open, unless it is named itself', async () => {
    const room = await make.room();
    const location = await locationOf(room);
    await monAndWed(room);
    await api.patch(`/api/locations/${location}`, { works_on_off_days: true });
    await closed();
    expect((await built()).days).toEqual([START, WEDNESDAY]);
    await api.db.query(sql.unsafe`delete from real_trainings`);
    await closed({ location_id: location });
    expect((await built()).days).toEqual([START]);
  });

  test('an override of that day says otherwise', async () => {
    const room = await make.room();
    await monAndWed(room);
    await closed();
    await api.post('/api/calendar-overrides', {
      location_id: await locationOf(room),
      day: WEDNESDAY,
      intervals: [['00:00', '24:00']],
    });
    expect((await built()).days).toEqual([START, WEDNESDAY]);
  });

  test('earlier trainings stand, with a warning; new ones by hand are refused in words', async () => {
    const room = await make.room();
    await monAndWed(room);
    await built();
    await closed();
    expect((await built()).warnings).toMatchObject([{ reason: 'closed', day_off: 'День единства', override_id: null }]);
    const type = await api.db.oneFirst(sql.unsafe`select min(id) from training_types`);
    const trainer = await make.trainer();
    const refused = await api.post('/real-trainings', {
      training_type_id: type,
      trainer_id: trainer,
      room_id: await make.room(),
      starts_at: `${WEDNESDAY}T12:00:00+03:00`,
    });
    expect(refused).toMatchObject({ status: 409, body: { detail: 'closed then: День единства' } });
  });
});

test('a day off has no slots, and who is concerned is noted', async () => {
  const room = await make.room();
  const location = await locationOf(room);
  const hours = { '0': [['10:00', '12:00']], '2': [['10:00', '12:00']] };
  await api.db.query(sql.unsafe`update locations set work_schedule = ${sql.jsonb(hours as never)} where id = ${location}`);
  const [there, nowhere] = [await make.trainer(), await make.trainer()];
  await api.db.query(sql.unsafe`update specialists set work_schedule = ${sql.jsonb(hours as never)}`);
  await api.db.query(sql.unsafe`update specialists set location_id = ${location} where id = ${there}`);
  const open = async () => {
    const days = [there, nowhere].map((specialistId) => ({ specialistId, days: [START, addDays(START, 1), WEDNESDAY] }));
    const calculated = await calculateDays(api.db, 'Europe/Moscow', days);
    return calculated
      .sort((one, other) => one.specialistId - other.specialistId)
      .map(({ days: [monday, tuesday, wednesday] }) => {
        const [first, shut, last] = [monday, tuesday, wednesday].map((one) => one && gridText(one.grid));
        return [first !== shut, last !== shut];
      });
  };
  const before = await open();
  await api.db.query(sql.unsafe`delete from slot_changes`);
  const entry = await closed();
  await passOnLocationChanges(api.db);
  const changes = await readSlotChanges(api.db, { zone: 'Europe/Moscow', specialists: 10, limit: 10 });
  expect(changes.map(({ specialist_id, from_day, to_day }) => [specialist_id, from_day, to_day])).toEqual(
    expect.arrayContaining([there, nowhere].map((id) => [id, WEDNESDAY, WEDNESDAY])),
  );
  const during = await open();
  expect(before).toEqual([
    [true, true],
    [true, true],
  ]);
  expect(during).toEqual([
    [true, false],
    [true, false],
  ]);
  await api.ask('DELETE', `/api/calendar-days/${entry.body.id}`);
  expect(await open()).toEqual(before);
});

describe('a calendar from a file', () => {
  const year = (name: string) =>
    JSON.parse(readFileSync(new URL(`../../sql/calendar/years/${name}.json`, import.meta.url), 'utf8')) as Json[];
  test('Russia 2026 has 247 working days of five a week, and the days off of the decree', () => {
    const days = year('RU-2026');
    const off = new Set(days.filter(({ kind }) => kind === 'off').map(({ date }) => date));
    const all = Array.from({ length: 365 }, (_, n) => addDays('2026-01-01', n));
    expect(all.filter((day) => ![0, 6].includes(new Date(day).getUTCDay()) && !off.has(day))).toHaveLength(247);
    expect(off.has('2026-01-09') && off.has('2026-12-31') && off.has('2026-11-04')).toBe(true);
    expect(days.filter(({ kind }) => kind === 'short').map(({ date }) => date)).toEqual([
      '2026-04-30',
      '2026-05-08',
      '2026-06-11',
      '2026-11-03',
    ]);
  });

  test('is loaded once; twice changes nothing, and what is not in it any more goes', async () => {
    const load = (body?: Json) => api.ask('PUT', '/api/calendar-years/RU/2026', { body });
    expect((await load()).body).toEqual({ written: year('RU-2026').length, removed: 0 });
    expect((await load({})).body).toEqual({ written: 0, removed: 0 });
    const days = year('RU-2026').slice(1);
    expect((await load({ days: [{ ...days[0], name: 'Иначе' }, ...days.slice(1)] })).body).toEqual({ written: 1, removed: 1 });
  });

  test('of another year, twice the same day, or of a country without a file is refused', async () => {
    const load = (country: string, days?: Json[]) =>
      api.ask('PUT', `/api/calendar-years/${country}/2026`, { body: days && { days } });
    const day = { date: '2026-01-01', kind: 'off', name: 'Новый год' };
    expect(await load('RU', [{ ...day, date: '2027-01-01' }])).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'days.0.date' }] },
    });
    expect(await load('RU', [day, day])).toMatchObject({ status: 422, body: { errors: [{ path: 'days.1.date' }] } });
    expect((await load('XX')).status).toBe(404);
  });
});

test('from 1 December a task asks for the next year, once, unless it is known', async () => {
  const night = await cleanupNight();
  try {
    const tasks = async () =>
      (await night.db.anyFirst(sql.unsafe`select title from admin_tasks where kind = 'calendar_missing'`)) as string[];
    const operation = only('next_calendar');
    expect(operation).toHaveLength(1);
    await night.clean('2031-11-30', operation);
    expect(await tasks()).toEqual([]);
    for (const day of ['2031-12-01', '2031-12-02']) await night.clean(day, operation);
    expect(await tasks()).toEqual(['Загрузите календарь нерабочих дней на 2032 год']);
    await night.db.query(
      sql.unsafe`insert into calendar_days (country, date, kind, name) values ('RU', '2033-01-01', 'off', 'Новый год')`,
    );
    await night.clean('2032-12-01', operation);
    expect(await tasks()).toHaveLength(1);
  } finally {
    await night.close();
  }
});
