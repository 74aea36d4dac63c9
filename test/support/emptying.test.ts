import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type TestDatabase, testDatabase } from './database.ts';
import { emptyStudio, emptyTables } from './emptying.ts';
import { holdOpen, waitingForLock } from './ledger.ts';
import { rowCounts } from './row-counts.ts';
import { studio } from './studio.ts';

let database: TestDatabase;
let fresh: Record<string, number>;
beforeAll(async () => {
  database = await testDatabase();
  fresh = await rowCounts(database.db);
});
beforeEach(() => emptyStudio(database.db));
afterAll(() => database.close());

async function fill() {
  const make = studio(database.db);
  const student = await make.student();
  const template = await make.template({ type: await make.type(), trainer: await make.trainer(), room: await make.room() });
  await make.link(template, student);
  await make.subscription({ student, from: '2026-11-01', to: '2026-11-30' });
  return { student, template };
}

test('an emptied studio is as it was, down to the numbers it gives', async () => {
  const first = await fill();
  expect(await rowCounts(database.db)).not.toEqual(fresh);
  await emptyStudio(database.db);
  expect(await rowCounts(database.db)).toEqual(fresh);
  expect(await fill()).toEqual(first);
});

test('rows that refer to an emptied table go with it, rows it refers to stay', async () => {
  await fill();
  await emptyTables(database.db, 'training_templates');
  expect(await rowCounts(database.db)).toMatchObject({
    'public.training_templates': 0,
    'public.training_student_templates': 0,
    'public.training_types': 1,
    'public.students': 1,
  });
});

test('it waits for whoever is writing, and takes that away too', async () => {
  const other = await holdOpen(database.url, `insert into users (first_name) values ('Поздний')`);
  const emptied = emptyTables(database.db, 'users', 'changes', 'changes_log');
  await waitingForLock(database.db);
  await other.commit();
  await emptied;
  expect(await rowCounts(database.db)).toEqual(fresh);
});
