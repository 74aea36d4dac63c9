import { day, moment, today } from '../../../kit/formats.ts';
import { t } from '../../../kit/i18n.ts';

/** Of these somebody waits for an answer, so they are done with a word of what it was. */
const ANSWERED = ['data_show', 'data_correct', 'data_erase', 'erase_person'];
export const needsAnswer = (kind: string) => ANSWERED.includes(kind);

type Due = { words: string; isOver: boolean };
const dueWords = (isOver: boolean, when: string): Due => ({ words: t(isOver ? 'tasks.overdue' : 'tasks.due', { when }), isOver });

/** A last day is over when the next one begins in the studio. */
export const dueOnDay = (last: string): Due => dueWords(last < today(), day(last));

/** By when a task is due, as its details say: at an instant, or on a day; null: it may wait. */
export function dueOf(details: unknown, now = Date.now()): Due | null {
  const { due_at: at, due_on: on } = (typeof details === 'object' && details !== null ? details : {}) as Record<string, unknown>;
  if (typeof at === 'string' && !Number.isNaN(Date.parse(at))) return dueWords(Date.parse(at) < now, moment(at));
  return typeof on === 'string' && /^\d{4}-\d\d-\d\d$/.test(on) ? dueOnDay(on) : null;
}
