import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import type { Bell } from '../queues/catalog.ts';
import type { Fleet } from '../queues/fleet.ts';
import { log } from '../queues/log.ts';
import { type AdminNotice, tellAdmins } from '../sql/notifications.ts';
import { isOutage } from '../sql/outage.ts';
import { failRun, findRun, handBackRun, isOver, type Run } from '../sql/runs.ts';
import { execute, HandedOn, type RunHandler } from './execute.ts';

const LOCK_RETRY_MS = 1_000;
const OUTAGE_RETRY_MS = 3_000;

/**
 * Does what a run's bell asks: executes the run once, from where an interrupted runner left off.
 * A stale bell does nothing. A busy lock, an outage or a drain puts the job back in line without using up a try.
 * Anything else fails this try, and the last one ends the run as `error` and tells the admins.
 */
export async function runJob(
  fleet: Fleet,
  handlers: Record<string, RunHandler>,
  job: Job,
  token: string | undefined,
  bell: Bell<'run'>,
  draining: AbortSignal,
) {
  const postpone = async (ms: number): Promise<never> => {
    await job.moveToDelayed(Date.now() + ms, token);
    throw new DelayedError();
  };
  try {
    const run = await findRun(fleet.db, bell.run_id);
    if (!run || isOver(run)) return { stale: true };
    const handler = handlers[run.process_type];
    if (!handler) throw new UnrecoverableError(`this worker has no handler for "${run.process_type}"`);
    const ended = await execute(fleet, run, handler, job, draining);
    return ended ? { run_id: ended.id, status: ended.status } : await postpone(LOCK_RETRY_MS);
  } catch (error) {
    if (error instanceof DelayedError) throw error;
    if (error instanceof HandedOn) {
      await handBackRun(fleet.db, bell.run_id);
      return postpone(0);
    }
    if (isOutage(error)) {
      log.warn({ err: error, run_id: bell.run_id }, 'the database is away; the run waits for it');
      return postpone(OUTAGE_RETRY_MS);
    }
    await recordFailure(fleet, job, bell.run_id, error as Error);
    throw error;
  }
}

async function recordFailure(fleet: Fleet, job: Job, runId: number, error: Error) {
  const final = error instanceof UnrecoverableError || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
  const message = `${error.name}: ${error.message.split('\n', 1)[0]}`.slice(0, 1_000);
  await fleet.db.transaction(async (transaction) => {
    const run = await failRun(transaction, runId, message, final);
    if (run?.status === 'error') await tellAdmins(transaction, fleet.settings.adminChatIds, [failedNotice(run)]);
  });
}

const failedNotice = (run: Run): AdminNotice => ({
  template: 'run_failed',
  dedupe: `run_failed:${run.id}`,
  params: { run_id: run.id, run_key: run.run_key, attempt: run.attempt, error: run.error_message ?? '' },
});
