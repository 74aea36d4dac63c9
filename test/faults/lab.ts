import { Redis } from 'ioredis';
import pg from 'pg';
import { type Backend, openBackend } from '../../queues/backend.ts';
import { runs } from '../../queues/catalog.ts';
import { enqueueRun, runJobId } from '../../queues/enqueue.ts';
import { log } from '../../queues/log.ts';
import { sql } from '../../sql/database.ts';
import { findRun, isOver, type Run } from '../../sql/runs.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { ownRedis } from '../support/own-servers.ts';
import { bigStudio, templatesInOrder } from './big-studio.ts';
import { workerProcess } from './worker-process.ts';

// What these tests provoke belongs in their assertions, not on the terminal.
log.level = 'silent';

export type Lab = Awaited<ReturnType<typeof lab>>;

/**
 * A big studio in a database of its own, a queue of its own, and generation workers as processes of their own.
 * Close it at the end: what still runs then is killed.
 */
export async function lab(kind: Backend['kind'], database?: TestDatabase) {
  const { db, url, close } = database ?? (await testDatabase());
  const redis = kind === 'redis' ? await ownRedis() : undefined;
  const backend = openBackend({ redisUrl: redis?.url, databaseUrl: url, name: 'test' });
  await bigStudio(db);
  const order = await templatesInOrder(db);
  const workers: { kill(): Promise<unknown> }[] = [];
  const holds: pg.Client[] = [];

  const find = async (run: Run) => (await findRun(db, run.id)) as Run;
  return {
    kind,
    db,
    url,
    redis,
    backend,
    /** Asks for the week and rings. */
    async ask(weekStart = '2026-11-23'): Promise<Run> {
      const week = runs.generation.request({ week_start: weekStart }, weekStart);
      return (await enqueueRun(db, backend, { ...week, process_type: 'generation' })).run;
    },
    /** Starts a worker process; it is consuming when this returns. */
    async worker(environment: NodeJS.ProcessEnv = {}) {
      const worker = await workerProcess({ DATABASE_URL: url, REDIS_URL: redis?.url ?? '', ...environment });
      workers.push(worker);
      return worker;
    },
    /**
     * Locks the n-th template (from 1) in the order of a run, so that a run stops in the middle of its window.
     * `reached` waits until it has, `left` until the server has noticed that the worker is gone; `release` lets it go on.
     */
    async hold(n: number) {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => undefined);
      await client.connect();
      holds.push(client);
      await client.query('begin');
      await client.query('select from training_templates where id = $1 for update', [order[n - 1]]);
      return {
        reached: () => eventually(() => waitsForLock(url), 30),
        left: () => eventually(async () => !(await waitsForLock(url))),
        release: () => client.end(),
      };
    },
    find,
    over: (run: Run, seconds = 30): Promise<Run> =>
      eventually(async () => {
        const row = await find(run);
        return isOver(row) ? row : null;
      }, seconds),
    job: (run: Run, ring = 1) => backend.queue('generation').getJob(runJobId(run.id, ring)),
    /** Loses every job there is: all of Redis, or BullMQ's table. */
    async emptyQueue() {
      if (!redis) return void (await db.query(sql.unsafe`truncate bullmq.job cascade`));
      const client = new Redis(redis.url);
      await client.flushall();
      client.disconnect();
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.kill()));
      await Promise.all(holds.map((hold) => hold.end().catch(() => undefined)));
      await backend.close();
      await redis?.close();
      await close();
    },
  };
}

/** True when a worker of this database waits for a lock. */
async function waitsForLock(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rowCount } = await client.query(`
    select from pg_stat_activity
    where datname = current_database() and application_name = 'generation' and wait_event_type = 'Lock'`);
  await client.end();
  return rowCount === 1;
}
