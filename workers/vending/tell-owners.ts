import { z } from 'zod';
import { runs } from '../../queues/jobs/catalog.ts';
import { addDays } from '../../queues/time/calendar.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { takeStockChanges } from '../../sql/vending/digest.ts';
import { salesOfDay } from '../../sql/vending/sales.ts';
import { progressOf } from '../runner/progress.ts';
import type { RunHandler } from '../runner/run-context.ts';

/** Owners whose messages are written in one transaction: one each took 13 ms of 200 owners' digest, most of it for the disk. */
const OWNERS_AT_ONCE = 100;
const digestProgress = z.object({ after: z.int(), entries: z.int(), messages: z.int(), done: z.boolean() });

/** One message an owner of everything that changed in the stock since the last one (V26); nothing net, no message. */
export const tellStock: RunHandler = async (run, { chunk }) => {
  const hour = run.run_key.replace(/^vending_digest:/, '');
  let reached = progressOf(run, digestProgress, { after: 0, entries: 0, messages: 0, done: false });
  while (!reached.done) {
    const before = reached;
    reached = await chunk(async (transaction) => {
      const owners = await takeStockChanges(transaction, before.after, OWNERS_AT_ONCE);
      // A second run of the hour tells what the first one could not know.
      const again = run.attempt > 1 ? `:${run.attempt}` : '';
      const messages = await notifyPeople(
        transaction,
        owners
          .filter(({ places }) => places.length > 0)
          .map(({ owner_id, user_id, places }) => ({
            userId: user_id,
            template: 'vending_digest' as const,
            dedupe: `vending_digest:${owner_id}:${hour}${again}`,
            params: { places },
          })),
      );
      return {
        after: owners.at(-1)?.owner_id ?? before.after,
        entries: before.entries + owners.reduce((sum, { entries }) => sum + entries, 0),
        messages: before.messages + messages,
        done: owners.length < OWNERS_AT_ONCE,
      };
    });
  }
  const { entries, messages } = reached;
  return { status: 'success', result: { entries, messages }, details: { entries, messages }, counts: {} };
};

const summaryProgress = z.object({ after: z.int(), messages: z.int(), done: z.boolean() });

/** What each owner's machines sold on the day before the run's. */
export const tellSales: RunHandler = async (run, { chunk }) => {
  const date = addDays(runs.vending_summary.params.parse(run.params).date, -1);
  let reached = progressOf(run, summaryProgress, { after: 0, messages: 0, done: false });
  while (!reached.done) {
    const before = reached;
    reached = await chunk(async (transaction) => {
      const owners = await salesOfDay(transaction, date, before.after, OWNERS_AT_ONCE);
      const messages = await notifyPeople(
        transaction,
        owners.map(({ owner_id, user_id, terminals }) => ({
          userId: user_id,
          template: 'vending_summary' as const,
          dedupe: `vending_summary:${owner_id}:${date}`,
          params: { date, terminals },
        })),
      );
      return {
        after: owners.at(-1)?.owner_id ?? before.after,
        messages: before.messages + messages,
        done: owners.length < OWNERS_AT_ONCE,
      };
    });
  }
  const { messages } = reached;
  return { status: 'success', result: { messages }, details: { messages }, counts: {} };
};
