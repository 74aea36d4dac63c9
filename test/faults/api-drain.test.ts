import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { newSecret } from '../../sql/auth/api-keys.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { at, salon } from '../bookings/salon.ts';
import { backendKinds, redisUrl } from '../support/backends.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { request } from '../support/front-door.ts';
import { ownProcess } from './own-process.ts';

const KEY = newSecret();
const STREAMS = 5;
const DRAIN_SECONDS = 60;

/** A stream as a browser reads it: what came, and whether its end was the server's word or a broken connection. */
async function listen(url: string, specialist: number) {
  const response = await fetch(`${url}/slots/stream?specialist_id=${specialist}`, { headers: { 'X-API-Key': KEY } });
  let text = '';
  const reading = (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
  })();
  const end = reading.then(
    () => 'ended',
    () => 'broken',
  );
  return { text: () => text, end, isReady: () => text.includes('event: ready') };
}

describe.each(backendKinds)('an API process that drains, on %s', (kind) => {
  let database: TestDatabase;
  let api: Awaited<ReturnType<typeof ownProcess>>;
  let holder: pg.Client;
  let url: string;
  beforeAll(async () => {
    database = await testDatabase();
    holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    const port = String(await freePort());
    url = `http://127.0.0.1:${port}`;
    api = await ownProcess('api/server.ts', {
      DATABASE_URL: database.url,
      REDIS_URL: kind === 'redis' ? redisUrl() : '',
      PORT: port,
      API_KEYS: `drained:${KEY}:*`,
      DRAIN_SECONDS: String(DRAIN_SECONDS),
    });
  });
  afterAll(async () => {
    await api.kill();
    await holder.end();
    await database.close();
  });

  test('ends its streams, answers the booking that is under way, and exits 0', async () => {
    const make = salon(database.db);
    const service_id = await make.service();
    const specialist_id = await make.specialist([service_id]);
    const streams = await Promise.all(Array.from({ length: STREAMS }, () => listen(url, specialist_id)));
    for (const stream of streams) await eventually(stream.isReady);

    await holder.query('begin');
    await holder.query(`select lock_calendars(array[$1::int], '{}')`, [specialist_id]);
    const wish = { client_id: await make.client(), service_id, specialist_id, starts_at: at(2, '10:00') };
    const booking = request(url, 'POST', '/bookings', { key: KEY, body: wish });
    const isStopped = `select from pg_stat_activity
      where datname = current_database() and application_name = 'api' and wait_event_type = 'Lock'`;
    await eventually(async () => (await holder.query(isStopped)).rowCount === 1);

    api.signal('SIGINT');
    expect(await Promise.all(streams.map(({ end }) => end))).toEqual(streams.map(() => 'ended'));
    expect(streams.map((stream) => /^retry: \d+$/m.test(stream.text()))).toEqual(streams.map(() => true));
    await expect(once(connect(Number(new URL(url).port), '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
    expect(api.hasEnded()).toBe(false);
    await holder.query('commit');
    const { status, body, headers } = await booking;
    expect({ status, booked: body.status, connection: headers.get('connection') }).toEqual({
      status: 201,
      booked: 'CONFIRMED',
      connection: 'close',
    });
    expect(await api.exit()).toBe(0);
    expect(api.said('"msg":"drained"')).toBe(true);
    expect(api.said('took too long')).toBe(false);
  });
});
