import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseTransactionConnection } from 'slonik';
import type { Backend } from '../../queues/backend/backend.ts';
import type { Settings } from '../../queues/process/settings.ts';
import type { Sql } from '../../sql/database/database.ts';
import { limitDryRun, lockDryRuns } from '../../sql/runs/dry-runs.ts';
import type { Outcome } from '../../sql/runs/execute.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { Refused } from '../refusal.ts';
import { HandedBack, type RunHandler } from './run-context.ts';

/** What it may take: its locks last until it is rolled back, and whoever meets them waits as long. */
const MOST_MS = 15_000;
/** Where somebody else holds a row, the dry run gives way rather than wait, and begins anew a little later. */
const LOCK_MS = 100;
const TRIES = 5;
/** So long it waits for a dry run of the same process that is under way. */
const TURN_MS = 2_000;

type DryRunContext = { db: Sql; settings: Settings; backend: Backend };
export type AskedRun = Pick<Run, 'process_type' | 'run_key' | 'process_date' | 'params'>;
/** Executes a handler for a request as it would be executed at an instant, by default that of the dry run; several in a row see what those before them did. */
export type Perform = (asked: AskedRun, handler: RunHandler, at?: Date) => Promise<Outcome>;

/** Rolls the transaction back, with what was found out. */
class Undone<T> extends Error {
  readonly found: T;
  constructor(found: T) {
    super('rolled back on purpose');
    this.found = found;
  }
}

/** It met somebody else's lock, or ran out of time. */
class GaveUp extends HandedBack {
  override name = 'GaveUp';
}

/**
 * What a process would do, and nothing of it done: the very handlers run in one transaction that is rolled back at the end, a chunk
 * being a savepoint, so the answer cannot differ from the deed. There is no row of the history and no message.
 * One dry run a process at a time, one after the other, 15 s at most; it does not take the process's own lock, so it never holds up a run, and it gives
 * way to whoever holds a row that it needs. Throws a {@link Refused} conflict when the rows are busy, another dry run is, or time is up.
 * @param at the instant the runs are as of
 * @param work its second parameter reads what they wrote, before it is rolled back
 */
export async function dryRun<T>(
  context: DryRunContext,
  processType: string,
  at: Date,
  work: (perform: Perform, written: Sql) => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + MOST_MS;
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt(context, processType, at, deadline, work);
    } catch (error) {
      if (!isGivenUp(error)) throw error;
      if (Date.now() >= deadline) {
        throw new Refused('conflict', `a dry run of ${processType} takes more than ${MOST_MS / 1_000} s here`);
      }
      if (tries >= TRIES) throw new Refused('conflict', 'others are at work on the same rows; ask again in a moment');
      await pause(tries * LOCK_MS);
    }
  }
}

async function attempt<T>(
  { db, settings, backend }: DryRunContext,
  processType: string,
  at: Date,
  deadline: number,
  work: (perform: Perform, written: Sql) => Promise<T>,
): Promise<T> {
  try {
    return await db.transaction(async (transaction): Promise<T> => {
      const statementMs = Math.max(1, deadline - Date.now());
      await limitDryRun(transaction, { lockMs: TURN_MS, statementMs });
      await lockDryRuns(transaction, processType);
      await limitDryRun(transaction, { lockMs: LOCK_MS, statementMs });
      const chunk = <P extends object>(step: (inside: DatabaseTransactionConnection) => Promise<P>) => {
        if (Date.now() >= deadline) throw new GaveUp('no time left');
        return transaction.transaction(step);
      };
      const context = { settings, backend, db: transaction, now: at, isDry: true, chunk };
      const perform: Perform = (asked, handler, now = at) => handler(runFor(asked, now), { ...context, now });
      throw new Undone(await work(perform, transaction));
    });
  } catch (error) {
    if (error instanceof Undone) return error.found;
    throw error;
  }
}

/** A lock that was not to be had (55P03), a statement cut off (57014), or no time for another chunk. */
export function isGivenUp(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof GaveUp || /^(55P03|57014)$/.test((error as { code?: string }).code ?? '') || isGivenUp(error.cause);
}

/** The run as its row would be; no row has the id 0. */
const runFor = (asked: AskedRun, at: Date): Run => ({
  ...asked,
  id: 0,
  attempt: 1,
  scheduled_for: null,
  requested_at: at.toISOString(),
  started_at: at.toISOString(),
  completed_at: null,
  status: 'running',
  trainings_processed: 0,
  students_processed: 0,
  students_added: 0,
  sessions_deducted: 0,
  invoices_created: 0,
  errors_count: 0,
  progress: null,
  details: {},
  result: null,
  error_message: null,
  created_by: 'dry run',
  api_key_used: null,
  request_id: null,
  job_id: null,
  interruptions: 0,
  part_ids: [],
  after_run_id: null,
});
