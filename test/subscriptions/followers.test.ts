import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { chargeChunk, initialNightProgress } from '../../sql/finance/night.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { club, heldBy, invoicesOf, messagesTo } from './studio.ts';

const TODAY = dayOf(new Date(), 'Europe/Moscow');
const at = (days: number) => addDays(TODAY, days);
let api: TestApi;
let make: ReturnType<typeof club>;
beforeAll(async () => {
  api = await testApi();
  make = club(api.db);
});
afterEach(async () => expect((await api.get('/api/audit?date=2020-01-01')).body).toMatchObject({ square: true }));
afterAll(() => api.close());

const act = (id: number, what: string, body?: object) => api.post(`/api/student-subscriptions/${id}/${what}`, body);
const termsOf = async (student: number) =>
  (await heldBy(api.db, student)).map(({ start_date, end_date }) => [start_date, end_date]);

/** One that lasts until the day after tomorrow, and two that were bought ahead, each of ten days. */
async function threeInARow() {
  const student = await make.student();
  const item = await make.item({ price: 700, sessions: 3, days: 10 });
  const ids: number[] = [];
  for (const start of [-7, 3, 13]) {
    const bought = await api.post(`/api/students/${student}/subscriptions`, { subscription_id: item, start_date: at(start) });
    ids.push(bought.body.id);
  }
  return { student, ids };
}
const AS_SOLD = [
  [at(-7), at(2)],
  [at(3), at(12)],
  [at(13), at(22)],
];
const FROZEN = [
  [at(-7), at(6)],
  [at(7), at(16)],
  [at(17), at(26)],
];

test('a freeze moves all that follow, without overlap or gap, and what is due on their first days; ended early, it moves them back', async () => {
  const { student, ids } = await threeInARow();
  const [first, second, third] = ids as [number, number, number];
  const frozen = await act(first, 'freeze', { from: TODAY, to: at(3) });
  expect(frozen).toMatchObject({
    status: 200,
    body: {
      moved: [
        { id: second, start_date: at(7), end_date: at(16) },
        { id: third, start_date: at(17), end_date: at(26) },
      ],
    },
  });
  expect(await termsOf(student)).toEqual(FROZEN);
  expect((await invoicesOf(api.db, student)).map((bill) => bill.due_date)).toEqual([TODAY, at(7), at(17)]);
  expect((await messagesTo(api.db, { user: student })).at(-1)?.params.moved).toHaveLength(2);

  const ended = await act(first, 'unfreeze');
  expect(ended).toMatchObject({
    status: 200,
    body: { days_returned: 4, moved: [{ id: second, start_date: at(3) }, { id: third }] },
  });
  expect(await termsOf(student)).toEqual(AS_SOLD);
  expect((await invoicesOf(api.db, student)).map((bill) => bill.due_date)).toEqual([TODAY, at(3), at(13)]);
});

test('called off in its freeze, it leaves the others their days', async () => {
  const { student, ids } = await threeInARow();
  await act(ids[0] as number, 'freeze', { from: TODAY, to: at(3) });
  expect(await act(ids[0] as number, 'cancel', { reason: 'переезд' })).toMatchObject({ status: 200, body: { moved: [{}, {}] } });
  expect((await termsOf(student)).slice(1)).toEqual(AS_SOLD.slice(1));
});

test('one that follows and has a freeze of its own is in the way, and nothing moves', async () => {
  const { student, ids } = await threeInARow();
  await act(ids[2] as number, 'freeze', { from: at(15), to: at(16) });
  const before = await termsOf(student);
  expect(await act(ids[0] as number, 'freeze', { from: TODAY, to: at(3) })).toMatchObject({
    status: 409,
    body: { detail: `the subscription ${ids[2]}, which follows it, has a freeze: end that one first` },
  });
  expect(await termsOf(student)).toEqual(before);
});

test('a session that was taken for a day that is no longer within its term is given back, and decided anew', async () => {
  const student = await make.student();
  const item = await make.item({ price: 0, sessions: 3, days: 10 });
  const ids: number[] = [];
  for (const start of [-9, 1]) {
    ids.push(
      (await api.post(`/api/students/${student}/subscriptions`, { subscription_id: item, start_date: at(start) })).body.id,
    );
  }
  await make.register(await make.training({ startsAt: `${at(1)}T20:00:00Z`, date: at(1) }), student);
  const night = async () => {
    let progress = initialNightProgress;
    while (!progress.done) progress = await api.db.transaction((transaction) => chargeChunk(transaction, TODAY, progress, null));
  };
  const left = async () => (await heldBy(api.db, student)).map((held) => held.sessions_left);
  await night();
  expect(await left()).toEqual([3, 2]);
  expect(await act(ids[0] as number, 'freeze', { from: TODAY, to: TODAY })).toMatchObject({
    status: 200,
    body: { released: [] },
  });
  expect(await left()).toEqual([3, 3]);
  await night();
  expect(await left()).toEqual([2, 3]);
  const overlaps = await api.db.oneFirst(sql.unsafe`
    select count(*) from student_subscriptions a join student_subscriptions b using (student_id)
    where student_id = ${student} and a.id < b.id and a.end_date >= b.start_date`);
  expect(overlaps).toBe(0);
});
