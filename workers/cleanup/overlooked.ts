import { closeOverlookedTasks, nextOverlookedDay, noteOverlooked } from '../../sql/cleanup/overlooked.ts';
import { writeTasks } from '../../sql/tasks/tasks.ts';
import { text } from '../notifier/texts/texts.ts';
import type { Operation } from './operation.ts';

/** Trainings named in a task; the others are a number. */
const NAMED = 50;

/**
 * Past trainings that nobody has completed. Who came is not known, so nothing is decided: they are noted as overlooked, and the
 * admins get a task a day of them. Attendance takes missed days along (D11); once it has, the task is noted as done.
 */
export const noteOverlookedTrainings: Operation = {
  name: 'trainings',
  async batch(transaction, { date, settings }, after) {
    const day = await nextOverlookedDay(transaction, date, after as string | null);
    if (day === null) {
      await closeOverlookedTasks(transaction);
      return { counts: {}, after, isLast: true };
    }
    const trainings = await noteOverlooked(transaction, day);
    await writeTasks(transaction, [
      {
        kind: 'trainings_not_completed',
        title: text(settings.locale, 'task.trainings_not_completed', { count: trainings.length, day }),
        details: { date: day, count: trainings.length, trainings: trainings.slice(0, NAMED) },
        dedupe: `trainings_not_completed:${day}`,
      },
    ]);
    return { counts: { trainings_overlooked: trainings.length }, after: day, isLast: false };
  },
};
