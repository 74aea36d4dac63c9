import { z } from 'zod';
import { runs } from '../../queues/jobs/catalog.ts';
import type { Sql } from '../../sql/database/database.ts';
import { lockStudents } from '../../sql/finance/seats.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { holderNotices } from '../../sql/sessions/holders.ts';
import { beginFreezes, clearFreezes, nextOver, type Over, thawedRow } from '../../sql/subscriptions/unfreeze.ts';
import type { RunHandler } from '../runner/execute.ts';
import { progressOf } from '../runner/progress.ts';

const progressRow = z.object({ after: z.int(), done: z.boolean(), thawed: z.array(thawedRow), begun: z.int() });
type Progress = z.output<typeof progressRow>;
const initialProgress: Progress = { after: 0, done: false, thawed: [], begun: 0 };

/** Subscriptions a transaction. */
const CHUNK = 1_000;

const countsOf = ({ thawed }: Progress) => ({ students_processed: thawed.length });

/** Clears the freezes that were over before the run's day (D26) and notes those as frozen whose freeze covers it. */
export const unfreezeNight: RunHandler = async (run, { chunk }) => {
  const { date } = runs.auto_unfreeze.params.parse(run.params);
  let progress = progressOf(run, progressRow, initialProgress);
  while (!progress.done) progress = await chunk((transaction) => thaw(transaction, progress, date), countsOf);
  return {
    status: 'success',
    result: progress.thawed,
    details: { begun: progress.begun },
    counts: countsOf(progress),
  };
};

async function thaw(transaction: Sql, progress: Progress, date: string): Promise<Progress> {
  const over = await nextOver(transaction, date, progress.after, CHUNK);
  const last = over.at(-1);
  if (!last) return { ...progress, done: true, begun: progress.begun + (await beginFreezes(transaction, date)) };
  await lockStudents(transaction, [...new Set(over.map((subscription) => subscription.student_id))]);
  const thawed = await clearFreezes(
    transaction,
    over.map((subscription) => subscription.id),
    date,
  );
  const cleared = new Set(thawed.map((subscription) => subscription.id));
  await notifyPeople(transaction, over.filter((subscription) => cleared.has(subscription.id)).flatMap(noticesOf));
  return { ...progress, after: last.id, thawed: [...progress.thawed, ...thawed] };
}

const noticesOf = (subscription: Over) =>
  holderNotices(subscription, {
    template: 'subscription_unfrozen',
    dedupe: `subscription_unfrozen:${subscription.id}:${subscription.freeze_end_date}`,
    params: { end_date: subscription.end_date, sessions_left: subscription.sessions_left, moved: [] },
  });
