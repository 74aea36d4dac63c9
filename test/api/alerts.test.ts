import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { clearAlert, raiseAlert } from '../../sql/alerts/alerts.ts';
import { sql } from '../../sql/database/database.ts';
import { type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());
beforeEach(() => api.db.query(sql.unsafe`delete from alerts`));

const raise = (worker: string) =>
  raiseAlert(api.db, [], { fingerprint: `worker_down:${worker}`, template: 'worker_down', params: { worker, seconds: 60 } });
const acknowledge = (id: number, key?: string) => api.post(`/api/alerts/${id}/acknowledge`, undefined, { key: key ?? api.all });

test('alerts are listed by state, newest first', async () => {
  await raise('finance');
  await raise('cleanup');
  await clearAlert(api.db, [], 'worker_down:finance');
  const names = async (query: string) =>
    (await api.get(`/api/alerts${query}`)).body.items.map(({ fingerprint }: { fingerprint: string }) => fingerprint);
  expect(await names('?state=open')).toEqual(['worker_down:cleanup']);
  expect(await names('?state=over')).toEqual(['worker_down:finance']);
  expect(await names('')).toEqual(['worker_down:cleanup', 'worker_down:finance']);
  const first = await api.get('/api/alerts?limit=1');
  expect(first.body.items[0].severity).toBe('critical');
  expect(await names(`?limit=1&cursor=${first.body.next_cursor}`)).toEqual(['worker_down:finance']);
  expect((await api.get('/api/alerts?state=what')).status).toBe(422);
});

test('an alarm keeps the first person who took note of it; a new one of its kind has none', async () => {
  await raise('finance');
  const { id } = (await api.get('/api/alerts')).body.items[0];
  const first = await acknowledge(id);
  expect(first).toMatchObject({ status: 200, body: { acknowledged_by: expect.any(String), recovered_at: null } });
  const other = await api.key('schedule:write');
  expect((await acknowledge(id, other)).body).toEqual(first.body);
  await clearAlert(api.db, [], 'worker_down:finance');
  await raise('finance');
  expect((await api.get('/api/alerts?state=open')).body.items).toMatchObject([
    { id, acknowledged_at: null, acknowledged_by: null },
  ]);
});

test('one that is over is not taken note of any more, and one that is not there is not found', async () => {
  await raise('finance');
  await clearAlert(api.db, [], 'worker_down:finance');
  const { id } = (await api.get('/api/alerts')).body.items[0];
  expect(await acknowledge(id)).toMatchObject({ status: 200, body: { acknowledged_at: null } });
  expect((await acknowledge(id + 1)).status).toBe(404);
  expect((await acknowledge(id, await api.key('history:read'))).status).toBe(403);
});
