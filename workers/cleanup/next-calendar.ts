import { isYearKnown } from '../../sql/calendar/days.ts';
import { writeTasks } from '../../sql/tasks/tasks.ts';
import { text } from '../notifier/texts/texts.ts';
import type { Operation } from './operation.ts';

/** From 1 December on, while nothing is known of the next year's closed days: a task, once (R17). Nothing is guessed. */
export const askForNextCalendar: Operation = {
  name: 'next_calendar',
  async batch(transaction, { date, settings }) {
    const year = Number(date.slice(0, 4)) + 1;
    if (date.slice(5, 7) === '12' && !(await isYearKnown(transaction, year))) {
      const title = text(settings.locale, 'task.calendar_missing', { year });
      await writeTasks(transaction, [{ kind: 'calendar_missing', title, details: { year }, dedupe: `calendar_missing:${year}` }]);
    }
    return { counts: {}, after: null, isLast: true };
  },
};
