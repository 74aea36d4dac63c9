import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dayOf } from '../../queues/time/calendar.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import { isForThisMachine, makeDemoLinks } from '../../workers/sign-in/demo-links.ts';
import { type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
const HALF_A_DAY_MS = 12 * 3_600_000;
const tokenOf = ({ path }: { path: string }) => path.split('token=')[1];
const enter = (token: string | undefined) => api.post('/auth/demo', { token }, { key: null });
const linksAt = (now: Date) => makeDemoLinks(api.db, api.fleet.settings, now);
const first = async (now = new Date()) => tokenOf((await linksAt(now))[0]!);

beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

test('a studio that is not the demo has no such links', async () => {
  expect(await linksAt(new Date())).toEqual([]);
  await loadDemo(api.db, { today: dayOf(new Date(), api.fleet.settings.zone) });
  expect((await linksAt(new Date())).map(({ role }) => role).sort()).toEqual(['admin', 'guardian', 'owner', 'trainer']);
});

test.each([
  [{ host: '127.0.0.1' }, true],
  [{ host: '::1' }, true],
  [{ host: '127.0.0.1', publicUrl: 'http://localhost:3000' }, true],
  [{ host: '0.0.0.0' }, false],
  [{ host: '192.168.1.7' }, false],
  [{ host: '127.0.0.1', publicUrl: 'https://studio.example' }, false],
  [{ host: '127.0.0.1', trustProxy: 1 }, false],
])('%j is for this machine alone: %s', (settings, isAlone) => {
  expect(isForThisMachine(settings)).toBe(isAlone);
});

test('a link signs in once; of two at once one does', async () => {
  const token = await first();
  const answers = await Promise.all([enter(token), enter(token)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 404]);
  expect((await enter(token)).status).toBe(404);
});

test('a link is good for twelve hours, and until new ones are made', async () => {
  expect((await enter(await first(new Date(Date.now() - HALF_A_DAY_MS - 1_000)))).status).toBe(404);
  expect((await enter(await first(new Date(Date.now() - HALF_A_DAY_MS + 60_000)))).status).toBe(200);
  const before = await first();
  await linksAt(new Date());
  expect((await enter(before)).status).toBe(404);
});
