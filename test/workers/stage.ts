import type { Worker } from 'bullmq';
import pg from 'pg';
import { z } from 'zod';
import { type Backend, openBackend } from '../../queues/backend/backend.ts';
import { enqueue, runJobId } from '../../queues/backend/enqueue.ts';
import { runs } from '../../queues/jobs/catalog.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { sql } from '../../sql/database/database.ts';
import type { Outcome } from '../../sql/runs/execute.ts';
import { findRun } from '../../sql/runs/find.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { isOver, type Run } from '../../sql/runs/rows.ts';
import type { RunHandler } from '../../workers/runner/execute.ts';
import { startWorker } from '../../workers/runner/run.ts';
import { testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { ownRedis } from '../support/own-servers.ts';

export const done: Outcome = { status: 'success', result: { fine: true }, details: {}, counts: {} };
/** What BullMQ counts for a job that has completed without a failure, however often it was put back in line. */
export const ONE_TRY = 1;
export type Stage = Awaited<ReturnType<typeof stage>>;

/** A database, a queue of the kind, two admin chats, and workers that do what a test says. Close it at the end. */
export async function stage(kind: Backend['kind']) {
  const database = await testDatabase({ max: 20 });
  const { db } = database;
  const redis = kind === 'redis' ? await ownRedis() : undefined;
  const settings = readSettings(
    { DATABASE_URL: database.url, REDIS_URL: redis?.url, TELEGRAM_ADMIN_CHAT_IDS: '1001,1002' },
    '/nowhere/.env',
  );
  const backend = openBackend({ redisUrl: redis?.url, databaseUrl: database.url, name: 'test' });
  const queue = backend.queue('generation');
  const fleet: Fleet = { name: 'test', settings, db, backend, close: async () => {} };
  const outside = new pg.Pool({ connectionString: database.url, max: 2 });
  const workers: Worker[] = [];
  let asked = 0;
  const newKey = (processType: string) => {
    asked += 1;
    return `${processType}:${asked}`;
  };

  /** Enqueues for a run, the n-th time. */
  const enqueueAll = (run: Pick<Run, 'id'>, n = 1) =>
    enqueue(backend, 'generation', 'run', { run_id: run.id }, { ...runs.generation.retry, id: runJobId(run.id, n) });
  const keep = (worker: Worker) => {
    workers.push(worker);
    return worker;
  };

  return {
    database,
    db,
    fleet,
    queue,
    keep,
    enqueueAll,
    /** A statement from elsewhere; slonik lets nothing inside a chunk use another of its own connections. */
    elsewhere: (statement: string, values: unknown[] = []) => outside.query(statement, values),
    /** Asks for a run under a key of its own, or under the given one, without ringing. */
    async request(processType: string, runKey = newKey(processType), params: Record<string, unknown> = {}) {
      const { run } = await requestRun(db, { process_type: processType, run_key: runKey, process_date: '2026-11-23', params });
      return run;
    },
    /** Asks for a run and enqueues for it. */
    async ask(...request: [processType: string, runKey?: string, params?: Record<string, unknown>]) {
      const run = await this.request(...request);
      await enqueueAll(run);
      return run;
    },
    /** A worker as its process runs it; the handlers go by process type. */
    worker: (handlers: Record<string, RunHandler>, draining = new AbortController().signal) =>
      keep(startWorker(fleet, 'generation', { runs: handlers }, draining)),
    /** Lets the workers of a test go before the next one starts its own. */
    async dismiss() {
      await Promise.all(workers.splice(0).map((worker) => worker.close()));
    },
    async now(run: Pick<Run, 'id'>): Promise<Run> {
      const row = await findRun(db, run.id);
      if (!row) throw new Error(`there is no run ${run.id}`);
      return row;
    },
    over: (run: Pick<Run, 'id'>): Promise<Run> =>
      eventually(async () => {
        const row = await findRun(db, run.id);
        return row && isOver(row) ? row : null;
      }),
    job: async (run: Pick<Run, 'id'>, n = 1) => {
      const job = await queue.getJob(runJobId(run.id, n));
      if (!job) throw new Error(`there is no job ${runJobId(run.id, n)}`);
      return job;
    },
    /** A job that was heard and has nothing left to do. */
    heard: (run: Pick<Run, 'id'>, n = 1) =>
      eventually(async () => {
        const state = await queue.getJobState(runJobId(run.id, n));
        return state === 'completed' ? queue.getJob(runJobId(run.id, n)) : null;
      }),
    notices: () =>
      db.any(sql.type(z.object({ chat_id: z.int(), template: z.string(), params: z.record(z.string(), z.unknown()) }))`
        select chat_id, template, params from notifications order by id`),
    async close() {
      await this.dismiss();
      await backend.close();
      await redis?.close();
      await outside.end();
      await database.close();
    },
  };
}
