import { expect } from '@jest/globals';
import { z } from 'zod';
import { readSettings } from '../../queues/process/settings.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { notifyAdmins } from '../../sql/notifications/notify.ts';
import { claimRun, finishRun, type Outcome, saveProgress } from '../../sql/runs/execute.ts';
import { requestRun } from '../../sql/runs/request.ts';
import type { RunContext, RunHandler } from '../../workers/runner/execute.ts';

/** Stops a night between two chunks, as a kill does. */
export class Killed extends Error {}

export type NightOptions = {
  settings?: Record<string, string>;
  /** When it is executed; the run is as of 23:00 of its day whenever that is. */
  now?: Date;
  /** Called after each chunk was committed, with how many there were; what it throws stops the night there. */
  onChunk?: (chunks: number) => unknown;
};

/**
 * One run of a process for a business day, as its worker would execute it, without the queue. A night that was stopped goes
 * on from its last chunk when it is asked for again. Whoever looks at it meanwhile sees its counts: those of the last chunk must be those
 * of its end. Returns the outcome.
 */
export async function night(db: Database, handler: RunHandler, processType: string, date: string, options: NightOptions = {}) {
  const settings = readSettings({ TELEGRAM_ADMIN_CHAT_IDS: '1001', ...options.settings }, '/nowhere/.env');
  const request = { process_type: processType, run_key: `${processType}:${date}`, process_date: date, params: { date } };
  const scheduled_for = `${date}T20:00:00Z`;
  const { run: asked } = await requestRun(db, { ...request, scheduled_for, again: true });
  const run = await claimRun(db, asked.id, 'test');
  if (!run) throw new Error(`the run ${asked.id} is over`);
  let chunks = 0;
  const chunk: RunContext['chunk'] = async (step, countsOf) => {
    const after = await db.transaction(async (transaction) => {
      const progress = await step(transaction);
      await saveProgress(transaction, run.id, progress, countsOf?.(progress));
      return progress;
    });
    chunks += 1;
    await options.onChunk?.(chunks);
    return after;
  };
  const { notices = [], ...outcome } = await handler(run, {
    settings,
    db,
    chunk,
    backend: undefined as never,
    now: options.now ?? new Date(),
  });
  if (chunks > 0) expect(await shownCounts(db, run.id)).toEqual(shownOf(outcome.counts));
  await notifyAdmins(db, settings.adminChatIds, notices);
  await finishRun(db, run.id, outcome);
  return outcome;
}

const COUNTS = ['trainings_processed', 'students_processed', 'students_added', 'sessions_deducted', 'invoices_created'] as const;
/** What is shown of a run's counts before it is over. */
export const shownOf = (counts: Outcome['counts']) => Object.fromEntries(COUNTS.map((name) => [name, counts[name] ?? 0]));

const shownCounts = (db: Database, id: number) =>
  db.one(sql.type(z.record(z.enum(COUNTS), z.int()))`
    select trainings_processed, students_processed, students_added, sessions_deducted, invoices_created
    from automated_process_history where id = ${id}`);
