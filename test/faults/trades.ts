import type { Noun } from '../../queues/jobs/catalog.ts';
import { runs } from '../../queues/jobs/catalog.ts';
import type { Database } from '../../sql/database/database.ts';
import type { RunRequest } from '../../sql/runs/request.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { monday } from '../support/days.ts';
import { bigStudio, fingerprint } from './big-studio.ts';
import { EVENING, nightFingerprint, nightStudio } from './night-studio.ts';

/** The week that is generated. */
export const MONDAY = monday();

/** What a lab's workers do, and how to compare what came of it. */
export type Trade = {
  noun: Noun;
  build(db: Database): Promise<void>;
  request(day?: string): RunRequest;
  /** The rows a run leaves behind, without the numbers that another history of runs gives other values. */
  rows(db: Database): Promise<unknown>;
  /** What a run says of itself, without the numbers that depend on how often something was tried. */
  account(run: Run): unknown;
};

export const week: Trade = {
  noun: 'generation',
  build: bigStudio,
  request: (start = MONDAY) => ({
    ...runs.generation.request({ week_start: start }, start),
    process_type: 'generation',
  }),
  rows: fingerprint,
  account({ status, details, result, ...run }) {
    const { message, created_count, students_added, period, warnings, conflicts } = result as Record<string, unknown>;
    return {
      status,
      chunks: details.chunks,
      counts: [run.trainings_processed, run.students_processed, run.students_added, run.errors_count],
      result: { message, created_count, students_added, period },
      unmade: [(warnings as unknown[]).length, (conflicts as unknown[]).length],
    };
  },
};

export const night: Trade = {
  noun: 'finance',
  build: nightStudio,
  request: (date = EVENING) => ({ ...runs.finance.request({ date }, date), process_type: 'finance' }),
  rows: nightFingerprint,
  account: ({ status, result, ...run }) => ({
    status,
    result,
    counts: [run.trainings_processed, run.students_processed, run.sessions_deducted, run.invoices_created, run.errors_count],
  }),
};
