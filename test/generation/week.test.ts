import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { z } from 'zod';
import type { generationResult } from '../../queues/jobs/results.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { describeTrainings } from '../../sql/generation/trainings.ts';
import type { WeekProgress } from '../../sql/generation/week.ts';
import { generate } from '../../workers/generation/generate.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { dry } from '../support/dry.ts';
import { emptyStudio } from '../support/emptying.ts';
import { eventually } from '../support/eventually.ts';
import { registrations, studio } from '../support/studio.ts';
import { beforehand } from '../support/weeks.ts';
import { buildWeek } from './fixtures.ts';

const WEEK = { start: '2026-11-23', zone: 'Europe/Moscow', graceDays: 7 };
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

const build = (week = WEEK) => buildWeek(db, beforehand(week));
const one = async (options: Parameters<typeof make.type>[0] = {}) =>
  make.template({ type: await make.type(options), trainer: await make.trainer() });
const reasons = ({ warnings }: WeekProgress) => warnings.map((warning) => warning.reason);

describe('trainings (D5)', () => {
  test('each active template becomes a training on its day, with the facts of its type', async () => {
    const type = await make.type({ places: 7, price: 12_345, minutes: 90 });
    const trainer = await make.trainer();
    await make.template({ type, trainer, day: 7, time: '19:30' });
    await make.template({ type, trainer, day: 1, time: '08:00', isActive: false });
    const { created } = await build();
    const rows = await db.any(sql.unsafe`select * from real_trainings`);
    expect(created).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      training_date: '2026-11-29',
      start_time: '19:30:00',
      starts_at: '2026-11-29T16:30:00.000Z',
      ends_at: '2026-11-29T18:00:00.000Z',
      max_participants: 7,
      price_minor: 12_345,
      status: 'scheduled',
    });
  });

  test.each([
    ['Europe/Berlin', '2026-03-23', '2026-03-29T01:30:00.000Z', 'lost in the gap: moves on by the gap'],
    ['Europe/Berlin', '2026-10-19', '2026-10-25T00:30:00.000Z', 'exists twice: the first'],
    ['Europe/Moscow', '2026-10-19', '2026-10-24T23:30:00.000Z', 'plain'],
  ])('02:30 on Sunday in %s, week of %s, is %s (%s)', async (zone, start, instant) => {
    await make.template({ type: await make.type(), trainer: await make.trainer(), day: 7, time: '02:30' });
    const { created } = await build({ ...WEEK, start, zone });
    expect(await db.anyFirst(sql.unsafe`select starts_at from real_trainings where id = ${created[0] ?? 0}`)).toEqual([instant]);
  });
});

describe('eligible students are seated, others are not (D6)', () => {
  test.each([
    ['linked on the day', { since: '2026-11-23' }, true],
    ['linked a day later', { since: '2026-11-24' }, false],
    ['frozen link', { isFrozen: true }, false],
  ])('%s', async (_, link, seated) => {
    const template = await one();
    await make.link(template, await make.student(), link);
    expect((await build()).students_added).toBe(seated ? 1 : 0);
  });

  test.each([
    ['freeze ends the day before', ['2026-11-01', '2026-11-22'], true],
    ['freeze ends on the day', ['2026-11-01', '2026-11-23'], false],
    ['freeze starts on the day', ['2026-11-23', '2026-11-30'], false],
    ['freeze starts the day after', ['2026-11-24', '2026-11-30'], true],
  ])('%s', async (_, frozen, seated) => {
    const template = await one();
    const student = await make.student();
    await make.link(template, student);
    await make.subscription({
      student,
      from: '2026-11-01',
      to: '2026-12-31',
      frozen: frozen as [string, string],
      status: 'frozen',
    });
    expect((await build()).students_added).toBe(seated ? 1 : 0);
  });

  test.each([
    ['no subscription', null, false],
    ['valid with sessions', { from: '2026-11-23', to: '2026-11-23', left: 1 }, true],
    ['ended the day before', { from: '2026-11-01', to: '2026-11-22', left: 5 }, false],
    ['starts the day after', { from: '2026-11-24', to: '2026-12-22', left: 5 }, false],
    ['no sessions left', { from: '2026-11-01', to: '2026-11-30', left: 0 }, false],
    ['no sessions left, on auto-renew', { from: '2026-11-01', to: '2026-11-30', left: 0, autoRenew: true }, true],
    ['unlimited', { from: '2026-11-01', to: '2026-11-30', left: null }, true],
    ['cancelled', { from: '2026-11-01', to: '2026-11-30', left: 5, status: 'cancelled' }, false],
  ])('subscription only: %s', async (_, held, seated) => {
    const template = await one({ subscriptionOnly: true });
    const student = await make.student();
    await make.link(template, student);
    if (held) await make.subscription({ student, ...held });
    expect((await build()).students_added).toBe(seated ? 1 : 0);
  });

  test('places go in the order of start date, then link; each one beyond is a warning with student and training', async () => {
    const template = await one({ places: 2 });
    const [late, first, second] = [await make.student(), await make.student(), await make.student()];
    await make.link(template, late, { since: '2026-02-01' });
    await make.link(template, first, { since: '2026-01-01' });
    await make.link(template, second, { since: '2026-01-01' });
    const { warnings, created } = await build();
    expect((await registrations(db)).map((row) => row.student)).toEqual([first, second]);
    expect(warnings).toMatchObject([{ reason: 'full', student_id: late, real_training_id: created[0] }]);
  });

  test('an inactive student is passed over with a warning', async () => {
    const template = await one();
    await make.link(template, await make.student({ isActive: false }));
    expect(reasons(await build())).toEqual(['student_inactive']);
  });

  test('a type without places makes an empty training and says so', async () => {
    const template = await one({ places: 0 });
    await make.link(template, await make.student());
    const progress = await build();
    expect(progress.created).toHaveLength(1);
    expect(reasons(progress)).toEqual(['no_places', 'full']);
  });
});

describe('a student in two places at once (D7)', () => {
  const pair = async (firstTime: string, secondTime: string, firstPlaces = 10) => {
    const first = await make.template({
      type: await make.type({ places: firstPlaces }),
      trainer: await make.trainer(),
      time: firstTime,
    });
    const second = await make.template({ type: await make.type(), trainer: await make.trainer(), time: secondTime });
    const student = await make.student();
    await make.link(first, student);
    await make.link(second, student);
    return { first, second, student };
  };

  test('goes to the earlier training only', async () => {
    const { first, student } = await pair('10:00', '10:59');
    const { warnings } = await build();
    expect(await registrations(db)).toMatchObject([{ template: first, student }]);
    expect(warnings).toMatchObject([{ reason: 'student_busy', student_id: student }]);
  });

  test('goes to both when one begins as the other ends', async () => {
    await pair('10:00', '11:00');
    expect((await build()).students_added).toBe(2);
  });

  test('goes to the later one when the earlier is full', async () => {
    const { second, student } = await pair('10:00', '10:30', 0);
    await build();
    expect(await registrations(db)).toMatchObject([{ template: second, student }]);
  });

  test('a chain of three is decided in order: the second is refused, so the third is free', async () => {
    const templates: number[] = [];
    for (const time of ['10:00', '10:40', '11:20']) {
      templates.push(await make.template({ type: await make.type(), trainer: await make.trainer(), time }));
    }
    const student = await make.student();
    for (const template of templates) await make.link(template, student);
    await build();
    expect((await registrations(db)).map((row) => row.template)).toEqual([templates[0], templates[2]]);
  });
});

describe('conflicts (D8)', () => {
  test('the trainer is taken: the later template is not made and is listed with what is in the way', async () => {
    const trainer = await make.trainer();
    const first = await make.template({ type: await make.type(), trainer, time: '10:00' });
    const second = await make.template({ type: await make.type(), trainer, time: '10:30' });
    const { created, conflicts } = await build();
    expect(await db.anyFirst(sql.unsafe`select training_template_id from real_trainings`)).toEqual([first]);
    expect(conflicts).toMatchObject([
      { reason: 'trainer_busy', training_template_id: second, trainer_id: trainer, real_training_id: created[0] },
    ]);
  });

  test('the room is taken', async () => {
    const room = await make.room();
    await make.template({ type: await make.type(), trainer: await make.trainer(), room });
    await make.template({ type: await make.type(), trainer: await make.trainer(), room });
    expect((await build()).conflicts).toMatchObject([{ reason: 'room_busy', room_id: room }]);
  });

  test.each([
    ['11:00', 0],
    ['10:59', 1],
  ])('after a training from 10:00 to 11:00, %s makes %i conflicts', async (time, conflicts) => {
    const trainer = await make.trainer();
    await make.template({ type: await make.type(), trainer, time: '10:00' });
    await make.template({ type: await make.type(), trainer, time });
    expect((await build()).conflicts).toHaveLength(conflicts);
  });

  test('a deactivated trainer gives no training but a warning', async () => {
    const trainer = await make.trainer({ isActive: false });
    const template = await make.template({ type: await make.type(), trainer });
    const progress = await build();
    expect(progress).toMatchObject({ created: [], conflicts: [] });
    expect(progress.warnings).toMatchObject([
      { reason: 'trainer_inactive', training_template_id: template, trainer_id: trainer },
    ]);
  });
});

describe('again (D9)', () => {
  test('a second build changes nothing', async () => {
    const template = await one({ places: 1 });
    await make.link(template, await make.student());
    await make.link(template, await make.student());
    await build();
    const before = await registrations(db);
    const second = await build();
    expect(second).toMatchObject({ created: [], students_added: 0 });
    expect(reasons(second)).toEqual(['full']);
    expect(await registrations(db)).toEqual(before);
  });

  test('fills free places for those linked since, displacing nobody', async () => {
    const template = await one({ places: 2 });
    const early = await make.student();
    await make.link(template, early, { since: '2026-06-01' });
    await build();
    const [older, newer] = [await make.student(), await make.student()];
    await make.link(template, newer, { since: '2026-05-02' });
    await make.link(template, older, { since: '2026-05-01' });
    await build();
    expect((await registrations(db)).map((row) => row.student)).toEqual([early, older]);
  });

  test('brings back neither a cancelled training nor a cancelled registration', async () => {
    const [kept, gone] = [await one(), await one()];
    const student = await make.student();
    await make.link(kept, student);
    await make.link(gone, await make.student());
    await db.query(sql.unsafe`update training_templates set start_time = '12:00' where id = ${gone}`);
    await build();
    await db.query(sql.unsafe`
      update real_trainings set status = 'cancelled', cancelled_at = now() where training_template_id = ${gone}`);
    await db.query(sql.unsafe`update real_training_students set status = 'CANCELLED_SAFE' where student_id = ${student}`);
    await make.link(gone, await make.student());
    expect(await build()).toMatchObject({ created: [], students_added: 0, conflicts: [] });
    expect((await registrations(db)).map((row) => row.status).sort()).toEqual(['CANCELLED_SAFE', 'REGISTERED']);
  });
});

test('a preview tells what a build does, and writes nothing', async () => {
  const template = await one({ places: 1 });
  await make.link(template, await make.student());
  await make.link(template, await make.student());
  const { details, result } = await dry(db, 'generation', generate, { week_start: WEEK.start }, beforehand(WEEK).now);
  const preview = result as z.output<typeof generationResult>;
  expect(await db.anyFirst(sql.unsafe`select count(*)::int from real_trainings`)).toEqual([0]);
  const built = await build();
  expect(preview.students_added).toBe(built.students_added);
  expect(details.warnings).toHaveLength(built.warnings.length);
  const shown = (await describeTrainings(db, built.created)).map((training) => ({ ...training, id: expect.any(Number) }));
  expect(preview.trainings).toEqual(shown);
});

test('a student deleted in the middle is passed over with a warning', async () => {
  const template = await one();
  const [stays, goes] = [await make.student(), await make.student()];
  await make.link(template, stays);
  await make.link(template, goes);
  const deleting = new pg.Client({ connectionString: database.url });
  await deleting.connect();
  await deleting.query('begin');
  await deleting.query('delete from users where id = $1', [goes]);
  const built = build();
  await eventually(() =>
    db.oneFirst(sql.unsafe`
      select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`),
  );
  await deleting.query('commit');
  await deleting.end();
  expect(await built).toMatchObject({ students_added: 1, warnings: [{ reason: 'student_gone', student_id: goes }] });
  expect(await registrations(db)).toMatchObject([{ student: stays }]);
});

test('two builds at once make what one would', async () => {
  const template = await one({ places: 3 });
  for (let n = 0; n < 5; n += 1) await make.link(template, await make.student());
  const [first, second] = await Promise.all([build(), build()]);
  expect(first.created.length + second.created.length).toBe(1);
  expect(first.students_added + second.students_added).toBe(3);
  expect(await registrations(db)).toHaveLength(3);
});
