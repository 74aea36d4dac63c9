import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import type { Week } from '../../sql/generation/planned.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { registrations, studio } from '../support/studio.ts';
import { beforehand } from '../support/weeks.ts';
import { buildWeek } from './fixtures.ts';

/** A week years ahead, in Moscow; Tuesday is its day 2. */
const START = '2031-05-12';
const WEEK: Week = beforehand({ start: START, zone: 'Europe/Moscow', graceDays: 7 });
const day = (n: number) => addDays(START, n - 1);
let database: TestDatabase;
let db: Database;
let make: ReturnType<typeof studio>;

beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  make = studio(db);
});
afterEach(() => emptyStudio(db));
afterAll(() => database.close());

const build = (fields: Partial<Week> = {}) => buildWeek(db, { ...WEEK, ...fields });
const at = (instant: string) => ({ now: new Date(instant) });
const made = () =>
  db.anyFirst(sql.unsafe`select training_date || ' ' || start_time from real_trainings where status <> 'cancelled' order by 1`);
const change = (template: number, column: string) =>
  db.query(sql.unsafe`
    update training_templates set (day_number, start_time) = (select (${column}::text[])[1]::int, (${column}::text[])[2]::time) where id = ${template}`);
/** A template on Tuesday at ten with one student. */
async function tuesday(fields: { room?: number; trainer?: number } = {}) {
  const trainer = fields.trainer ?? (await make.trainer());
  const template = await make.template({ type: await make.type({ places: 5 }), trainer, day: 2, room: fields.room });
  const student = await make.student();
  await make.link(template, student, { since: '2020-01-01' });
  return { template, trainer, student };
}

describe('only what has not begun is made', () => {
  test.each([
    ['a millisecond before it begins', `${START}T23:59:59Z`, true],
    ['before it begins', '2031-05-13T06:59:59.999Z', true],
    ['as it begins', '2031-05-13T07:00:00.000Z', false],
    ['on the Wednesday', '2031-05-14T09:00:00Z', false],
    ['half a year later', '2031-11-14T09:00:00Z', false],
  ])('%s', async (_, now, isMade) => {
    const { template } = await tuesday();
    const { created, warnings, conflicts, students_added } = await build(at(now));
    expect({ created: created.length, students_added, conflicts }).toEqual({
      created: isMade ? 1 : 0,
      students_added: isMade ? 1 : 0,
      conflicts: [],
    });
    expect(warnings).toMatchObject(isMade ? [] : [{ reason: 'begun', training_template_id: template, training_date: day(2) }]);
  });

  test('a training that has begun takes nobody more, and one that was made is no warning', async () => {
    const { template } = await tuesday();
    await build();
    await make.link(template, await make.student(), { since: '2020-01-01' });
    expect(await build(at('2031-05-13T07:00:00Z'))).toMatchObject({ created: [], students_added: 0, warnings: [] });
    expect(await build(at('2031-05-13T06:59:59Z'))).toMatchObject({ students_added: 1 });
  });
});

describe('a template that is moved (D51)', () => {
  test('to another day: the old training holds its place, and is listed with what to do', async () => {
    const { template, student } = await tuesday();
    const [first] = (await build()).created;
    await change(template, '{4,18:00}');
    for (const _ of ['once', 'twice']) {
      expect(await build()).toMatchObject({
        created: [],
        students_added: 0,
        conflicts: [],
        warnings: [
          {
            reason: 'moved_template',
            training_template_id: template,
            real_training_id: first,
            training_date: day(2),
            students: 1,
            differs: ['day', 'time'],
            template_day: day(4),
            template_time: '18:00:00',
            to_do: ['move', 'cancel', 'keep_both'],
          },
        ],
      });
    }
    expect(await registrations(db)).toMatchObject([{ training_date: day(2), student }]);
  });

  test('it takes nobody more meanwhile', async () => {
    const { template } = await tuesday();
    await build();
    await change(template, '{4,10:00}');
    await make.link(template, await make.student(), { since: '2020-01-01' });
    expect(await build()).toMatchObject({ students_added: 0 });
  });

  test('keep_both makes that of the new day beside it, once', async () => {
    const { template } = await tuesday();
    const keepBoth = (await build()).created;
    await change(template, '{4,10:00}');
    expect(await build({ keepBoth })).toMatchObject({ created: [expect.any(Number)], students_added: 1 });
    expect(await build({ keepBoth })).toMatchObject({ created: [] });
    expect(await build()).toMatchObject({ created: [] });
    expect(await made()).toEqual([`${day(2)} 10:00:00`, `${day(4)} 10:00:00`]);
  });

  test('once the old one is called off, that of the new day is made', async () => {
    const { template } = await tuesday();
    await build();
    await change(template, '{4,10:00}');
    await db.query(sql.unsafe`update real_trainings set status = 'cancelled', cancelled_at = now()`);
    expect(await build()).toMatchObject({ created: [expect.any(Number)], warnings: [] });
    expect(await made()).toEqual([`${day(4)} 10:00:00`]);
  });

  test('once the old one is moved to the new day, it fits, is filled, and nothing is made beside it', async () => {
    const { template } = await tuesday();
    await build();
    await change(template, '{4,10:00}');
    await db.query(sql.unsafe`
      update real_trainings set training_date = ${day(4)}::date, starts_at = starts_at + interval '2 days', ends_at = ends_at + interval '2 days'`);
    expect(await build()).toMatchObject({ created: [], warnings: [], conflicts: [] });
    expect(await made()).toEqual([`${day(4)} 10:00:00`]);
  });

  test('a training that was moved to another one’s day is no second one of its template', async () => {
    const { template } = await tuesday();
    await build();
    await db.query(sql.unsafe`
      update real_trainings set training_date = ${day(9)}::date, starts_at = starts_at + interval '7 days', ends_at = ends_at + interval '7 days'`);
    expect(await build()).toMatchObject({ created: [] });
    // The next week's own is made on the very day, at another time.
    await change(template, '{2,12:00}');
    expect(await build({ start: addDays(START, 7) })).toMatchObject({ created: [expect.any(Number)] });
  });

  test('one that has been held already holds the place, too: nobody is charged for both', async () => {
    const { template } = await tuesday();
    const [first] = (await build()).created;
    await change(template, '{4,10:00}');
    expect(await build(at('2031-05-14T09:00:00Z'))).toMatchObject({
      created: [],
      warnings: [{ reason: 'moved_template', real_training_id: first, to_do: ['keep_both'] }],
    });
    expect(await build(at('2031-05-15T09:00:00Z'))).toMatchObject({ created: [], warnings: [] });
  });

  test.each([
    ['time', sql.fragment`start_time = '12:30'`],
    ['trainer', sql.fragment`trainer_id = (select max(id) from specialists)`],
    ['room', sql.fragment`room_id = (select max(id) from rooms)`],
    ['type', sql.fragment`training_type_id = (select max(id) from training_types)`],
  ])('within the day (%s): the training stands, goes on being filled, and is listed', async (what, set) => {
    const { template } = await tuesday();
    const [first] = (await build()).created;
    await make.trainer();
    await make.room();
    await make.type({ minutes: 60 });
    await db.query(sql.unsafe`update training_templates set ${set} where id = ${template}`);
    await make.link(template, await make.student(), { since: '2020-01-01' });
    expect(await build()).toMatchObject({
      created: [],
      students_added: 1,
      conflicts: [],
      warnings: [{ reason: 'moved_template', real_training_id: first, differs: [what], to_do: ['move', 'keep'] }],
    });
    expect(await made()).toEqual([`${day(2)} 10:00:00`]);
  });

  test('a longer type is listed as well', async () => {
    await tuesday();
    await build();
    await db.query(sql.unsafe`update training_types set duration_minutes = 90`);
    expect((await build()).warnings).toMatchObject([{ reason: 'moved_template', differs: ['duration'] }]);
  });

  test('a template taken out: its training stands and is listed', async () => {
    const { template } = await tuesday();
    const [first] = (await build()).created;
    await db.query(sql.unsafe`update training_templates set is_active = false where id = ${template}`);
    expect((await build()).warnings).toMatchObject([
      { reason: 'moved_template', real_training_id: first, differs: ['inactive'], to_do: ['cancel', 'keep'] },
    ]);
    expect((await build(at('2031-05-13T07:00:00Z'))).warnings).toEqual([]);
  });

  test('a student in a moved training is not seated in another one at its new time', async () => {
    const { template, student } = await tuesday();
    await build();
    const other = await make.template({ type: await make.type(), trainer: await make.trainer(), day: 2, time: '15:00' });
    await build();
    await db.query(sql.unsafe`
      update real_trainings set start_time = '15:00', starts_at = starts_at + interval '5 hours', ends_at = ends_at + interval '5 hours'
      where training_template_id = ${template}`);
    const newcomer = await make.student();
    for (const where of [template, other]) await make.link(where, newcomer, { since: '2020-01-01' });
    await make.link(other, student, { since: '2020-01-01' });
    const { warnings } = await build();
    expect(warnings.filter(({ reason }) => reason === 'student_busy')).toHaveLength(2);
    const seats = await registrations(db);
    expect(seats.filter((seat) => seat.student === newcomer)).toHaveLength(1);
    expect(seats.filter((seat) => seat.student === student)).toHaveLength(1);
  });
});

describe('a calendar override', () => {
  const override = (fields: { location?: number; specialist?: number; on?: string; open?: unknown }) =>
    db.query(sql.unsafe`
      insert into calendar_overrides (location_id, specialist_id, day, intervals)
      values (${fields.location ?? null}, ${fields.specialist ?? null}, ${fields.on ?? day(2)}::date, ${sql.jsonb((fields.open ?? []) as never)})`);
  const locationOf = (room: number) =>
    db.oneFirst(sql.unsafe`select location_id from rooms where id = ${room}`) as Promise<number>;
  const closed = (template: number) => [{ reason: 'closed', training_template_id: template, override_id: expect.any(Number) }];

  test('of a location that is closed: no training is made, a warning and no conflict', async () => {
    const room = await make.room();
    const { template } = await tuesday({ room });
    await override({ location: await locationOf(room) });
    expect(await build()).toMatchObject({ created: [], students_added: 0, conflicts: [], warnings: closed(template) });
  });

  test('of another day, or another location, is none of its business', async () => {
    const room = await make.room();
    await tuesday({ room });
    await override({ location: await locationOf(room), on: day(3) });
    await override({ location: await locationOf(await make.room()) });
    expect(await build()).toMatchObject({ created: [expect.any(Number)], warnings: [] });
  });

  test.each([
    [[['10:00', '11:00']], true],
    [
      [
        ['09:00', '10:30'],
        ['10:30', '12:00'],
      ],
      true,
    ],
    [[['00:00', '24:00']], true],
    [[['10:00', '23:59:59']], true],
    [[['10:15', '12:00']], false],
    [[['09:00', '10:45']], false],
    [[['09:00', '10:50']], false],
    [
      [
        ['09:00', '10:30'],
        ['10:45', '12:00'],
      ],
      false,
    ],
    [[['12:00', '18:00']], false],
    [[['ten', 'eleven']], false],
    [['always'], false],
    [[], false],
  ])('that leaves %j open: a training from ten to eleven is made: %p', async (open, isMade) => {
    const room = await make.room();
    await tuesday({ room });
    await override({ location: await locationOf(room), open });
    expect((await build()).created).toHaveLength(isMade ? 1 : 0);
  });

  test('without a room it is the trainer’s location that counts', async () => {
    const [room, trainer] = [await make.room(), await make.trainer()];
    const location = await locationOf(room);
    await db.query(sql.unsafe`update specialists set location_id = ${location} where id = ${trainer}`);
    const { template } = await tuesday({ trainer });
    await override({ location });
    expect(await build()).toMatchObject({ created: [], warnings: closed(template) });
    // In a room of another location it is that one's.
    await db.query(sql.unsafe`update training_templates set room_id = ${await make.room()}`);
    expect((await build()).created).toHaveLength(1);
  });

  test('of the trainer keeps him away as well', async () => {
    const { template, trainer } = await tuesday();
    await override({ specialist: trainer, open: [['12:00', '18:00']] });
    expect(await build()).toMatchObject({
      created: [],
      conflicts: [],
      warnings: [{ reason: 'trainer_off', training_template_id: template }],
    });
  });

  test('a training over midnight lies on both days', async () => {
    const room = await make.room();
    await make.template({ type: await make.type({ minutes: 120 }), trainer: await make.trainer(), day: 2, time: '23:00', room });
    await override({ location: await locationOf(room), on: day(3), open: [['01:00', '24:00']] });
    expect((await build()).created).toEqual([]);
    await db.query(sql.unsafe`update calendar_overrides set intervals = '[["00:00", "01:00"]]'`);
    expect((await build()).created).toHaveLength(1);
  });

  test('entered after the training was made: it stands and is listed until it begins', async () => {
    const room = await make.room();
    const { template } = await tuesday({ room });
    const [first] = (await build()).created;
    await override({ location: await locationOf(room) });
    expect(await build()).toMatchObject({
      created: [],
      warnings: [{ reason: 'closed', training_template_id: template, real_training_id: first, training_date: day(2) }],
    });
    expect((await build(at('2031-05-13T07:00:00Z'))).warnings).toEqual([]);
    await db.query(sql.unsafe`update real_trainings set status = 'cancelled', cancelled_at = now()`);
    expect((await build()).warnings).toEqual([]);
  });
});
