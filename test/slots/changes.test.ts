import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { passOnLocationChanges, readSlotChanges } from '../../sql/slots/changes.ts';
import { readSlotOffer } from '../../sql/slots/offer.ts';
import { daysOfChanges } from '../../workers/slots/recalculate.ts';
import { ALWAYS, at } from '../bookings/salon.ts';
import { forgetAll, type SlotStage, slotStage } from './stage.ts';

/** D35: which days of whom a change concerns, however it is made. */
let stage: SlotStage;
let one: number;
let two: number;
let elsewhere: number;
let location: number;
let service: number;
let client: number;

beforeAll(async () => {
  stage = await slotStage('postgres');
  const { make } = stage;
  location = await make.location();
  service = await make.service();
  const other = await make.service();
  one = await make.specialist([service], { location });
  two = await make.specialist([service, other], { location });
  elsewhere = await make.specialist([other], { location: await make.location() });
  client = await make.client();
  await make.someType();
});
afterAll(() => stage.close());
beforeEach(async () => {
  await stage.db.query(sql.unsafe`delete from bookings`);
  await stage.db.query(sql.unsafe`delete from specialist_absences`);
  await stage.db.query(sql.unsafe`delete from calendar_overrides`);
  await stage.db.query(sql.unsafe`delete from real_trainings`);
  await forgetAll(stage.db);
});

const day = (n: number) => addDays(stage.today(), n);
const run = (statement: ReturnType<typeof sql.unsafe>) => stage.db.query(statement);
/** The days concerned, by specialist, as offsets from today; "all" for the whole horizon. */
async function concerned() {
  await passOnLocationChanges(stage.db);
  const changes = await readSlotChanges(stage.db, { zone: stage.zone, specialists: 100, limit: 1_000 });
  const all = stage.days();
  const found = daysOfChanges(changes, all).filter(({ days }) => days.length > 0);
  return Object.fromEntries(
    found.map(({ specialistId, days }) => [specialistId, days.length === 60 ? 'all' : days.map((date) => all.indexOf(date))]),
  );
}

const booking = (specialist: number, startsAt: string, { minutes = 60, pause = 0, status = 'CONFIRMED' } = {}) =>
  stage.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into bookings (client_id, payer_id, specialist_id, service_id, starts_at, ends_at, busy_until, duration_minutes, break_minutes,
      service_price_minor, price_minor, status, held_until, cancelled_at)
    values (${client}, ${client}, ${specialist}, ${service}, ${startsAt}::timestamptz, ${startsAt}::timestamptz, ${startsAt}::timestamptz,
      ${minutes}, ${pause}, 0, 0, ${status}, ${status === 'PENDING' ? at(9, '00:00') : null}::timestamptz,
      ${status === 'CANCELLED' ? at(0, '00:00') : null}::timestamptz)
    returning id`);
const cancel = (id: number) => run(sql.unsafe`update bookings set status = 'CANCELLED', cancelled_at = now() where id = ${id}`);
const absence = (specialist: number, from: string, to: string) =>
  stage.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into specialist_absences (specialist_id, from_at, to_at) values (${specialist}, ${from}::timestamptz, ${to}::timestamptz) returning id`);
const override = (fields: { specialist?: number; location?: number; day: string }) =>
  stage.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into calendar_overrides (specialist_id, location_id, day) values (${fields.specialist ?? null}, ${fields.location ?? null}, ${fields.day}::date)
    returning id`);
const training = (trainer: number, startsAt: string, minutes = 60) => stage.make.training({ trainer, at: startsAt, minutes });

describe('schedules: all days', () => {
  test("a specialist's", async () => {
    await run(sql.unsafe`update specialists set work_schedule = '{"0": []}' where id = ${one}`);
    expect(await concerned()).toEqual({ [one]: 'all' });
  });
  test("a specialist's that stays the same: none", async () => {
    await run(sql.unsafe`update specialists set work_schedule = work_schedule, position = 'мастер' where id = ${one}`);
    expect(await concerned()).toEqual({});
  });
  test('a specialist moves', async () => {
    await run(sql.unsafe`update specialists set location_id = null where id = ${one}`);
    expect(await concerned()).toEqual({ [one]: 'all' });
    await run(sql.unsafe`update specialists set location_id = ${location} where id = ${one}`);
  });
  test("a location's: of everybody there, and of nobody else", async () => {
    await run(sql.unsafe`update locations set work_schedule = '{}' where id = ${location}`);
    expect(await concerned()).toEqual({ [one]: 'all', [two]: 'all' });
    await forgetAll(stage.db);
    await run(sql.unsafe`update locations set name = 'Другой' where id = ${location}`);
    expect(await concerned()).toEqual({});
    await run(sql.unsafe`update locations set work_schedule = ${sql.jsonb(ALWAYS as never)} where id = ${location}`);
  });
});

describe('overrides: their day', () => {
  test('entered, moved, changed, removed', async () => {
    const id = await override({ specialist: one, day: day(3) });
    expect(await concerned()).toEqual({ [one]: [3] });
    await forgetAll(stage.db);
    await run(sql.unsafe`update calendar_overrides set day = ${day(5)}::date where id = ${id}`);
    expect(await concerned()).toEqual({ [one]: [3, 5] });
    await forgetAll(stage.db);
    await run(sql.unsafe`update calendar_overrides set intervals = '[["10:00", "11:00"]]' where id = ${id}`);
    expect(await concerned()).toEqual({ [one]: [5] });
    await forgetAll(stage.db);
    await run(sql.unsafe`update calendar_overrides set reason = 'уборка' where id = ${id}`);
    expect(await concerned()).toEqual({});
    await run(sql.unsafe`delete from calendar_overrides where id = ${id}`);
    expect(await concerned()).toEqual({ [one]: [5] });
  });
  test('of a location', async () => {
    await override({ location, day: day(7) });
    expect(await concerned()).toEqual({ [one]: [7], [two]: [7] });
  });
  test('that goes from a location to a specialist: both', async () => {
    const id = await override({ location, day: day(7) });
    await forgetAll(stage.db);
    await run(
      sql.unsafe`update calendar_overrides set location_id = null, specialist_id = ${elsewhere}, day = ${day(8)}::date where id = ${id}`,
    );
    expect(await concerned()).toEqual({ [one]: [7], [two]: [7], [elsewhere]: [8] });
  });
  test('the edges of the horizon', async () => {
    for (const n of [-1, 0, 59, 60]) await override({ specialist: one, day: day(n) });
    expect(await concerned()).toEqual({ [one]: [0, 59] });
  });
});

describe('bookings: their days', () => {
  test('made, noted as done, cancelled, removed', async () => {
    const id = await booking(one, at(4, '10:00'));
    expect(await concerned()).toEqual({ [one]: [4] });
    await forgetAll(stage.db);
    await run(sql.unsafe`update bookings set status = 'COMPLETED', moves = 1 where id = ${id}`);
    expect(await concerned()).toEqual({});
    await cancel(id);
    expect(await concerned()).toEqual({ [one]: [4] });
    await forgetAll(stage.db);
    await run(sql.unsafe`delete from bookings where id = ${id}`);
    expect(await concerned()).toEqual({});
  });
  test('one that is only held counts like a confirmed one (D32)', async () => {
    await booking(one, at(4, '10:00'), { status: 'PENDING' });
    expect(await concerned()).toEqual({ [one]: [4] });
  });
  test('moved to another day and another specialist', async () => {
    const id = await booking(one, at(4, '10:00'));
    await forgetAll(stage.db);
    await run(sql.unsafe`update bookings set starts_at = ${at(6, '10:00')}, specialist_id = ${two} where id = ${id}`);
    expect(await concerned()).toEqual({ [one]: [4], [two]: [6] });
  });
  test.each([
    ['until midnight: one day', '23:00', 60, 0, [4]],
    ['over midnight: both days (D32)', '23:00', 75, 0, [4, 5]],
    ['a break over midnight: both days', '23:00', 60, 10, [4, 5]],
    ['from midnight: one day', '00:00', 15, 0, [4]],
  ])('%s', async (_, time, minutes, pause, days) => {
    await booking(one, at(4, time), { minutes, pause });
    expect(await concerned()).toEqual({ [one]: days });
  });
});

describe('absences and trainings: their days', () => {
  test('an absence entered, shortened, removed', async () => {
    const id = await absence(one, at(2, '12:00'), at(5, '00:00'));
    expect(await concerned()).toEqual({ [one]: [2, 3, 4] });
    await forgetAll(stage.db);
    await run(sql.unsafe`update specialist_absences set to_at = ${at(3, '12:00')} where id = ${id}`);
    expect(await concerned()).toEqual({ [one]: [2, 3, 4] });
    await forgetAll(stage.db);
    await run(sql.unsafe`update specialist_absences set reason = 'отпуск' where id = ${id}`);
    expect(await concerned()).toEqual({});
    await run(sql.unsafe`delete from specialist_absences where id = ${id}`);
    expect(await concerned()).toEqual({ [one]: [2, 3] });
  });
  test.each([
    ['-infinity', 'infinity'],
    ['0044-03-15 BC', '10000-01-01'],
    ['-infinity', '9999-12-31 23:59:59.999+00'],
  ])('an absence from %s to %s concerns all days', async (from, to) => {
    await absence(one, from, to);
    expect(await concerned()).toEqual({ [one]: 'all' });
    const changes = (await readSlotOffer(stage.db, { serviceId: service, zone: stage.zone }))?.changes ?? [];
    expect(daysOfChanges(changes, stage.days())).toEqual([{ specialistId: one, days: stage.days() }]);
  });
  test.each(['-infinity', '0044-03-15 BC', '10000-01-01', 'infinity'])(
    'an override of the day %s concerns none',
    async (date) => {
      await override({ specialist: one, day: date });
      expect(await concerned()).toEqual({});
    },
  );
  test('a training made, held, cancelled, brought back', async () => {
    const id = await training(two, at(8, '19:00'));
    expect(await concerned()).toEqual({ [two]: [8] });
    await forgetAll(stage.db);
    await run(sql.unsafe`update real_trainings set status = 'completed', processed_at = now() where id = ${id}`);
    expect(await concerned()).toEqual({});
    await run(sql.unsafe`update real_trainings set status = 'cancelled', cancelled_at = now() where id = ${id}`);
    expect(await concerned()).toEqual({ [two]: [8] });
    await forgetAll(stage.db);
    await run(
      sql.unsafe`update real_trainings set status = 'scheduled', cancelled_at = null, trainer_id = ${one} where id = ${id}`,
    );
    expect(await concerned()).toEqual({ [one]: [8] });
    await forgetAll(stage.db);
    await run(sql.unsafe`delete from real_trainings where id = ${id}`);
    expect(await concerned()).toEqual({ [one]: [8] });
  });
  test('a training over midnight', async () => {
    await training(two, at(8, '23:30'), 90);
    expect(await concerned()).toEqual({ [two]: [8, 9] });
  });
});

describe('services: all days of those who offer them', () => {
  test.each([
    ['duration', sql.fragment`duration_minutes = 45`, true],
    ['break', sql.fragment`break_minutes = 15`, true],
    ['no longer offered', sql.fragment`is_active = false`, true],
    ['price and name', sql.fragment`price_minor = 5, name = 'Другая'`, false],
  ])('%s', async (_, change, isConcerned) => {
    await run(sql.unsafe`update services set ${change} where id = ${service}`);
    expect(await concerned()).toEqual(isConcerned ? { [one]: 'all', [two]: 'all' } : {});
  });
  test('the specialists who offer it', async () => {
    await run(sql.unsafe`insert into specialist_services (specialist_id, service_id) values (${elsewhere}, ${service})`);
    expect(await concerned()).toEqual({ [elsewhere]: 'all' });
    await forgetAll(stage.db);
    await run(sql.unsafe`delete from specialist_services where specialist_id = ${elsewhere} and service_id = ${service}`);
    expect(await concerned()).toEqual({ [elsewhere]: 'all' });
  });
});

test('an emptied table concerns everybody', async () => {
  await run(sql.unsafe`truncate calendar_overrides`);
  expect(await concerned()).toEqual({ [one]: 'all', [two]: 'all', [elsewhere]: 'all' });
});

test('a change that is rolled back concerns nobody', async () => {
  const undone = stage.db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`update specialists set work_schedule = '{"1": []}' where id = ${one}`);
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  expect(await concerned()).toEqual({});
});

test('a specialist is deleted with everything noted and entered for him', async () => {
  const gone = await stage.make.specialist([service], { location });
  await absence(gone, at(1, '10:00'), at(1, '11:00'));
  await override({ specialist: gone, day: day(2) });
  await run(sql.unsafe`delete from users where id = ${gone}`);
  expect(await concerned()).toEqual({});
});

test('a location is deleted with everything noted and entered for it', async () => {
  const gone = await stage.make.location();
  await override({ location: gone, day: day(2) });
  await run(sql.unsafe`delete from locations where id = ${gone}`);
  expect(await stage.db.any(sql.unsafe`select id from slot_changes`)).toEqual([]);
});

test('a change of a calendar does not wait for another one that is not committed', async () => {
  const other = new pg.Client({ connectionString: stage.database.url });
  await other.connect();
  await other.query('begin');
  await other.query('update specialists set work_schedule = $1 where id = $2', ['{"2": []}', one]);
  await override({ specialist: one, day: day(1) });
  expect(await concerned()).toEqual({ [one]: [1] });
  await other.query('commit');
  expect(await concerned()).toEqual({ [one]: 'all' });
  await other.end();
});
