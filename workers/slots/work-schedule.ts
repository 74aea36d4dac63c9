import { z } from 'zod';

/** Days of a work schedule: "0" is Monday, "6" Sunday (D3). */
const DAYS = ['0', '1', '2', '3', '4', '5', '6'] as const;
const TIME = 'a wall time HH:MM or HH:MM:SS, at most 24:00';

const time = z.string({ error: TIME }).regex(/^((0\d|1\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00(:00)?)$/, { error: TIME });
const interval = z.tuple([time, time], { error: 'a pair of wall times such as ["09:00", "18:00"]' });

/** Seconds since midnight of a wall time. */
export const secondsOf = (clock: string) => {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  return hours * 3_600 + minutes * 60 + seconds;
};

/** The work intervals of a day, in order, none of them reversed or overlapping; an empty list is a day off. */
export const intervals = z
  .array(interval, { error: 'a list of intervals such as [["09:00", "12:00"], ["14:00", "20:00"]]' })
  .max(48, { error: 'at most 48 intervals' })
  .meta({ examples: [[['09:00', '18:00']]] })
  .superRefine((list, context) => {
    for (const [n, [from, to]] of list.entries()) {
      if (secondsOf(from) >= secondsOf(to)) {
        context.addIssue({ code: 'custom', path: [n], message: `the interval ${from}-${to} must end after it begins` });
      }
    }
    const inOrder = [...list.entries()].sort(([, [a]], [, [b]]) => secondsOf(a) - secondsOf(b));
    for (const [place, [n, [from, to]]] of inOrder.entries()) {
      const [, [before, end]] = inOrder[place - 1] ?? [0, ['00:00', '00:00'] as const];
      if (secondsOf(from) < secondsOf(end)) {
        context.addIssue({ code: 'custom', path: [n], message: `the interval ${from}-${to} overlaps ${before}-${end}` });
      }
    }
  });

const WEEK = 'an object with days "0" (Monday) to "6" (Sunday)';
const NO_DAY = 'no such day; the days are "0" (Monday) to "6" (Sunday)';

/** A week of work as the source document writes it; a day that is not named is a day off. */
export const workSchedule = z
  .partialRecord(z.enum(DAYS), intervals, { error: ({ code }) => (code === 'invalid_type' ? WEEK : NO_DAY) })
  .meta({ description: '"0" is Monday, "6" Sunday', examples: [{ 0: [['09:00', '18:00']], 6: [] }] });
