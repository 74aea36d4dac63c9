import { type Job, UnrecoverableError } from 'bullmq';
import type { DatabasePoolConnection } from 'slonik';
import { log } from '../../queues/log/log.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { notifyAdmins } from '../../sql/notifications/notify.ts';
import { claimRun, finishRun, handBackRun, type Outcome } from '../../sql/runs/execute.ts';
import { releaseProcessLock, tryProcessLock, watchRunner } from '../../sql/runs/locks.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { recordFailure, recover } from './failure.ts';
import { contextOf, HandedBack, type RunHandler } from './run-context.ts';

export type { RunContext, RunHandler } from './run-context.ts';

/** A run stops for good after its runner vanished this often: something in it kills its worker. */
const MOST_INTERRUPTIONS = 20;

/** What became of an execution. Whatever concerns the run is in the database by then. */
export type Ending =
  | { is: 'over'; run: Run }
  /** The run was over before; nothing was done. */
  | { is: 'stale' }
  /** Another run of the process holds its lock. */
  | { is: 'busy' }
  /** The worker drains. */
  | { is: 'handed on' }
  /** This try failed. */
  | { is: 'failed'; error: Error };

/**
 * Executes a run under the lock of its process. Lock, chunks, outcome and failure live on one connection: if that
 * connection dies, so does everything this runner could still do to the run. Then, and only then, it throws.
 */
export function execute(
  fleet: Fleet,
  known: Run,
  handler: RunHandler | undefined,
  job: Job,
  draining: AbortSignal,
): Promise<Ending> {
  return fleet.db.connect(async (connection) => {
    if (!(await tryProcessLock(connection, known.process_type))) return { is: 'busy' };
    try {
      await watchRunner(connection);
      const run = await claimRun(connection, known.id, String(job.id));
      return run ? await perform(fleet, connection, run, handler, job, draining) : { is: 'stale' };
    } finally {
      // On a connection that is gone the lock is gone too.
      await releaseProcessLock(connection, known.process_type).catch(() => undefined);
    }
  });
}

async function perform(
  fleet: Fleet,
  connection: DatabasePoolConnection,
  run: Run,
  handler: RunHandler | undefined,
  job: Job,
  draining: AbortSignal,
): Promise<Ending> {
  const say = log.child({ run_id: run.id, run_key: run.run_key, job_id: job.id, request_id: run.request_id });
  try {
    if (!handler) throw new UnrecoverableError(`this worker has no handler for "${run.process_type}"`);
    if (run.interruptions > MOST_INTERRUPTIONS) throw new UnrecoverableError(`interrupted ${run.interruptions} times`);
    say.info({ attempt: run.attempt, interruptions: run.interruptions }, 'run starts');
    const { notices = [], ...outcome } = await handler(run, contextOf(fleet, connection, run, job, draining));
    const ended = await connection.transaction(async (transaction) => {
      await notifyAdmins(transaction, fleet.settings.adminChatIds, notices);
      await recover(transaction, fleet.settings.adminChatIds, run.process_type);
      return finishRun(transaction, run.id, outcome);
    });
    for (const warning of warningsOf(outcome)) say.warn(warning, 'run warns');
    say.info({ status: outcome.status, ...outcome.counts }, 'run ended');
    return { is: 'over', run: ended ?? run };
  } catch (thrown) {
    if (thrown instanceof HandedBack) {
      await handBackRun(connection, run.id);
      say.info('run handed on');
      return { is: 'handed on' };
    }
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    await recordFailure(connection, fleet.settings.adminChatIds, run, job, error);
    return { is: 'failed', error };
  }
}

/** Warnings as the log may hold them: reasons and ids, no names. */
const warningsOf = ({ details }: Outcome) =>
  [details.warnings, details.conflicts]
    .filter(Array.isArray)
    .flat()
    .map((warning: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(warning).filter(([name]) => name === 'reason' || name.endsWith('_id'))),
    );
