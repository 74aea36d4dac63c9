import { Redis } from 'ioredis';
import pg from 'pg';
import { type Backend, openBackend } from '../../queues/backend/backend.ts';
import { enqueueJob, runJobId } from '../../queues/backend/enqueue.ts';
import { sql } from '../../sql/database/database.ts';
import { findRun } from '../../sql/runs/find.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { isOver, type Run } from '../../sql/runs/rows.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { ownRedis } from '../support/own-servers.ts';
import { taken } from '../support/taken.ts';
import { templatesInOrder } from './big-studio.ts';
import { type Trade, week } from './trades.ts';
import { workerProcess } from './worker-process.ts';

export type Lab = Awaited<ReturnType<typeof lab>>;

/**
 * A big studio in a database of its own, a queue of its own, and workers of a trade as processes of their own.
 * Close it at the end: what still runs then is killed.
 */
export async function lab(kind: Backend['kind'], { database, trade = week }: { database?: TestDatabase; trade?: Trade } = {}) {
  const { db, url, close } = database ?? (await testDatabase());
  const redis = kind === 'redis' ? await ownRedis() : undefined;
  const backend = openBackend({ redisUrl: redis?.url, databaseUrl: url, name: 'test' });
  await trade.build(db);
  const order = await templatesInOrder(db);
  const workers: { kill(): Promise<unknown> }[] = [];
  const holds: pg.Client[] = [];
  const watcher = new pg.Pool({ connectionString: url, max: 1 });
  watcher.on('error', () => undefined);
  /** Sessions that have been caught waiting; that of a killed worker may go on waiting for a while. */
  const reached = new Set<number>();

  const find = async (run: Run) => (await findRun(db, run.id)) as Run;
  /**
   * Holds a row. `reached` waits until a run has come to it, `left` until the server has noticed that the worker is gone,
   * `gone`, once it is released, until the session that had reached it has ended.
   */
  async function holdRow(statement: string) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    holds.push(client);
    await client.query('begin');
    const { rowCount } = await client.query(statement);
    if (rowCount !== 1) throw new Error(`nothing to hold: ${statement}`);
    const { rows } = await client.query('select pg_backend_pid() as pid');
    let session: number;
    return {
      reached: () =>
        eventually(async () => {
          const found = (await waitingSessions(watcher, trade.noun)).find(
            ({ pid, waits_for }) => waits_for.includes(rows[0].pid) && !reached.has(pid),
          );
          if (!found) return null;
          session = found.pid;
          return reached.add(session);
        }),
      /** Whether the session that was reached has written something that is not committed. */
      hasWritten: async () =>
        (await waitingSessions(watcher, trade.noun)).some(({ pid, has_written }) => pid === session && has_written),
      gone: () =>
        eventually(async () => (await watcher.query('select from pg_stat_activity where pid = $1', [session])).rowCount === 0),
      left: () => eventually(async () => (await waitingSessions(watcher, trade.noun)).length === 0),
      release: () => client.end(),
    };
  }
  const enqueue = (run: Run, rings: number) => taken(() => enqueueJob(backend, run, rings));
  return {
    kind,
    db,
    url,
    redis,
    backend,
    /** Asks for a run and enqueues until the job is taken. */
    async ask(): Promise<Run> {
      const { run } = await requestRun(db, trade.request());
      await enqueue(run, 1);
      return run;
    },
    enqueue,
    /** Starts a worker process; it is consuming when this returns. */
    async worker(environment: NodeJS.ProcessEnv = {}) {
      const worker = await workerProcess(trade.noun, { DATABASE_URL: url, REDIS_URL: redis?.url ?? '', ...environment });
      workers.push(worker);
      return worker;
    },
    holdRow,
    /** Holds the n-th template (from 1) in the order of a run, so that a run stops in the middle of its window. */
    hold: (n: number) => holdRow(`select from training_templates where id = ${order[n - 1]} for update`),
    find,
    over: (run: Run): Promise<Run> =>
      eventually(async () => {
        const row = await find(run);
        return isOver(row) ? row : null;
      }),
    job: (run: Run, enqueue = 1) => backend.queue(trade.noun).getJob(runJobId(run.id, enqueue)),
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
      await watcher.end();
      await backend.close();
      await redis?.close();
      await close();
    },
  };
}

/** The sessions of workers in the watcher's database that wait for a lock, and for whom. */
async function waitingSessions(
  watcher: pg.Pool,
  name: string,
): Promise<{ pid: number; has_written: boolean; waits_for: number[] }[]> {
  const { rows } = await watcher.query(
    `select pid, backend_xid is not null as has_written, pg_blocking_pids(pid) as waits_for from pg_stat_activity
     where datname = current_database() and application_name = $1 and wait_event_type = 'Lock'`,
    [name],
  );
  return rows;
}
