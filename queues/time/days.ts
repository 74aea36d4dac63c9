import { z } from 'zod';
import { day, LAST_DAY } from '../../sql/database/instants.ts';
import { addDays, type Day, isMonday } from './calendar.ts';

/**
 * Every day and instant that enters is read by one of these (D42). Each is a business day as text, `YYYY-MM-DD`, or an instant with
 * its offset; what lies outside its bounds is refused with the bounds named. Bounds that move with the clock are added by
 * queues/timetable/bounds.ts for processes, and by {@link notBorn} for births.
 */
export const FIRST = '2000-01-01';
export const LAST = '2100-12-31';
/** A last day that means "for ever". */
export const FOR_EVER = LAST_DAY;
const FIRST_BIRTH = '1900-01-01';

const isWithin = (day: string, first: string, last: string) => day >= first && day <= last;

/** A day that names its bounds. Texts of this shape are compared as days. */
export const dayFromTo = (first: string, last: string) => `a day from ${first} to ${last}`;

/**
 * A day for an example, so many days from today. It is asked for whenever the document is made (`get examples()`), so that what the
 * page offers stays within the bounds. Zones differ by a day at most: -1 has come everywhere, 2 has come nowhere.
 */
export const exampleDay = (days: number): Day => addDays(new Date().toISOString().slice(0, 10), days);

/** The same as an instant, in the evening. */
export const exampleInstant = (days: number) => `${exampleDay(days)}T18:00:00+03:00`;

/** A business day. */
export const anyDay = day
  .refine((day) => isWithin(day, FIRST, LAST), { error: dayFromTo(FIRST, LAST), abort: true })
  .meta({
    get examples() {
      return [exampleDay(7)];
    },
  });

/** The Monday a week begins with. */
export const weekStart = anyDay.refine(isMonday, { error: 'a Monday, YYYY-MM-DD' });

/** A last day, which may be {@link FOR_EVER}. */
export const endDay = day
  .refine((day) => day === FOR_EVER || isWithin(day, FIRST, LAST), {
    error: `${dayFromTo(FIRST, LAST)}, or ${FOR_EVER} for ever`,
    abort: true,
  })
  .meta({
    get examples() {
      return [exampleDay(20)];
    },
  });

/** A day of birth; that it has passed is for {@link notBorn} to say. */
export const birthDay = day
  .refine((day) => isWithin(day, FIRST_BIRTH, LAST), { error: `${dayFromTo(FIRST_BIRTH, LAST)} that has passed`, abort: true })
  .meta({ examples: ['1990-04-17'] });

/** What is accepted instead of a birth that has not been yet, by the studio's day; null for one that has been. */
export const notBorn = (birth: unknown, today: string) =>
  typeof birth === 'string' && birth >= today ? `a day from ${FIRST_BIRTH} to before ${today}` : null;

/** An instant, `such as` the example of its form; it is judged by the day it is written with. */
export function instantLike(example: string) {
  const what = `an instant with its offset, such as ${example}`;
  return z.iso
    .datetime({ offset: true, error: what, abort: true })
    .refine((text) => !Number.isNaN(Date.parse(text)), { error: what, abort: true })
    .refine((text) => isWithin(text.slice(0, 10), FIRST, LAST), { error: `${what}, from ${FIRST} to ${LAST}` })
    .meta({
      get examples() {
        return [exampleInstant(7)];
      },
    });
}
export const instant = instantLike('2026-11-25T18:00:00+03:00');
/** The same, read as UTC in the one form that is used inside, that of `Date.toISOString`. */
export const utcInstant = instant.transform((text) => new Date(text).toISOString());
