import { z } from 'zod';
import { runs } from '../../queues/jobs/catalog.ts';
import { chargeChunk, initialNightProgress } from '../../sql/finance/night.ts';
import { addDone, nothingDone } from '../runner/by-training.ts';
import type { RunHandler } from '../runner/execute.ts';
import { progressOf } from '../runner/progress.ts';

const progress = z.object({
  after: z.int(),
  done: z.boolean(),
  trainings: z.int(),
  registrations: z.int(),
  sessions: z.int(),
  invoices: z.int(),
  auto_payments: z.int(),
  by_training: z
    .object({
      trainings: z.array(z.object({ training_id: z.int(), sessions: z.int(), invoices: z.int(), amount_minor: z.int() })),
      is_cut: z.boolean(),
    })
    .default(nothingDone),
});

const countsOf = ({ trainings, registrations, sessions, invoices }: z.output<typeof progress>) => ({
  trainings_processed: trainings,
  students_processed: registrations,
  sessions_deducted: sessions,
  invoices_created: invoices,
});

/** Decides every registration up to the day after the run's day, and pays what the wallets cover (D12-D16). */
export const chargeNight: RunHandler = async (run, { chunk }) => {
  const { date } = runs.finance.params.parse(run.params);
  let reached = progressOf(run, progress, { ...initialNightProgress, by_training: nothingDone });
  while (!reached.done) {
    const { by_training, ...before } = reached;
    reached = await chunk(async (transaction) => {
      const { charged, ...now } = await chargeChunk(transaction, date, before, run.id);
      return { ...now, by_training: addDone(by_training, charged) };
    }, countsOf);
  }
  return {
    status: 'success',
    result: {
      trainings_processed: reached.trainings,
      invoices_created: reached.invoices,
      sessions_deducted: reached.sessions,
      auto_payments: reached.auto_payments,
    },
    details: reached.by_training,
    counts: countsOf(reached),
  };
};
