import { z } from 'zod';
import { runs } from '../../queues/jobs/catalog.ts';
import { chargeChunk, type NightProgress, nightfall } from '../../sql/finance/night.ts';
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
  let so = progressOf(run, progress, nightfall);
  while (!so.done) so = await chunk((transaction) => chargeChunk(transaction, date, so, run.id));
  return {
    status: 'success',
    result: {
      trainings_processed: so.trainings,
      invoices_created: so.invoices,
      sessions_deducted: so.sessions,
      auto_payments: so.auto_payments,
    },
    details: {},
    counts: {
      trainings_processed: so.trainings,
      students_processed: so.registrations,
      sessions_deducted: so.sessions,
      invoices_created: so.invoices,
    },
  };
};
