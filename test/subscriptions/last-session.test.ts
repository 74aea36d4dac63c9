import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Database, sql } from '../../sql/database/database.ts';
import { giveBack } from '../../sql/finance/give-back.ts';
import { chargeChunk, initialNightProgress } from '../../sql/finance/night.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { club, messagesTo } from './studio.ts';

let database: TestDatabase;
let db: Database;
let make: ReturnType<typeof club>;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  make = club(db);
});
afterAll(() => database.close());

async function charge(date: string) {
  let progress = initialNightProgress;
  while (!progress.done) progress = await db.transaction((transaction) => chargeChunk(transaction, date, progress, null));
}

test.each<[number | null, number, number]>([
  [1, 1, 1],
  [2, 1, 0],
  [2, 2, 1],
  [1, 2, 1],
  [null, 1, 0],
])('of %p sessions %i are needed: told %i times', async (left, trainings, times) => {
  const student = await make.student();
  const held = await make.held({
    student,
    item: await make.item(),
    from: '2026-11-01',
    to: '2026-11-30',
    left,
    autoRenew: false,
  });
  for (let n = 0; n < trainings; n += 1)
    await make.register(await make.training({ startsAt: `2026-11-2${n + 1}T10:00:00Z` }), student);
  await charge('2026-11-22');
  const told = await messagesTo(db, { user: student });
  expect(told).toHaveLength(times);
  for (const message of told) {
    expect(message).toMatchObject({
      template: 'subscription_last_session',
      dedupe_key: `subscription_last_session:${held}`,
      params: { end_date: '2026-11-30', is_auto_renew: false, student: null, subscription: expect.stringContaining('Абонемент') },
    });
  }
});

test('taken, given back and taken again, it is reported once; the payer is notified, too', async () => {
  const [student, payer] = [await make.student(), await make.student()];
  await db.query(sql.unsafe`update students set payer_id = ${payer} where id = ${student}`);
  await make.held({ student, item: await make.item(), from: '2026-11-01', to: '2026-11-30', left: 1 });
  const seat = await make.register(await make.training({ startsAt: '2026-11-21T10:00:00Z' }), student);
  await charge('2026-11-22');
  await db.transaction((transaction) => giveBack(transaction, [seat]));
  await charge('2026-11-22');
  expect(await messagesTo(db, { user: student })).toHaveLength(1);
  expect(await messagesTo(db, { user: payer })).toMatchObject([{ params: { student: expect.stringContaining('Ученик') } }]);
});
