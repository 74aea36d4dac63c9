import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type Backend, openBackend } from '../../queues/backend/backend.ts';
import { openDatabase, sql } from '../../sql/database/database.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { hostsOf, primaryOf, readDatabaseUrl } from '../../sql/database/hosts.ts';
import { migrate } from '../../sql/database/migrate.ts';
import { answersNow } from '../../sql/database/probe.ts';
import { listenToChannel } from '../../sql/slots/live.ts';
import { standbyOf } from '../chaos/standby.ts';
import type { Supervised } from '../chaos/supervised.ts';
import { backendKinds } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { ownPostgres, ownRedis } from '../support/own-servers.ts';

/** Works the jobs of a queue, and says which. */
function worked(backend: Backend) {
  const done: unknown[] = [];
  const worker = backend.worker('cleanup', async (job) => void done.push(job.data));
  return { done, close: () => worker.close() };
}
const put = (backend: Backend, n: number) =>
  eventually(
    () =>
      backend
        .queue('cleanup')
        .add('job', { n } as never)
        .then(
          () => true,
          () => false,
        ),
    60,
  );

describe('PostgreSQL with a standby, by a URL of both', () => {
  let first: Awaited<ReturnType<typeof ownPostgres>>;
  let second: Awaited<ReturnType<typeof standbyOf>>;
  let dir: string;
  /** Both hosts, the standby first. */
  let both: string;
  beforeAll(async () => {
    first = await ownPostgres();
    dir = mkdtempSync(join(tmpdir(), 'studio-fleet-standby-'));
    mkdirSync(join(dir, 'logs'));
    await migrate(first.url);
    second = await standbyOf(first.url, first.dir, dir, { stop: () => first.stop('SIGKILL') } as unknown as Supervised);
    const [one, two] = [new URL(first.url), new URL(second.url)];
    const text = first.url.replace(`@${one.host}`, `@${two.host},${one.host}`);
    // Whoever is answered may rely on the second one having it.
    both = readDatabaseUrl(`${text}?target_session_attrs=read-write&options=-c%20synchronous_commit%3Don`) as string;
  }, 120_000);
  afterAll(async () => {
    await second?.server.stop();
    await first?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test('the one that takes writes is worked with; after it is killed, the other one, without a start anew', async () => {
    const db = await openDatabase(both, { max: 4 });
    const backend = openBackend({ databaseUrl: both, name: 'failover' });
    const { done, close } = worked(backend);
    const heard: string[] = [];
    let isLost = false;
    await listenToChannel(both, 'failover', { hear: (payload) => heard.push(payload), lost: () => (isLost = true) });
    const write = (name: string) => db.query(sql.unsafe`insert into locations (name) values (${name})`);
    await write('before');
    await put(backend, 1);
    await eventually(() => done.length === 1, 60);
    expect(new URL(await primaryOf(both)).host).toBe(new URL(first.url).host);

    await second.takeOver();
    await eventually(
      () =>
        write('after').then(
          () => true,
          (error) => /locations_name/.test(error.message),
        ),
      60,
    );
    // A session of the killed server may still be told its end: whatever is asked just then is lost, and asked again.
    const again = <T>(ask: () => Promise<T>) => eventually(() => ask().catch(() => undefined), 60);
    const names = sql.type(z.object({ name: z.string() }))`select name from locations order by id`;
    expect(await again(() => db.anyFirst(names))).toEqual(['before', 'after']);
    await put(backend, 2);
    await eventually(() => done.some((data) => (data as { n: number }).n === 2), 60);
    await eventually(() => isLost, 30);
    const stop = await listenToChannel(both, 'failover', { hear: (payload) => heard.push(payload), lost: () => undefined });
    await again(() => db.query(sql.unsafe`select pg_notify('failover', 'still here')`));
    await eventually(() => heard.includes('still here'), 30);
    await stop();
    await close();
    await backend.close();
    await db.end();
  });

  test('the one that was given up for dead and returns is not gone back to, by nobody', async () => {
    await first.start();
    expect(await answersNow(first.url)).toBe(true);
    await eventually(async () => new URL(await primaryOf(both)).host === new URL(second.url).host, 30);
    // Whoever starts now knows nothing of what was before.
    const anew = both.replace('hosts=', 'application_name=anew&hosts=');
    expect(new URL(await primaryOf(anew)).host).toBe(new URL(second.url).host);
    await second.server.stop();
    await expect(primaryOf(`${both}&application_name=later`)).resolves.toContain(new URL(first.url).host);
    await eventually(
      () =>
        primaryOf(both).then(
          () => false,
          (error) => error.code === 'ECONNREFUSED' && /none of the database's 2 hosts takes writes/.test(error.message),
        ),
      30,
    );
  });
});

(backendKinds.includes('redis') ? test : test.skip)(
  'Redis by its sentinels: roles are changed, then the primary is killed; the one that is left is worked with',
  async () => {
    const [first, second] = [await ownRedis(), await ownRedis()];
    const [one, two, port] = [new URL(first.url).port, new URL(second.url).port, await freePort()];
    const dir = mkdtempSync(join(tmpdir(), 'studio-fleet-sentinel-'));
    const config = join(dir, 'sentinel.conf');
    writeFileSync(
      config,
      `port ${port}\nbind 127.0.0.1\ndir ${dir}\nsentinel monitor studio 127.0.0.1 ${one} 1\n` +
        'sentinel down-after-milliseconds studio 1000\nsentinel failover-timeout studio 3000\n',
    );
    const { Redis } = await import('ioredis');
    const follower = new Redis(Number(two), '127.0.0.1');
    follower.on('error', () => undefined);
    await follower.replicaof('127.0.0.1', Number(one));
    const sentinel = spawn('redis-server', [config, '--sentinel'], { stdio: 'ignore' });
    const asked = new Redis(port, '127.0.0.1');
    asked.on('error', () => undefined);
    const origin = new Redis(Number(one), '127.0.0.1');
    origin.on('error', () => undefined);
    const follows = (replica: typeof origin) =>
      eventually(async () => {
        const told = (await asked.call('sentinel', 'replicas', 'studio').catch(() => [])) as unknown[][];
        return told.length === 1 && /master_link_status:up/.test(await replica.info('replication').catch(() => ''));
      });
    await follows(follower);
    const backend = openBackend({
      redisUrl: `redis-sentinel://127.0.0.1:${port}/0?sentinelMasterId=studio`,
      databaseUrl: 'postgres://nowhere',
      name: 'failover',
    });
    const { done, close } = worked(backend);
    const works = async (n: number) => {
      await put(backend, n);
      await eventually(() => done.some((data) => (data as { n: number }).n === n));
    };
    await works(1);
    await asked.call('sentinel', 'failover', 'studio');
    await follows(origin);
    await works(2);
    await second.stop('SIGKILL');
    await works(3);
    expect(await origin.info('replication')).toMatch(/role:master/);
    await close();
    await backend.close();
    for (const connection of [origin, follower, asked]) connection.disconnect();
    const ended = once(sentinel, 'exit');
    sentinel.kill('SIGINT');
    await ended;
    await Promise.all([first.close(), second.close()]);
    rmSync(dir, { recursive: true, force: true });
  },
);

test.each([
  ['postgres://u:p@one/studio', ['postgres://u:p@one/studio']],
  [
    'postgresql://u@one:6000,two/studio?sslmode=require',
    ['postgresql://u@one:6000/studio?sslmode=require', 'postgresql://u@two/studio?sslmode=require'],
  ],
  [
    'postgresql://u@one,two:1,[::1]:2/s?target_session_attrs=primary',
    ['postgresql://u@one/s', 'postgresql://u@two:1/s', 'postgresql://u@[::1]:2/s'],
  ],
  ['postgresql://u@one/s?target_session_attrs=read-write', ['postgresql://u@one/s']],
])('%s is read', (text, hosts) => {
  const read = readDatabaseUrl(text) as string;
  expect(hostsOf(read)).toEqual(hosts);
  expect(hostsOf(readDatabaseUrl(read) as string)).toEqual(hosts);
});

test.each([
  'postgresql://u@one,,two/s',
  'postgresql://u@one,t wo/s',
  'postgresql://u@one:port,two/s',
  'postgresql://u@one,two/s?target_session_attrs=any',
])('%s is refused', (text) => expect(readDatabaseUrl(text)).toBeUndefined());
