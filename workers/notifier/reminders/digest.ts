import { z } from 'zod';
import type { ParamsOf } from '../../../sql/notifications/catalog.ts';
import { notifyAdmins } from '../../../sql/notifications/notify.ts';
import type { ScheduleChange } from '../../../sql/reminders/changes.ts';
import { takeChangesForAdmins } from '../../../sql/reminders/changes.ts';
import type { RunHandler } from '../../runner/execute.ts';
import { progressOf } from '../../runner/progress.ts';

/** Changes taken at once; more of them are more digests. */
const CHUNK = 2_000;

const progress = z.object({ changes: z.int(), digests: z.int(), done: z.boolean() });

/** Notifies the admins what changed in the schedule since the last time: one digest, grouped by place. */
export const digest: RunHandler = async (run, { settings, chunk }) => {
  let reached = progressOf(run, progress, { changes: 0, digests: 0, done: false });
  while (!reached.done) {
    const before = reached;
    reached = await chunk(async (transaction) => {
      const changes = await takeChangesForAdmins(transaction, CHUNK);
      const dedupe = `schedule_digest:run:${run.id}:${before.digests}`;
      const params = { places: byPlace(changes) };
      if (changes.length > 0)
        await notifyAdmins(transaction, settings.adminChatIds, [{ template: 'schedule_digest', dedupe, params }]);
      return {
        changes: before.changes + changes.length,
        digests: before.digests + (changes.length > 0 ? 1 : 0),
        done: changes.length < CHUNK,
      };
    });
  }
  const { done: _, ...result } = reached;
  return { status: 'success', result, details: {}, counts: { trainings_processed: reached.changes } };
};

/** What was created is a number and its days: a whole week is created at once. The rest is listed one by one. */
export function byPlace(changes: readonly ScheduleChange[]): ParamsOf<'schedule_digest'>['places'] {
  return [...Map.groupBy(changes, ({ location }) => location)].map(([location, own]) => {
    const created = own.filter(({ change }) => change === 'created').map(({ training_date }) => training_date);
    const days = created.toSorted();
    const [first, last] = [days[0], days.at(-1)];
    return {
      location,
      created: first === undefined || last === undefined ? null : { count: created.length, from: first, to: last },
      changes: own.flatMap(({ change, was, training_date, start_time, training_type, room, trainer, max_participants }) =>
        change === 'created' ? [] : { change, was, training_date, start_time, training_type, room, trainer, max_participants },
      ),
    };
  });
}
