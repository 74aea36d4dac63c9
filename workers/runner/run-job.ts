import { DelayedError, type Job } from 'bullmq';
import type { JobPayload } from '../../queues/jobs/payloads.ts';
import { log } from '../../queues/log/log.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { isOutage } from '../../sql/database/outage.ts';
import { execute, type RunHandler } from './execute.ts';

/** How soon a run looks again whether the lock is free, or the database back. */
const RETRY_MS = 1_000;

/**
 * Does what a run's job asks: executes the run once, from where an interrupted runner left off.
 * A stale job does nothing. A busy lock, an outage or a drain puts the job back in line without using up a try.
 * Anything else fails this try, and the last one ends the run as `error` and notifies the admins.
 */
export async function runJob(
  fleet: Fleet,
  handlers: Partial<Record<string, RunHandler>>,
  job: Job,
  token: string | undefined,
  payload: JobPayload<'run'>,
  draining: AbortSignal,
) {
  const ending = await execute(fleet, payload.run_id, handlers, job, draining).catch((error) => {
    if (!isOutage(error)) throw error;
    log.warn({ err: error, run_id: payload.run_id }, 'the database is away; the run waits for it');
    return { is: 'away' } as const;
  });
  switch (ending.is) {
    case 'stale':
      return { stale: true };
    case 'over':
      return { run_id: ending.run.id, status: ending.run.status };
    case 'failed':
      throw ending.error;
    case 'busy':
    case 'away':
      return delay(job, token, RETRY_MS);
    case 'handed on':
      return delay(job, token, 0);
  }
}

/**
 * Puts the job back in line, which uses up no try. Where that fails the job is left alone: the queue is away and gives it
 * back once its lock has run out, or it is no longer ours (the lock ran out before, the queue was emptied).
 */
async function delay(job: Job, token: string | undefined, ms: number): Promise<never> {
  await job.moveToDelayed(Date.now() + ms, token).catch((error) => {
    log.warn({ err: error, job_id: job.id }, 'the job could not be put back in line; it comes back by itself');
  });
  throw new DelayedError();
}
