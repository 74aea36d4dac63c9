import { type Job, UnrecoverableError } from 'bullmq';
import type { DatabasePoolConnection, DatabaseTransactionConnection } from 'slonik';
import type { Fleet } from '../queues/fleet.ts';
import { log } from '../queues/log.ts';
import type { Settings } from '../queues/settings.ts';
import type { Sql } from '../sql/database.ts';
import { releaseProcessLock, tryProcessLock, watchClient } from '../sql/locks.ts';
import { type AdminNotice, tellAdmins } from '../sql/notifications.ts';
import { claimRun, finishRun, type Outcome, type Run, saveProgress } from '../sql/runs.ts';

/** A run stops for good after its runner vanished this often: something in it kills its worker. */
const MOST_INTERRUPTIONS = 20;

/** What a handler gets beside its run. */
export type RunContext = {
  settings: Settings;
  /** The connection that holds the process's lock. */
  db: Sql;
  /**
   * One chunk: its effects and the run's progress are one transaction, on the connection that holds the process's lock.
   * Between chunks a draining worker hands the run on. Returns the new progress.
   */
  chunk<P extends object>(step: (transaction: DatabaseTransactionConnection) => Promise<P>): Promise<P>;
};
export type RunHandler = (run: Run, context: RunContext) => Promise<Outcome & { notices?: AdminNotice[] }>;

/** The worker drains: the run goes back in line and goes on from its last chunk. */
export class HandedOn extends Error {
  override name = 'HandedOn';
}

/**
 * Executes a run under the lock of its process. Lock, chunks and outcome live on one connection: if that connection dies,
 * so does everything this runner could still do to the run.
 * Returns the run as it ended, or null when another run of the process holds the lock.
 */
export function execute(fleet: Fleet, known: Run, handler: RunHandler, job: Job, draining: AbortSignal): Promise<Run | null> {
  return fleet.db.connect(async (connection) => {
    if (!(await tryProcessLock(connection, known.process_type))) return null;
    try {
      await watchClient(connection);
      const run = await claimRun(connection, known.id, String(job.id));
      return run ? await perform(fleet, connection, run, handler, job, draining) : known;
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
  handler: RunHandler,
  job: Job,
  draining: AbortSignal,
) {
  const say = log.child({ run_id: run.id, run_key: run.run_key, job_id: job.id, request_id: run.request_id });
  if (run.interruptions > MOST_INTERRUPTIONS) throw new UnrecoverableError(`interrupted ${run.interruptions} times`);
  say.info({ attempt: run.attempt, interruptions: run.interruptions }, 'run starts');
  const chunk: RunContext['chunk'] = async (step) => {
    if (draining.aborted) throw new HandedOn('between two chunks');
    const progress = await connection.transaction(async (transaction) => {
      const after = await step(transaction);
      await saveProgress(transaction, run.id, after);
      return after;
    });
    await job.updateProgress(progress).catch((error) => say.debug({ err: error }, 'progress was not shown'));
    return progress;
  };
  const { notices = [], ...outcome } = await handler(run, { settings: fleet.settings, db: connection, chunk });
  const ended = await connection.transaction(async (transaction) => {
    await tellAdmins(transaction, fleet.settings.adminChatIds, notices);
    return finishRun(transaction, run.id, outcome);
  });
  for (const warning of warningsOf(outcome)) say.warn(warning, 'run warns');
  say.info({ status: outcome.status, ...outcome.counts }, 'run ended');
  return ended ?? run;
}

/** Warnings as the log may hold them: reasons and ids, no names. */
const warningsOf = ({ details }: Outcome) =>
  [details.warnings, details.conflicts]
    .filter(Array.isArray)
    .flat()
    .map((warning: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(warning).filter(([name]) => name === 'reason' || name.endsWith('_id'))),
    );
