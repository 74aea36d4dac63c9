import { runs } from '../../queues/jobs/catalog.ts';
import { dayOf, wallTimeOf } from '../../queues/time/calendar.ts';
import type { RunHandler } from '../runner/execute.ts';
import { progressOf } from '../runner/progress.ts';
import { endings } from './endings.ts';
import { initialRenewal, nightRow, type RenewalProgress } from './night.ts';
import { renewals } from './renewals.ts';
import { unpaid } from './unpaid.ts';

const parts = { renewals, endings, unpaid };
const countsOf = ({ renewed, warnings, invoices }: RenewalProgress) => ({
  students_processed: renewed + warnings.length,
  invoices_created: invoices,
});

/** Renews what ends (D24), tells what is about to end (D28), recalls what is not paid; all as of the run's day. */
export const renewNight: RunHandler = async (run, { settings, now, chunk }) => {
  const { date } = runs.auto_renewal.params.parse(run.params);
  const { renewalGraceDays: graceDays, zone, adminChatIds } = settings;
  const terms = { runId: run.id, date, today: dayOf(now, zone), graceDays, zone, adminChatIds };
  let progress = progressOf(run, nightRow, initialRenewal);
  while (progress.part !== 'over') {
    const part = parts[progress.part];
    progress = await chunk((transaction) => part(transaction, progress, terms), countsOf);
  }
  const { renewed, carried, auto_payments, warnings, told } = progress;
  return {
    status: 'success',
    result: { success: true, renewals_processed: renewed, timestamp: wallTimeOf(now, settings.zone) },
    details: { warnings, carried_sessions: carried, auto_payments, told },
    counts: countsOf(progress),
  };
};
