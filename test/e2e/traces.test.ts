import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { settledDay } from '../../sql/audit/settled-day.ts';
import { newSecret } from '../../sql/auth/api-keys.ts';
import { sql } from '../../sql/database/database.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import { ownProcess } from '../faults/own-process.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { request } from '../support/front-door.ts';
import { otlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts';
import { fakeTelegram } from '../support/telegram.ts';

const KEY = newSecret();
const ZONE = 'Europe/Moscow';
const ADMINS = 1001;
/** Says which parts of OpenTelemetry a process loads, beside its API, which slonik and prom-client bring along. */
const TELLING = `--import=data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({ load(url, context, next) {
    if (/@opentelemetry\\/(?!api)/.test(url)) console.log('loaded ' + url);
    return next(url, context);
  } });`)}`;

let database: TestDatabase;
let telegram: Awaited<ReturnType<typeof fakeTelegram>>;
let receiver: Awaited<ReturnType<typeof otlpReceiver>>;
beforeAll(async () => {
  database = await testDatabase();
  await loadDemo(database.db, { today: dayOf(new Date(), ZONE) });
  telegram = await fakeTelegram();
  receiver = await otlpReceiver();
});
afterAll(async () => {
  await receiver.close();
  await telegram.close();
  const found = await auditBooks(database.db, await settledDay(database.db, dayOf(new Date(), ZONE)));
  await database.close();
  expect(found).toEqual([]);
});

const settings = (more: NodeJS.ProcessEnv = {}) => ({
  DATABASE_URL: database.url,
  REDIS_URL: '',
  API_KEYS: `traced:${KEY}:*`,
  STUDIO_TZ: ZONE,
  QUIET_HOURS: 'off',
  TELEGRAM_BOT_TOKEN: telegram.token,
  TELEGRAM_API_ROOT: telegram.apiRoot,
  TELEGRAM_ADMIN_CHAT_IDS: String(ADMINS),
  NODE_OPTIONS: TELLING,
  ...more,
});

describe('where a collector is set up', () => {
  const trace = `${'f'.repeat(31)}1`;
  const caller = `${'e'.repeat(15)}2`;
  let spans: readonly ReceivedSpan[];
  beforeAll(async () => {
    const port = String(await freePort());
    const traced = settings({
      PORT: port,
      OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/`,
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=of-the-collector',
    });
    const processes = await Promise.all(
      ['api/server.ts', 'workers/generation/main.ts', 'workers/notifier/main.ts'].map((entry) => ownProcess(entry, traced)),
    );
    try {
      const { status } = await request(`http://127.0.0.1:${port}`, 'POST', '/real-trainings/generate-next-week', {
        key: KEY,
        body: {},
        headers: { Prefer: 'wait=60', traceparent: `00-${trace}-${caller}-01` },
      });
      expect(status).toBe(200);
      await eventually(() => telegram.received.some(({ chat_id }) => chat_id === ADMINS));
    } finally {
      for (const process of processes) process.signal('SIGTERM');
      for (const process of processes) await process.exit();
    }
    spans = receiver.spans.filter((span) => span.trace === trace);
  });
  const named = (name: string | RegExp) =>
    spans.filter((span) => (typeof name === 'string' ? span.name === name : name.test(span.name)));
  const parentOf = (span: ReceivedSpan | undefined) => spans.find(({ id }) => id === span?.parent);

  test("a request's spans are one tree over API, worker and notifier, part of what its traceparent names", () => {
    const [root, ...others] = spans.filter((span) => !parentOf(span));
    expect(root).toMatchObject({ name: 'POST /real-trainings/generate-next-week', app: 'api', parent: caller });
    expect(root?.attributes).toMatchObject({ 'http.response.status_code': 200, 'http.request.method': 'POST' });
    expect(others).toEqual([]);
    expect(new Set(spans.map(({ app }) => app))).toEqual(new Set(['api', 'generation', 'notifier']));
  });

  test('the run is a part of its enqueueing, its statements and its message are parts of the run', () => {
    const [run] = named('run generation');
    expect(run).toMatchObject({ app: 'generation', attributes: { 'fleet.run.key': expect.stringMatching(/^generation:/) } });
    expect(parentOf(run)).toMatchObject({ name: 'send generation', app: 'api' });
    expect(named('insert real_trainings').map(parentOf)).toContainEqual(run);
    const sent = spans.filter(({ app, attributes }) => app === 'notifier' && attributes['fleet.message.channel'] === 'telegram');
    expect(sent.map(({ attributes }) => attributes['fleet.message.fate'])).toContain('sent');
    for (const message of sent) expect(parentOf(message)).toBe(run);
    expect(spans.some((span) => sent.includes(parentOf(span) as ReceivedSpan))).toBe(true);
  });

  test('spans name nobody, and no parameter', async () => {
    const names = await database.db.anyFirst(
      sql.type(z.object({ name: z.string() }))`
        select distinct word as name from users, unnest(array[first_name, last_name, phone, email]) as word where length(word) > 3`,
    );
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => receiver.text().includes(name))).toEqual([]);
    expect(receiver.text()).not.toContain(KEY);
    expect(receiver.text()).not.toContain(String(ADMINS));
  });

  test('the collector is asked at its path for traces, with its headers', () => {
    expect(new Set(receiver.asked.map(({ path, key }) => `${path} ${key}`))).toEqual(new Set(['/v1/traces of-the-collector']));
  });
});

test('where none is set up, nothing of it is loaded and nothing is sent', async () => {
  const before = receiver.asked.length;
  const on = await ownProcess('workers/unfreeze/main.ts', settings({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }));
  const off = await ownProcess('workers/unfreeze/main.ts', settings());
  await Promise.all([on, off].map((process) => process.kill()));
  expect(on.said('loaded')).toBe(true);
  expect(off.said('loaded')).toBe(false);
  expect(receiver.asked.length).toBe(before);
});
