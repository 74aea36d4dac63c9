import { type Job, UnrecoverableError } from 'bullmq';
import type { DatabasePoolConnection } from 'slonik';
import { log } from '../../queues/log/log.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { currentSpan } from '../../sql/database/tracing.ts';
import { type AdminNotice, notifyAdmins } from '../../sql/notifications/notify.ts';
import { finishRun, handBackRun, type Outcome } from '../../sql/runs/execute.ts';
import { finishAndRelease, takeRun } from '../../sql/runs/execution.ts';
import { releaseProcessLock } from '../../sql/runs/locks.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { recordFailure, recover, troublesOf } from './failure.ts';
import { contextOf, HandedBack, type RunHandler } from './run-context.ts';

export type { RunContext, RunHandler } from './run-context.ts';

/** A run stops for good after its runner vanished this often: something in it kills its worker. */
const MOST_INTERRUPTIONS = 20;

/** What became of an execution. Whatever concerns the run is in the database by then. `isReleased`: its process's lock is given back. */
export type Ending =
  | { is: 'over'; run: Run; isReleased: boolean }
  /** The run was over before; nothing was done. */
  | { is: 'stale' }
  /** The run must wait: for others of its process, or for those it comes after. */
  | { is: 'busy' }
  /** The worker drains. */
  | { is: 'handed on' }
  /** This try failed. */
  | { is: 'failed'; error: Error };

/**
 * Executes a run under the lock of its process, unless it must wait. Lock, chunks, outcome and failure live on one connection: if
 * that connection dies, so does everything this runner could still do to the run. Then, and only then, it throws.
 */
export function execute(
  fleet: Fleet,
  id: number,
  handlers: Partial<Record<string, RunHandler>>,
  job: Job,
  draining: AbortSignal,
): Promise<Ending> {
  return fleet.db.connect(async (connection) => {
    const taken = await takeRun(connection, id, String(job.id));
    if (taken.is === 'busy') return taken;
    let locked = taken.locked_process;
    try {
      if (taken.is === 'stale') return { is: 'stale' };
      const { is: _, locked_process, ...run } = taken;
      const ending = await perform(fleet, connection, run, handlers[run.process_type], job, draining);
      if (ending.is === 'over' && ending.isReleased) locked = null;
      return ending;
    } finally {
      // On a connection that is gone the lock is gone too.
      if (locked !== null) await releaseProcessLock(connection, locked).catch(() => undefined);
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
  currentSpan()?.rename(`run ${run.process_type}`);
  currentSpan()?.set({ 'fleet.run.key': run.run_key, 'fleet.run.attempt': run.attempt });
  try {
    if (!handler) throw new UnrecoverableError(`this worker has no handler for "${run.process_type}"`);
    if (run.interruptions > MOST_INTERRUPTIONS) throw new UnrecoverableError(`interrupted ${run.interruptions} times`);
    say.info({ attempt: run.attempt, interruptions: run.interruptions }, 'run starts');
    const { notices = [], ...outcome } = await handler(run, contextOf(fleet, connection, run, job, draining));
    const ending = await finish(connection, fleet.settings.adminChatIds, run, outcome, notices);
    for (const warning of warningsOf(outcome)) say.warn(warning, 'run warns');
    say.info({ status: outcome.status, ...outcome.counts }, 'run ended');
    return ending;
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

/** Ends a run: in one statement with its lock, or, where the admins are notified of something, in a transaction with that. */
async function finish(
  connection: DatabasePoolConnection,
  adminChatIds: number[],
  run: Run,
  outcome: Outcome,
  notices: readonly AdminNotice[],
): Promise<Ending> {
  const released = notices.length === 0 && (await finishAndRelease(connection, run.id, outcome, troublesOf(run.process_type)));
  if (released) return { is: 'over', run: released, isReleased: true };
  const ended = await connection.transaction(async (transaction) => {
    await notifyAdmins(transaction, adminChatIds, notices);
    await recover(transaction, adminChatIds, run.process_type);
    return finishRun(transaction, run.id, outcome);
  });
  return { is: 'over', run: ended ?? run, isReleased: false };
}

/** Warnings as the log may hold them: reasons and ids, no names. */
const warningsOf = ({ details }: Outcome) =>
  [details.warnings, details.conflicts]
    .filter(Array.isArray)
    .flat()
    .map((warning: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(warning).filter(([name]) => name === 'reason' || name.endsWith('_id'))),
    );
