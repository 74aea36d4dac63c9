import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays } from '../../queues/time/calendar.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { claimRun, finishRun } from '../../sql/runs/execute.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { markPresent } from '../../workers/attendance/mark-present.ts';
import { ask } from '../finance/acts.ts';
import { club } from '../subscriptions/studio.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { night } from '../support/night.ts';

/** A day years ahead: nothing here depends on today, and 23:00 in Moscow is 20:00Z. */
const D = '2031-05-14';
const TICK = `${D}T20:00:00.000Z`;
let database: TestDatabase;
let db: Database;
let make: ReturnType<typeof club>;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  make = club(db);
});
afterEach(() => emptyStudio(db));
afterAll(() => database.close());

/** A training of a day with one student registered. */
async function training(startsAt: string, date = D, student?: number) {
  const id = await make.training({ startsAt, date });
  const registered = student ?? (await make.student());
  await make.register(id, registered);
  return { id, student: registered };
}
const stateOf = async (training: number) =>
  db.one(sql.type(z.object({ training: z.string(), seat: z.string() }))`
    select training.status as training, seat.status as seat
    from real_trainings training join real_training_students seat on seat.real_training_id = training.id
    where training.id = ${training}`);
const DONE = { training: 'completed', seat: 'PRESENT' };
const OPEN = { training: 'scheduled', seat: 'REGISTERED' };
const mark = (date = D) => night(db, markPresent, 'attendance', date);

describe('trainings that have begun at the run’s instant (D11)', () => {
  test.each([
    ['before', `${D}T19:59:59.999Z`, DONE],
    ['at', TICK, DONE],
    ['after', `${D}T20:00:00.001Z`, OPEN],
    ['half an hour after', `${D}T20:30:00Z`, OPEN],
  ])('a training that begins %s it', async (_, startsAt, state) => {
    const { id: made } = await training(startsAt);
    await mark();
    expect(await stateOf(made)).toEqual(state);
    await mark();
    expect(await stateOf(made)).toEqual(state);
  });

  test('a training that began later is marked the next night', async () => {
    const { id: made } = await training(`${D}T20:30:00Z`);
    await mark();
    await mark(addDays(D, 1));
    expect(await stateOf(made)).toEqual(DONE);
  });

  test.each([
    ['the tick’s, however late it is caught up', TICK, OPEN],
    ['the request’s, of a run by hand for an earlier day', null, DONE],
  ])('is %s', async (_, scheduled_for, state) => {
    const { id: made } = await training(`${D}T20:30:00Z`);
    const request = { process_type: 'attendance', run_key: `attendance:${D}`, process_date: D, params: { date: D }, again: true };
    const { run } = await requestRun(db, { ...request, ...(scheduled_for ? { scheduled_for } : {}) });
    // It is asked for, or executed, days later.
    await db.query(sql.unsafe`
      update automated_process_history set requested_at = ${`${addDays(D, 3)}T09:00:00Z`}::timestamptz where id = ${run.id}`);
    const claimed = await claimRun(db, run.id, 'test');
    const context = {
      db,
      settings: undefined as never,
      backend: undefined as never,
      now: new Date(`${addDays(D, 3)}T09:00:00Z`),
      chunk: db.transaction.bind(db) as never,
    };
    await finishRun(db, run.id, await markPresent(claimed as never, context));
    expect(await stateOf(made)).toEqual(state);
  });

  test('a student registered in a completed training is marked once it has begun', async () => {
    const { id: made } = await training(`${D}T20:30:00Z`);
    await db.query(sql.unsafe`update real_trainings set status = 'completed' where id = ${made}`);
    await mark();
    expect(await stateOf(made)).toEqual({ training: 'completed', seat: 'REGISTERED' });
    await mark(addDays(D, 1));
    expect(await stateOf(made)).toEqual(DONE);
  });
});

describe('"started" is what the clock says, not the status (D17)', () => {
  const completed = async () => {
    const made = await training(`${D}T20:30:00Z`);
    await db.query(sql.unsafe`update real_trainings set status = 'completed', processed_at = now() where id = ${made.id}`);
    await db.query(sql.unsafe`
      update real_training_students set status = 'PRESENT', attendance_marked_at = now() where real_training_id = ${made.id}`);
    return made;
  };
  const begin = Date.parse(`${D}T20:30:00Z`);
  const refused = { refused: { kind: 'conflict', detail: 'the training has started' } };

  test.each([
    ['13 hours before', -13 * 3_600_000, { answer: { outcome: 'safe' } }],
    ['a millisecond before', -1, { answer: { outcome: 'late' } }],
    ['at its start', 0, refused],
  ])('a student leaves %s', async (_, offset, decision) => {
    const made = await completed();
    const at = begin + offset;
    expect(await ask(db, 'cancel_participation', { training: made.id, student: made.student, at })).toMatchObject(decision);
  });
  test.each([
    [-1, { answer: { students: 1 } }],
    [0, refused],
  ])('it is called off %d ms from its start', async (offset, decision) => {
    const made = await completed();
    expect(await ask(db, 'cancel_training', { training: made.id, at: begin + offset })).toMatchObject(decision);
  });
  test.each([
    [-1, { answer: { status: 'REGISTERED' } }],
    [0, refused],
  ])('somebody is added %d ms from its start', async (offset, decision) => {
    const made = await completed();
    const student = await make.student();
    expect(await ask(db, 'add_student', { training: made.id, student, at: begin + offset })).toMatchObject(decision);
  });
});

describe('the audit sees what never began', () => {
  const rules = async () => (await auditBooks(db, '2000-01-01')).map(({ rule, id: found }) => [rule, found]);

  test('a night leaves nothing to find', async () => {
    await training(`${D}T19:00:00Z`);
    await mark();
    expect(await rules()).toEqual([]);
  });
  test.each([
    ['as of its start', '0 s', false],
    ['as of a second before', '1 s', true],
  ])('a training completed %s', async (_, before, isFound) => {
    const { id: made } = await training(`${D}T19:00:00Z`);
    await db.query(sql.unsafe`
      update real_trainings set status = 'completed', completed_at = starts_at - ${before}::interval where id = ${made}`);
    expect(await rules()).toEqual(isFound ? [['completed_early', made]] : []);
  });
  test.each([
    ['0 s', false],
    ['1 s', true],
  ])('a training completed before that was noted, its students marked %s too early', async (before, isFound) => {
    const { id: made } = await training(`${D}T19:00:00Z`);
    await db.query(sql.unsafe`update real_trainings set status = 'completed' where id = ${made}`);
    await db.query(sql.unsafe`
      update real_training_students set status = 'PRESENT', attendance_marked_at = ${`${D}T19:00:00Z`}::timestamptz - ${before}::interval`);
    expect(await rules()).toEqual(isFound ? [['completed_early', made]] : []);
  });
  test.each([
    ['a run, at its start', '0 s', 7, true],
    ['a run, before', '-1 s', 7, false],
    ['somebody by hand', '0 s', null, false],
  ])('a charge of a training made by %s', async (_, late, run, isFound) => {
    const { id: made } = await training(`${D}T19:00:00Z`);
    await db.query(sql.unsafe`
      update real_trainings set created_at = starts_at + ${late}::interval, run_id = ${run}::int where id = ${made}`);
    expect(await rules()).toEqual([]);
    const seat = await db.oneFirst(
      sql.type(z.object({ id: z.int() }))`update real_training_students set charged_at = now() returning id`,
    );
    expect(await rules()).toEqual(isFound ? [['never_began', seat]] : []);
  });
});
