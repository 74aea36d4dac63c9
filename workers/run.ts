import { hostname } from 'node:os';
import { type Job, UnrecoverableError } from 'bullmq';
import type { Noun } from '../queues/catalog.ts';
import { bells } from '../queues/catalog.ts';
import { openFleet } from '../queues/fleet.ts';
import { drainOnSignal, sayReady } from '../queues/lifecycle.ts';
import { log } from '../queues/log.ts';
import { beatWorker } from '../sql/beats.ts';
import type { RunHandler } from './execute.ts';
import { runJob } from './run-job.ts';

/** What a worker does: handlers of runs by process type, and of bells by name. */
export type Handlers = {
  runs?: Record<string, RunHandler>;
  drain?: (fleet: Awaited<ReturnType<typeof openFleet>>, signal: AbortSignal) => Promise<unknown>;
};

/**
 * Runs one worker process: connects, checks the schema, consumes its queue, says `ready` to PM2 and drains on a signal.
 * Two jobs at a time, so that a canary is answered while a run goes on; runs of one process exclude each other by lock.
 */
export async function runWorker(noun: Noun, handlers: Handlers) {
  const fleet = await openFleet(noun);
  const draining = new AbortController();

  const process = async (job: Job, token?: string) => {
    if (job.name === 'canary') return beatWorker(fleet.db, noun, hostname());
    if (job.name === 'drain' && handlers.drain) return handlers.drain(fleet, draining.signal);
    const bell = bells.run.safeParse(job.data);
    if (job.name !== 'run' || !bell.success || !handlers.runs) {
      throw new UnrecoverableError(`the worker "${noun}" knows no job "${job.name}" with such data`);
    }
    return runJob(fleet, handlers.runs, job, token, bell.data, draining.signal);
  };

  const worker = fleet.backend.worker(noun, process, { concurrency: 2, name: hostname() });
  worker.on('failed', (job, error) => log.error({ err: error, job_id: job?.id, ...job?.data }, `job "${job?.name}" failed`));
  worker.on('stalled', (jobId) => log.warn({ job_id: jobId }, 'a job lost its worker and goes back in line'));
  await worker.waitUntilReady();
  drainOnSignal(fleet.settings.drainSeconds, async () => {
    draining.abort();
    await worker.close();
    await fleet.close();
  });
  sayReady();
}
