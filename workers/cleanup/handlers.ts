import { z } from 'zod';
import { runs } from '../../queues/jobs/catalog.ts';
import { nextDays } from '../../sql/stats/daily-figures.ts';
import { progressOf } from '../runner/progress.ts';
import type { HandlersOf, RunHandler } from '../runner/run-context.ts';
import { operations } from './operations.ts';
import { tidyUp } from './tidy-up.ts';
import { writeDays } from './write-days.ts';

/** Days a transaction. */
const CHUNK = 50;
const written = z.object({
  after: z.iso.date().nullable(),
  isLast: z.boolean(),
  days_calculated: z.int(),
  days_written: z.int(),
});

/** Writes the business figures of the 35 days before the run's own and of every earlier day that changed (R20-R24). */
export const stats: RunHandler = async (run, { chunk, settings }) => {
  const { date } = runs.stats.params.parse(run.params);
  let progress = progressOf(run, written, { after: null, isLast: false, days_calculated: 0, days_written: 0 });
  while (!progress.isLast) {
    const { after, days_calculated, days_written } = progress;
    progress = await chunk(async (transaction) => {
      const days = await nextDays(transaction, date, after, CHUNK);
      return {
        after: days.at(-1) ?? after,
        isLast: days.length < CHUNK,
        days_calculated: days_calculated + days.length,
        days_written: days_written + (await writeDays(transaction, days, settings.zone)),
      };
    });
  }
  const { days_calculated, days_written } = progress;
  return { status: 'success', result: { days_calculated, days_written }, details: { days_written }, counts: {} };
};

/** What backups need is loaded when the first one is made. */
const backup: RunHandler = async (...night) => (await import('../backups/nights.ts')).backupNight(...night);
const verify_backup: RunHandler = async (...night) => (await import('../backups/nights.ts')).verifyNight(...night);

const exporting: RunHandler = async (...asked) => (await import('../exports/export-run.ts')).exportRun(...asked);

export const handlers = {
  cleanup: tidyUp(operations),
  stats,
  backup,
  verify_backup,
  export: exporting,
} satisfies HandlersOf<'cleanup'>;
