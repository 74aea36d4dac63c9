import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { renewNight } from '../../workers/renewal/renew-night.ts';
import { club, messagesTo } from '../subscriptions/studio.ts';
import { clockAt } from '../support/clock.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { night } from '../support/night.ts';

clockAt('2026-11-20T09:00:00Z');
const D = '2026-11-20';
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
const renew = (date = D) => night(db, renewNight, 'auto_renewal', date);

test.each([
  [-1, false],
  [0, true],
  [2, true],
  [3, true],
  [4, false],
])('a subscription that ends on D%+i is announced: %p (D28)', async (days, isTold) => {
  const student = await make.student();
  const end = addDays(D, days);
  await make.held({ student, item: await make.item({ price: 123 }), to: end, left: 2, autoRenew: false });
  const { details } = await renew();
  expect(details.told).toMatchObject({ ending: isTold ? 1 : 0 });
  const told = await messagesTo(db, { user: student });
  expect(told.map(({ template, params }) => [template, params])).toEqual(
    isTold
      ? [
          [
            'subscription_ending',
            {
              student_subscription_id: expect.any(Number),
              subscription: expect.any(String),
              student: null,
              end_date: end,
              sessions_left: 2,
              renews: false,
              price_minor: 123,
            },
          ],
        ]
      : [],
  );
});

test.each<[string, { autoRenew?: boolean }, { isActive?: boolean }, boolean]>([
  ['renews itself', {}, {}, true],
  ['does not', { autoRenew: false }, {}, false],
  ['would, but is not sold any more', {}, { isActive: false }, false],
])('one that %s', async (_, fields, item, renews) => {
  const student = await make.student();
  await make.held({ student, item: await make.item(item), to: addDays(D, 3), ...fields });
  await renew();
  expect((await messagesTo(db, { user: student }))[0]?.params).toMatchObject({ renews });
});

test('once, night after night; again only when a freeze has moved the end', async () => {
  const student = await make.student();
  const id = await make.held({ student, item: await make.item(), to: addDays(D, 3), autoRenew: false });
  for (const days of [0, 0, 1, 2, 3, 4]) await renew(addDays(D, days));
  expect(await messagesTo(db, { user: student })).toHaveLength(1);
  await db.query(sql.unsafe`update student_subscriptions set end_date = ${addDays(D, 9)}::date where id = ${id}`);
  for (const days of [5, 6, 7]) await renew(addDays(D, days));
  expect(await messagesTo(db, { user: student })).toHaveLength(2);
});

test('a subscription renewed this very night is announced as renewed only; one that is over is not announced', async () => {
  const [one, other, third] = [await make.student(), await make.student(), await make.student()];
  const item = await make.item();
  await make.held({ student: one, item, to: D });
  await make.held({ student: other, item, to: addDays(D, 2), status: 'cancelled' });
  await make.held({ student: third, item, to: addDays(D, 2), status: 'expired' });
  await renew();
  expect((await messagesTo(db, { user: one })).map(({ template }) => template)).toEqual(['subscription_renewed']);
  expect([...(await messagesTo(db, { user: other })), ...(await messagesTo(db, { user: third }))]).toEqual([]);
});
