import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CommonQueryMethods } from 'slonik';
import { actingOnItsOwn, askedBy, fairShare } from '../../api/http/fair-share.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { writeRequest } from '../../sql/finance/requests.ts';
import { answerRequest } from '../../workers/finance/answer-request.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { studio } from '../support/studio.ts';
import { register, trainingIn } from './night.ts';

let api: TestApi;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  api = await testApi();
  make = studio(api.db);
});
afterAll(() => api.close());

async function seat() {
  const training = await trainingIn({ api, make }, 48);
  const student = await make.student();
  await register(api, training.id, student);
  return { trainingId: training.id, studentId: student };
}

/** A database whose transactions note by name what they ask. */
function noting(db: Database, asked: string[]): Database {
  const noted = (transaction: CommonQueryMethods) =>
    new Proxy(transaction, {
      get: (target, name: keyof CommonQueryMethods) => (query: { name?: string; sql: string }) => {
        asked.push(query.name ?? query.sql.trim());
        return (target[name] as (query: unknown) => unknown)(query);
      },
    });
  return { ...db, transaction: (handler) => db.transaction((transaction) => handler(noted(transaction) as never)) };
}

test('a free place that nobody waits for is given up in six questions, each of a kind that is planned once', async () => {
  const request = { kind: 'cancel_participation' as const, ...(await seat()) };
  const { id } = await writeRequest(api.db, { ...request, requestedAt: new Date(), by: 'desk', requestId: 'x1' });
  const asked: string[] = [];
  expect(await answerRequest(noting(api.db, asked), id, 'Europe/Moscow')).toMatchObject({ answer: { outcome: 'safe' } });
  expect(asked).toEqual([
    'lock_finance_request',
    'lock_place',
    'end_seat',
    'seat_facts',
    'notify_people',
    'decide_finance_request',
  ]);
});

const acts = sql.unsafe`select actor, cause from changes_log where record = 'registration' order by id desc limit 1`;

test('by a route and by a worker alike, whoever asked is noted, with the request that was written', async () => {
  const mine = await seat();
  await api.post(`/real-trainings/${mine.trainingId}/students/${mine.studentId}/cancel`, { reason: 'заболел' });
  expect(await api.db.one(acts)).toEqual({ actor: 'key-1', cause: expect.stringMatching(/^request \d+ \S+$/) });
  const request = { kind: 'cancel_participation' as const, ...(await seat()) };
  const { id } = await writeRequest(api.db, { ...request, requestedAt: new Date(), by: 'desk', requestId: 'x2' });
  await answerRequest(api.db, id, 'Europe/Moscow');
  expect(await api.db.one(acts)).toEqual({ actor: 'desk', cause: `request ${id} x2` });
});

test('a statement that notes by itself who acts is not asked to note it twice', async () => {
  const actor = () =>
    fairShare(api.db).transaction((transaction) =>
      transaction.oneFirst(sql.unsafe`select current_setting('studio.actor', true)`),
    );
  const asker = { caller: 'key 1', kind: 'money', acting: { actor: 'desk', cause: null } };
  expect(await askedBy(asker, actor)).toBe('desk');
  expect((await askedBy(asker, () => actingOnItsOwn(actor))) || null).toBeNull();
});
