import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import pg from 'pg';
import { createApp } from '../../api/app/app.ts';
import type { Backend } from '../../queues/backend/backend.ts';
import { enqueueRun } from '../../queues/backend/enqueue.ts';
import { openFleet } from '../../queues/process/fleet.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { createKey, newSecret } from '../../sql/auth/api-keys.ts';
import { freePort } from '../../sql/database/embedded.ts';

import type { RunHandler } from '../../workers/runner/execute.ts';
import { runJob } from '../../workers/runner/run-job.ts';
import { median, ms, report, timed, times } from './measure.ts';

const ROUNDS = 200;
const REQUESTS = 600;
const AT_ONCE = 8;
/** Requests that are not counted: code that runs for the first time is none that serves. */
const WARM_UP = 180;

const noop: RunHandler = async () => ({ status: 'success', result: {}, details: {}, counts: {} });

/** What our runner and our API cost over BullMQ's and Express's own, on each backend. */
export async function benchPickUp(url: string) {
  await onBackend(url, undefined);
  if (!hasRedis()) return console.log('  Redis is left out: there is no redis-server on this machine');
  const dir = mkdtempSync(join(tmpdir(), 'studio-fleet-bench-redis-'));
  const port = await freePort();
  const redis = spawn(
    'redis-server',
    ['--port', `${port}`, '--dir', dir, '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'],
    {
      stdio: 'ignore',
    },
  );
  await onBackend(url, `redis://127.0.0.1:${port}`);
  const ended = once(redis, 'exit');
  redis.kill('SIGINT');
  await ended;
  rmSync(dir, { recursive: true, force: true });
}

async function onBackend(databaseUrl: string, redisUrl: string | undefined) {
  const environment = { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, RATE_LIMIT_PER_MINUTE: '1000000', LOG_LEVEL: 'silent' };
  const fleet = await openFleet('bench', readSettings(environment, '/nonexistent'));
  console.log(`  on ${fleet.backend.kind}`);
  const plain = await plainRoundTrip(fleet.backend);
  const ours = await runRoundTrip(fleet);
  const bare = await bareEnqueue(fleet.backend);
  const durable = await durableEnqueue(fleet.backend, databaseUrl);
  const api = await apiEnqueue(fleet);
  await fleet.close();
  report('a no-op job through a plain worker, ask to done', ms(plain));
  report('a no-op run through our runner, ask to done', ms(ours));
  report('plain / ours', times(plain / ours), 'aim: at least 0.5 x');
  report('enqueue through a bare Express handler', `${bare.toFixed(0)}/s`);
  report('enqueue through our API', `${api.toFixed(0)}/s`);
  report('enqueue through a bare handler with one durable row', `${durable.toFixed(0)}/s`);
  report('ours / bare', times(api / bare), 'aim: at least 0.5 x');
  report('ours / bare with one durable row', times(api / durable), 'aim: at least 0.6 x');
}

/** Median milliseconds from `add` to a finished job, one after the other. */
async function plainRoundTrip(backend: Backend) {
  const queue = backend.queue('notifier');
  let done: (id?: string) => void = () => undefined;
  const worker = backend.worker('notifier', async () => ({}), { concurrency: 2 });
  worker.on('completed', () => done());
  await worker.waitUntilReady();
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const finished = new Promise<void>((resolve) => {
      done = () => resolve();
    });
    samples.push(await timed(() => queue.add('noop', {}).then(() => finished)));
  }
  await worker.close();
  return median(samples);
}

/** The same with a run: written in the database, enqueued for, locked, claimed, ended in the database. */
async function runRoundTrip(fleet: Awaited<ReturnType<typeof openFleet>>) {
  let done: () => void = () => undefined;
  const never = new AbortController().signal;
  const worker = fleet.backend.worker(
    'generation',
    (job, token) => runJob(fleet, { generation: noop }, job, token, job.data, never),
    { concurrency: 2 },
  );
  worker.on('completed', () => done());
  await worker.waitUntilReady();
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const finished = new Promise<void>((resolve) => {
      done = () => resolve();
    });
    const request = {
      process_type: 'generation',
      run_key: `bench:${fleet.backend.kind}:${round}`,
      process_date: '2026-11-23',
      params: {},
    };
    samples.push(
      await timed(async () => {
        await enqueueRun(fleet.db, fleet.backend, request);
        await finished;
      }),
    );
  }
  await worker.close();
  return median(samples);
}

async function bareEnqueue(backend: Backend) {
  const app = express().post('/', express.json(), async (_request, response) => {
    const job = await backend.queue('generation').add('run', { run_id: 0 });
    response.status(202).json({ id: job.id });
  });
  return requestsPerSecond(app, () => ({ path: '/', headers: {} }));
}

/** The fair floor: what is asked for is a row on the disk before it is enqueued. */
async function durableEnqueue(backend: Backend, databaseUrl: string) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 5 });
  await pool.query('create table if not exists bench_requests (id integer generated always as identity primary key, body jsonb)');
  const app = express().post('/', express.json(), async (request, response) => {
    const { rows } = await pool.query('insert into bench_requests (body) values ($1) returning id', [request.body]);
    const job = await backend.queue('generation').add('run', { run_id: rows[0].id });
    response.status(202).json({ id: job.id });
  });
  const rate = await requestsPerSecond(app, (n) => ({ path: '/', headers: {}, body: { n } }));
  await pool.end();
  return rate;
}

async function apiEnqueue(fleet: Awaited<ReturnType<typeof openFleet>>) {
  // Nobody has more than twenty open runs (D44).
  const secrets = Array.from({ length: (WARM_UP + REQUESTS) / 20 }, newSecret);
  for (const [n, secret] of secrets.entries())
    await createKey(fleet.db, { name: `bench-${fleet.backend.kind}-${n}`, secret, scopes: ['*'] });
  // Each asks for another day: those of a process reach RETENTION_DAYS back (D42).
  const paths =
    fleet.backend.kind === 'redis'
      ? ['/cron/cleanup', '/cron/check-auto-renewals']
      : ['/subscriptions/auto-unfreeze', '/internal/slots/roll'];
  const today = dayOf(new Date(), fleet.settings.zone);
  return requestsPerSecond(createApp(fleet), (n) => ({
    path: paths[n % 2] as string,
    headers: { 'X-API-Key': secrets[n % secrets.length] as string },
    body: { date: addDays(today, -1 - Math.floor(n / 2)) },
  }));
}

async function requestsPerSecond(
  app: express.Express,
  request: (n: number) => { path: string; headers: Record<string, string>; body?: object },
) {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  let next = 0;
  const client = async (until: number) => {
    while (next < until) {
      const { path, headers, body } = request(next);
      next += 1;
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: { ...headers, ...(body ? { 'Content-Type': 'application/json' } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      if (response.status !== 202) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
      await response.arrayBuffer();
    }
  };
  const ask = (until: number) => Promise.all(Array.from({ length: AT_ONCE }, () => client(until)));
  await ask(WARM_UP);
  const took = await timed(() => ask(WARM_UP + REQUESTS));
  server.close();
  server.closeAllConnections();
  return (REQUESTS / took) * 1_000;
}

function hasRedis() {
  try {
    return Boolean(execFileSync('redis-server', ['--version']));
  } catch {
    return false;
  }
}
