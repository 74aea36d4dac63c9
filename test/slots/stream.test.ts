import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import type { Ears } from '../../sql/slots/live.ts';
import { drainChanges } from '../../workers/slot-recalc/drain-changes.ts';
import { calculateDays } from '../../workers/slots/calculate.ts';
import { liveSlotsOf, openLiveSlots, publishSlots } from '../../workers/slots/live.ts';
import { redisChannel } from '../../workers/slots/redis-live.ts';
import { ALWAYS, salon } from '../bookings/salon.ts';
import { backendKinds, redisUrl, testBackend } from '../support/backends.ts';
import { admin } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';

type Event = { event: string; data: Json };

/** A stream as a browser reads it. */
async function listen(api: TestApi, specialist: number, key = api.all) {
  const gone = new AbortController();
  const response = await fetch(`${api.url}/slots/stream?specialist_id=${specialist}`, {
    headers: { 'X-API-Key': key },
    signal: gone.signal,
  });
  const events: Event[] = [];
  let isOver = false;
  const reading = (async () => {
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const [, event = ''] = /^event: (.*)$/m.exec(part) ?? [];
        const [, data = 'null'] = /^data: (.*)$/m.exec(part) ?? [];
        if (event) events.push({ event, data: JSON.parse(data) });
      }
    }
  })()
    .catch(() => undefined)
    .finally(() => {
      isOver = true;
    });
  return {
    response,
    events,
    isOver: () => isOver,
    ready: () => eventually(() => events.some(({ event }) => event === 'ready')),
    days: () => events.filter(({ event }) => event === 'day').map(({ data }) => data),
    async close() {
      gone.abort();
      await reading;
    },
  };
}

/** What is no message, as far as somebody who writes one gets. */
const rubbish = (specialist_id: number) => [
  '',
  'days',
  '{"specialist_id":',
  'null',
  '{}',
  ...[
    { specialist_id },
    { specialist_id, version: 1 },
    { specialist_id, version: 1, days: null },
    { specialist_id, version: 1, days: { tomorrow: '0'.repeat(24) } },
    { specialist_id, version: 1, days: { '2026-11-25': null } },
    { specialist_id, version: 1, days: { '2026-11-25': 'closed' } },
    { specialist_id, version: 'x', days: { '2026-11-25': '0'.repeat(24) } },
  ].map((item) => JSON.stringify(item)),
];

describe.each(backendKinds)('on %s', (kind) => {
  let api: TestApi;
  let make: ReturnType<typeof salon>;
  let service: number;
  beforeAll(async () => {
    api = await testApi({
      backend: (url) => testBackend(kind, url),
      settings: kind === 'redis' ? { REDIS_URL: redisUrl() } : {},
    });
    make = salon(api.db);
    service = await make.service();
    await eventually(() =>
      api.fleet.backend.ping().then(
        () => true,
        () => false,
      ),
    );
  });
  afterAll(() => api.close());

  const day = (n: number) => addDays(dayOf(new Date(), 'Europe/Moscow'), n);
  const drain = () => drainChanges(api.fleet, new AbortController().signal);
  const override = (specialist: number, n: number) =>
    api.db.query(sql.unsafe`
      insert into calendar_overrides (specialist_id, day, intervals) values (${specialist}, ${day(n)}::date, '[["10:00", "23:59:59"]]')`);
  const connections = async () => {
    const { rows } = await admin(`select count(*)::int as n from pg_stat_activity where application_name = 'slots stream'
      and datname = '${new URL(api.database.url).pathname.slice(1)}'`);
    return rows[0].n as number;
  };

  test('every rewritten day of the specialist is announced, and of nobody else', async () => {
    const [one, two] = [await make.specialist([service]), await make.specialist([service])];
    await drain();
    const stream = await listen(api, one);
    expect(stream.response.status).toBe(200);
    expect(stream.response.headers.get('content-type')).toContain('text/event-stream');
    await stream.ready();
    await override(two, 1);
    await override(one, 2);
    await drain();
    await eventually(() => stream.days().length > 0);
    expect(stream.days()).toEqual([
      { specialist_id: one, date: day(2), version: expect.any(Number), free: [['10:00', '24:00']] },
    ]);
    await api.db.query(sql.unsafe`update specialists set work_schedule = '{}' where id = ${one}`);
    await drain();
    await eventually(() => stream.days().length === 61);
    expect(stream.days().filter(({ date, free }) => date !== day(2) && free.length === 0)).toHaveLength(59);
    const versions = stream.days().map(({ version }) => version);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    await stream.close();
  });

  test('many listeners share one connection, which closes after the last', async () => {
    const item = await make.specialist([service]);
    await drain();
    const streams = await Promise.all([1, 2, 3, 4, 5].map(() => listen(api, item)));
    await Promise.all(streams.map((stream) => stream.ready()));
    expect(liveSlotsOf(api.fleet).count()).toBe(5);
    if (kind === 'postgres') expect(await connections()).toBe(1);
    await override(item, 1);
    await drain();
    await Promise.all(streams.map((stream) => eventually(() => stream.days().length === 1)));
    await Promise.all(streams.map((stream) => stream.close()));
    await eventually(() => liveSlotsOf(api.fleet).count() === 0);
    if (kind === 'postgres') await eventually(async () => (await connections()) === 0);
  });

  test('after its connection was lost every listener is told to look again, and hears again', async () => {
    const item = await make.specialist([service]);
    await drain();
    const stream = await listen(api, item);
    await stream.ready();
    if (kind === 'postgres') {
      await admin(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'slots stream'
        and datname = '${new URL(api.database.url).pathname.slice(1)}'`);
    } else await api.fleet.backend.redis?.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await eventually(() => stream.events.some(({ event }) => event === 'missed'));
    await override(item, 1);
    await drain();
    await eventually(() => stream.days().length === 1);
    await stream.close();
  });

  test('a text that is no message of days is dropped, and the next one is heard', async () => {
    const item = await make.specialist([service]);
    await drain();
    const stream = await listen(api, item);
    await stream.ready();
    for (const payload of rubbish(item)) await send(payload);
    await override(item, 1);
    await drain();
    await eventually(() => stream.days().length > 0);
    expect(stream.events.map(({ event }) => event)).toEqual(['ready', 'day']);
    await stream.close();
  });

  /** Whoever may log in can. */
  async function send(payload: string) {
    const { redis } = api.fleet.backend;
    if (redis) await redis.publish(redisChannel(redis), payload);
    else await api.db.query(sql.unsafe`select pg_notify('slots_preview', ${payload})`);
  }

  test('nobody, text, and an unknown specialist are refused', async () => {
    for (const query of ['', '?specialist_id=x', '?specialist_id=99999', '?specialist_id=1&since=2']) {
      const { status, body } = await api.get(`/slots/stream${query}`);
      expect({ query, status, type: typeof body.errors[0].path }).toEqual({ query, status: 422, type: 'string' });
    }
  });

  test('a key may open a hundred streams', async () => {
    const item = await make.specialist([service], { schedule: ALWAYS });
    const key = await api.key('slots:read');
    const streams = await Promise.all(Array.from({ length: 100 }, () => listen(api, item, key)));
    expect(streams.every(({ response }) => response.status === 200)).toBe(true);
    const refused = await api.get(`/slots/stream?specialist_id=${item}`, { key });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10']);
    const other = await listen(api, item);
    expect(other.response.status).toBe(200);
    await Promise.all([...streams, other].map((stream) => stream.close()));
    await eventually(() => liveSlotsOf(api.fleet).count() === 0);
    const again = await listen(api, item, key);
    expect(again.response.status).toBe(200);
    await again.close();
  });

  test('a payload of sixty days fits', async () => {
    const item = await make.specialist([service]);
    const days = Array.from({ length: 60 }, (_, n) => day(n));
    const heard = listenOnce(item);
    await heard.isListening;
    await publishSlots(api.fleet, await calculateDays(api.db, 'Europe/Moscow', [{ specialistId: item, days }]));
    expect(Object.keys((await heard.told).days)).toEqual(days);
    await heard.stop();
  });

  function listenOnce(specialist: number) {
    const { promise: told, resolve } = Promise.withResolvers<{ days: object }>();
    const isListening = liveSlotsOf(api.fleet).subscribe(specialist, { told: resolve, missed: () => undefined });
    return { told, isListening, stop: async () => (await isListening)() };
  }

  test('streams end when the process drains', async () => {
    const item = await make.specialist([service]);
    const stream = await listen(api, item);
    await stream.ready();
    api.draining.abort();
    await eventually(() => stream.isOver());
    expect(liveSlotsOf(api.fleet).count()).toBe(0);
  });
});

test('a connection that cannot be had is an error, and is tried again for the next listener', async () => {
  let tries = 0;
  let ears: Ears | undefined;
  const live = openLiveSlots(async (given) => {
    tries += 1;
    if (tries === 1) throw new Error('away');
    ears = given;
    return async () => undefined;
  });
  const heard: unknown[] = [];
  const listener = { told: (days: unknown) => heard.push(days), missed: () => heard.push('missed') };
  await expect(live.subscribe(1, listener)).rejects.toThrow('away');
  expect(live.count()).toBe(0);
  const stop = await live.subscribe(1, listener);
  ears?.hear('{"specialist_id":2,"version":1,"days":{}}');
  ears?.hear('{"specialist_id":1,"version":1,"days":{}}');
  expect(heard).toEqual([{ specialist_id: 1, version: 1, days: {} }]);
  ears?.lost(new Error('gone'));
  await eventually(() => heard.includes('missed'));
  expect(tries).toBe(3);
  await stop();
});

test('a message that nobody can read is dropped where it is heard', async () => {
  const opened: Ears[] = [];
  const live = openLiveSlots(async (ears) => {
    opened.push(ears);
    return async () => undefined;
  });
  const heard: unknown[] = [];
  const stop = await live.subscribe(1, { told: (days) => heard.push(days), missed: () => heard.push('missed') });
  for (const payload of rubbish(1)) expect(() => opened[0]?.hear(payload)).not.toThrow();
  expect(heard).toEqual([]);
  await stop();
});

test('a connection that is lost after it was left takes nothing from the one that is open by then', async () => {
  const opened: { ears: Ears; isClosed: boolean }[] = [];
  const live = openLiveSlots(async (ears) => {
    const own = { ears, isClosed: false };
    opened.push(own);
    return async () => {
      own.isClosed = true;
    };
  });
  const heard: unknown[] = [];
  const listener = { told: (days: unknown) => heard.push(days), missed: () => heard.push('missed') };
  await (await live.subscribe(1, listener))();
  const stops = [await live.subscribe(1, listener)];
  opened[0]?.ears.lost(new Error('gone'));
  stops.push(await live.subscribe(2, { told: () => undefined, missed: () => undefined }));
  expect(opened).toHaveLength(2);
  for (const { ears } of opened.slice(1)) ears.hear('{"specialist_id":1,"version":1,"days":{}}');
  expect(heard).toEqual([{ specialist_id: 1, version: 1, days: {} }]);
  for (const stop of stops) await stop();
  expect(opened.map(({ isClosed }) => isClosed)).toEqual([true, true]);
});
