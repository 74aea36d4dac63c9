import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { readSettings } from '../../queues/process/settings.ts';
import { addDays } from '../../queues/time/calendar.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import type { CountsSoFar } from '../../sql/runs/execute.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { generate } from '../../workers/generation/generate.ts';
import type { RunContext } from '../../workers/runner/run-context.ts';
import { salon } from '../bookings/salon.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { monday } from '../support/days.ts';
import { emptyStudio } from '../support/emptying.ts';
import { eventually } from '../support/eventually.ts';
import { shownOf } from '../support/night.ts';
import { registrations, studio } from '../support/studio.ts';

/** The week after the next one; its Monday at ten in Moscow. */
const start = monday(1);
const TEN = `${start}T10:00:00+03:00`;
const run = { id: 1, run_key: 'generation:race', params: { start, end: addDays(start, 6) }, progress: null } as unknown as Run;
let database: TestDatabase;
let db: Database;
let make: ReturnType<typeof studio>;
let book: ReturnType<typeof salon>;

beforeAll(async () => {
  database = await testDatabase({ max: 4 });
  db = database.db;
  make = studio(db);
  book = salon(db);
});
afterEach(() => emptyStudio(db));
afterAll(() => database.close());

/** Executes the handler; `chunk` is each try of a window. Its counts after the last one must be those of its end. */
async function build(chunk: RunContext['chunk'] = (step) => db.transaction(step, 0)) {
  const settings = readSettings({ DATABASE_URL: database.url, STUDIO_TZ: 'Europe/Moscow', LOG_LEVEL: 'silent' }, '/nonexistent');
  let soFar: CountsSoFar = {};
  const counted: RunContext['chunk'] = async (step, countsOf) => {
    const reached = await chunk(step);
    soFar = countsOf?.(reached) ?? {};
    return reached;
  };
  const outcome = await generate(run, { settings, db, now: new Date(), chunk: counted } as unknown as RunContext);
  expect(shownOf(soFar)).toEqual(shownOf(outcome.counts));
  return outcome;
}

/** How many sessions of this database wait for somebody else's lock. */
const waiting = () =>
  db.oneFirst(sql.type(z.object({ n: z.int() }))`
    select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);

test('somebody is booked elsewhere in the very moment: the window is built anew, finds him busy, and loses nothing else', async () => {
  const template = await make.template({ type: await make.type({ places: 5 }), trainer: await make.trainer(), time: '10:00' });
  const [booked, free] = [await make.student(), await make.student()];
  for (const id of [booked, free]) await make.link(template, id, { since: '2020-01-01' });
  const service = await book.service();
  const specialist = await book.specialist([service]);
  let tries = 0;
  const [isBooked, mayCommit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const booking = db.transaction(async (other) => {
    await salon(other as unknown as Database).booking({ client: booked, specialist, service, at: TEN });
    isBooked.resolve();
    await mayCommit.promise;
  });
  await isBooked.promise;
  // The run cannot see the booking yet; it waits where the database would refuse both, and goes on when that is committed.
  const running = build((step) => {
    tries += 1;
    return db.transaction(step, 0);
  });
  await eventually(async () => (await waiting()) > 0);
  mayCommit.resolve();
  await booking;
  expect(await running).toMatchObject({
    status: 'success',
    result: { created_count: 1, students_added: 1 },
    details: { warnings: [{ reason: 'student_busy', student_id: booked }], conflicts: [] },
  });
  expect(tries).toBe(2);
  expect((await registrations(db)).map((seat) => seat.student)).toEqual([free]);
});

describe('a window that is refused again and again', () => {
  const refused = () => db.transaction((inner) => inner.query(sql.unsafe`do $$ begin raise exclusion_violation; end $$`), 0);
  /** Refuses so many tries, then lets them through. */
  async function buildAfter(refusals: number) {
    const template = await make.template({ type: await make.type(), trainer: await make.trainer() });
    await make.link(template, await make.student(), { since: '2020-01-01' });
    let tries = 0;
    const ended = await build(async (step) => {
      tries += 1;
      if (tries <= refusals) await refused();
      return db.transaction(step, 0);
    }).then(
      (outcome) => outcome.status,
      (error) => (error.cause ?? error).code,
    );
    return [tries, ended];
  }

  test.each([
    [0, [1, 'success']],
    [4, [5, 'success']],
    [5, [5, '23P01']],
  ])('%i times: tries and ending %j', async (refusals, ended) => {
    expect(await buildAfter(refusals)).toEqual(ended);
  });
});

test('any other failure is not tried again', async () => {
  let tries = 0;
  const failing = build(async () => {
    tries += 1;
    throw new Error('something else');
  });
  await expect(failing).rejects.toThrow('something else');
  expect(tries).toBe(1);
});
