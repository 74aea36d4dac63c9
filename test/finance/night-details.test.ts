import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type Database, sql } from '../../sql/database/database.ts';
import { markPresent } from '../../workers/attendance/mark-present.ts';
import { chargeNight } from '../../workers/finance/charge-night.ts';
import { addDone, nothingDone } from '../../workers/runner/by-training.ts';
import { club } from '../subscriptions/studio.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { Killed, night } from '../support/night.ts';

/** A day years ahead: nothing here depends on today. */
const D = '2031-05-14';
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

const detailsOf = async (process: string) =>
  (
    await db.one(sql.type(z.object({ details: z.record(z.string(), z.unknown()) }))`
      select details from automated_process_history where process_type = ${process} order by id desc limit 1`)
  ).details;

test('a night says per training who was marked, and what was charged', async () => {
  const [early, late] = [
    await make.training({ startsAt: `${D}T09:00:00Z`, date: D, price: 70_000 }),
    await make.training({ startsAt: `${D}T10:00:00Z`, date: D, price: 50_000 }),
  ];
  const [holder, debtor, other] = [await make.student(), await make.student(), await make.student()];
  await make.subscription({ student: holder, from: '2031-05-01', to: '2031-05-31', left: 3 });
  for (const student of [holder, debtor, other]) await make.register(early, student);
  await make.register(late, debtor);
  await night(db, markPresent, 'attendance', D);
  expect(await detailsOf('attendance')).toEqual({
    trainings: [
      { training_id: early, students_marked_present: 3 },
      { training_id: late, students_marked_present: 1 },
    ],
    is_cut: false,
  });
  await night(db, chargeNight, 'finance', D);
  expect(await detailsOf('finance')).toEqual({
    trainings: [
      { training_id: early, sessions: 1, invoices: 2, amount_minor: 140_000 },
      { training_id: late, sessions: 0, invoices: 1, amount_minor: 50_000 },
    ],
    is_cut: false,
  });
  await night(db, chargeNight, 'finance', D);
  expect(await detailsOf('finance')).toEqual({ trainings: [], is_cut: false });
});

test('a night that was stopped between two chunks says what both did', async () => {
  const training = await make.training({ startsAt: `${D}T09:00:00Z`, date: D, price: 70_000 });
  await make.register(training, await make.student());
  const stop = night(db, chargeNight, 'finance', D, {
    onChunk: (chunks) => {
      if (chunks === 1) throw new Killed();
    },
  });
  await expect(stop).rejects.toThrow(Killed);
  await night(db, chargeNight, 'finance', D);
  expect(await detailsOf('finance')).toEqual({
    trainings: [{ training_id: training, sessions: 0, invoices: 1, amount_minor: 70_000 }],
    is_cut: false,
  });
});

test('the list is bounded: of more than 500 trainings the first stay, and their counts go on', () => {
  const many = Array.from({ length: 501 }, (_, n) => ({ training_id: n + 1, sessions: 1 }));
  const cut = addDone(addDone(nothingDone, many.slice(0, 500)), many.slice(0, 1));
  expect([cut.is_cut, cut.trainings.slice(0, 2)]).toEqual([
    false,
    [
      { training_id: 1, sessions: 2 },
      { training_id: 2, sessions: 1 },
    ],
  ]);
  const more = addDone(cut, many.slice(500));
  expect([more.trainings.length, more.is_cut]).toEqual([500, true]);
});
