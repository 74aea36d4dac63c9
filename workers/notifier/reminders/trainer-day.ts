import { runs } from '../../../queues/jobs/catalog.ts';
import { notifyPeople } from '../../../sql/notifications/notify.ts';
import { daysOfTrainers } from '../../../sql/reminders/trainers.ts';
import type { RunHandler } from '../../runner/execute.ts';

/**
 * Tells each trainer what they give on the day: trainings and bookings. Who gives nothing is told nothing; a second run tells
 * nobody again.
 */
export const trainerDay: RunHandler = async (run, { settings, chunk }) => {
  const { date } = runs.trainer_day.params.parse(run.params);
  const result = await chunk(async (transaction) => {
    const items = await daysOfTrainers(transaction, date, settings.zone);
    const trainers = await notifyPeople(
      transaction,
      [...Map.groupBy(items, ({ trainer_id }) => trainer_id)].map(([userId, own]) => ({
        userId,
        template: 'trainer_day' as const,
        dedupe: `trainer_day:${date}:${userId}`,
        params: { day: date, items: own.map(({ trainer_id: _, ...item }) => item) },
      })),
    );
    return { trainers };
  });
  return { status: 'success', result, details: {}, counts: {} };
};
