import { z } from 'zod';
import { runs } from '../../queues/jobs/catalog.ts';
import { chargeChunk, initialNightProgress, type NightProgress } from '../../sql/finance/night.ts';
import type { RunHandler } from '../runner/execute.ts';
import { progressOf } from '../runner/progress.ts';

const progress: z.ZodType<NightProgress> = z.object({
  after: z.int(),
  done: z.boolean(),
  trainings: z.int(),
  registrations: z.int(),
  sessions: z.int(),
  invoices: z.int(),
  auto_payments: z.int(),
});

/** Decides every registration up to the day after the run's day, and pays what the wallets cover (D12-D16). */
export const chargeNight: RunHandler = async (run, { chunk }) => {
  const { date } = runs.finance.params.parse(run.params);
  let reached = progressOf(run, progress, initialNightProgress);
  while (!reached.done) reached = await chunk((transaction) => chargeChunk(transaction, date, reached, run.id));
  return {
    status: 'success',
    result: {
      trainings_processed: reached.trainings,
      invoices_created: reached.invoices,
      sessions_deducted: reached.sessions,
      auto_payments: reached.auto_payments,
    },
    details: {},
    counts: {
      trainings_processed: reached.trainings,
      students_processed: reached.registrations,
      sessions_deducted: reached.sessions,
      invoices_created: reached.invoices,
    },
  };
};
