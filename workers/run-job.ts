import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import type { DatabaseTransactionConnection } from 'slonik';
import type { Bell } from '../queues/catalog.ts';
import type { Fleet } from '../queues/fleet.ts';
import { log } from '../queues/log.ts';
import type { Settings } from '../queues/settings.ts';
import { releaseProcessLock, tryProcessLock, watchClient } from '../sql/locks.ts';
import { type AdminNotice, tellAdmins } from '../sql/notifications.ts';
import { isOutage } from '../sql/outage.ts';
import { claimRun, failRun, findRun, finishRun, handBackRun, isOver, type Outcome, type Run, saveProgress } from '../sql/runs.ts';

/** A run stops for good after its runner vanished this often: something in it kills its worker. */
const MOST_INTERRUPTIONS = 20;
const LOCK_RETRY_MS = 1_000;
const OUTAGE_RETRY_MS = 3_000;

/** What a handler gets beside its run. */
export type RunContext = {
  settings: Settings;
  /**
   * One chunk: its effects and the run's progress are one transaction, on the connection that holds the process's lock.
   * Between chunks a draining worker hands the run on. Returns the new progress.
   */
  chunk<P extends object>(step: (transaction: DatabaseTransactionConnection) => Promise<P>): Promise<P>;
};
export type RunHandler = (run: Run, context: RunContext) => Promise<Outcome & { notices?: AdminNotice[] }>;

class HandedOn extends Error {}

/**
 * Executes the run a bell points at, once: under the lock of its process, from where an interrupted runner left off.
 * A stale bell does nothing; a busy lock, an outage or a drain puts the job back in line without using up a try.
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
    const known = await findRun(fleet.db, bell.run_id);
    if (!known || isOver(known)) return { stale: true };
    const handler = handlers[known.process_type];
    if (!handler) throw new UnrecoverableError(`this worker has no handler for "${known.process_type}"`);
    const over = await fleet.db.connect(async (connection) => {
      if (!(await tryProcessLock(connection, known.process_type))) return null;
      try {
        await watchClient(connection);
        const run = await claimRun(connection, known.id, String(job.id));
        if (!run) return known;
        const say = log.child({ run_id: run.id, run_key: run.run_key, job_id: job.id, request_id: bell.request_id });
        if (run.interruptions > MOST_INTERRUPTIONS) throw new UnrecoverableError(`interrupted ${run.interruptions} times`);
        say.info({ attempt: run.attempt, interruptions: run.interruptions }, 'run starts');
        const chunk: RunContext['chunk'] = async (step) => {
          if (draining.aborted) throw new HandedOn();
          const progress = await connection.transaction(async (transaction) => {
            const after = await step(transaction);
            await saveProgress(transaction, run.id, after);
            return after;
          });
          await job.updateProgress(progress).catch((error) => say.debug({ err: error }, 'progress was not shown'));
          return progress;
        };
        const { notices = [], ...outcome } = await handler(run, { settings: fleet.settings, chunk });
        const ended = await connection.transaction(async (transaction) => {
          await tellAdmins(transaction, fleet.settings.adminChatIds, notices);
          return finishRun(transaction, run.id, outcome);
        });
        say.info({ status: ended?.status, ...outcome.counts }, 'run ended');
        return ended ?? run;
      } finally {
        await releaseProcessLock(connection, known.process_type).catch(() => undefined);
      }
    });
    if (!over) return await postpone(LOCK_RETRY_MS);
    return { run_id: over.id, status: over.status };
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
  const message = `${error.name}: ${error.message}`.slice(0, 1_000);
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
