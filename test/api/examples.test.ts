import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import express from 'express';
import { docs } from '../../api/app/docs.ts';
import { describeApi } from '../../api/app/openapi.ts';
import { routes } from '../../api/routes/all.ts';
import { runNames, runs } from '../../queues/jobs/catalog.ts';
import type { RunDefinition } from '../../queues/jobs/run-definition.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { boundsOf, outside } from '../../queues/timetable/bounds.ts';
import { clockAt } from '../support/clock.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { swaggerExample } from '../support/swagger-example.ts';

const formIn = (document: Json, method: string, path: string) =>
  swaggerExample(document.paths[path][method].requestBody.content['application/json'].schema, document);
const withBody = routes.flatMap((route) => (route.body ? [[route.method, route.path, route.body] as const] : []));
/** Whatever looks like a day or an instant, wherever it stands; births apart. */
const daysIn = (form: Json): string[] =>
  Object.entries<Json>(form ?? {}).flatMap(([name, value]) => {
    if (name === 'birth_date') return [];
    if (typeof value === 'object') return daysIn(value);
    return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) ? [value.slice(0, 10)] : [];
  });

/** Days of the week and the year's edges; each in zones on both sides of the date line. */
describe.each([
  '2026-11-30T00:30:00Z',
  '2026-12-31T23:50:00Z',
  '2027-02-28T12:00:00Z',
  '2028-02-29T11:00:00Z',
  '2031-05-18T23:30:00Z',
])('at %s', (instant) => {
  clockAt(instant);
  let document: Json;
  beforeAll(() => {
    document = describeApi(routes);
  });

  test.each(withBody)('the form of %s %s is filled with what the route would take', (method, path, body) => {
    expect(body.safeParse(formIn(document, method, path))).toMatchObject({ success: true });
  });

  const processes = runNames.filter((name) => 'path' in runs[name]);
  test.each(processes)('the day of %s lies within its bounds (D42), in every zone', (name) => {
    const { path } = runs[name] as RunDefinition & { path: string };
    const form = formIn(document, 'post', path);
    for (const zone of ['Pacific/Kiritimati', 'Europe/Moscow', 'Etc/GMT+12']) {
      const bounds = boundsOf(name, { now: new Date(instant), zone, retentionDays: 30 });
      expect({ zone, outside: outside(bounds, form) }).toEqual({ zone, outside: null });
    }
  });

  test.each(withBody)('%s %s: every other day is to come, and soon', (method, path) => {
    if (processes.some((name) => (runs[name] as RunDefinition & { path: string }).path === path)) return;
    const today = dayOf(new Date(instant), 'Pacific/Kiritimati');
    for (const day of daysIn(formIn(document, method, path))) {
      expect(day > today && day < addDays(today, 45) ? 'soon' : day).toBe('soon');
    }
  });
});

test('some examples hold days at all', () => {
  const document = describeApi(routes);
  const days = withBody.flatMap(([method, path]) => daysIn(formIn(document, method, path)));
  expect(days.length).toBeGreaterThan(10);
});

describe('a process is asked for as its form says, years from now', () => {
  clockAt('2031-05-18T23:30:00Z');
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi({ forLife: true });
  });
  afterAll(() => api.close());

  test.each([
    '/real-trainings/generate-next-week',
    '/real-trainings/process-daily-operations',
    '/cron/check-auto-renewals',
    '/subscriptions/auto-unfreeze',
    '/cron/cleanup',
  ])('%s', async (path) => {
    const { body: document } = await api.get('/openapi.json');
    expect(formIn(document, 'post', path)).toMatchObject({ dry_run: true });
    expect(await api.post(path, formIn(document, 'post', path))).toMatchObject({ status: 200 });
  });
});

describe('a server that runs for days', () => {
  clockAt('2031-05-18T12:00:00Z');

  test('makes the document once a day', async () => {
    let made = 0;
    const server = express()
      .use(docs(async () => ({ made: ++made })))
      .listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const ask = async () => (await fetch(`http://127.0.0.1:${port}/openapi.json`)).json();
    expect([await ask(), await ask()]).toEqual([{ made: 1 }, { made: 1 }]);
    jest.setSystemTime(new Date('2031-05-19T00:00:00Z'));
    expect(await ask()).toEqual({ made: 2 });
    server.closeAllConnections();
    server.close();
  });
});
