import { addDays, type Day } from '../../../kit/zone.ts';
import { type AwayTime, clock, type Entry, minutesOfClock, type Place, standsAt, startOf } from './entries.ts';

/** From when to when somebody is away, as it is typed: days, and the clock where they are not whole. */
export type AwaySpan = { isWholeDays: boolean; fromDay: Day; from: string; toDay: Day; to: string; reason: string };

/** An hour or more at a place of the board. */
export function spanAt({ day, from, minutes }: Place): AwaySpan {
  const ends = from + Math.max(minutes, 60);
  const isNextDay = ends >= 1_440;
  return {
    isWholeDays: false,
    fromDay: day,
    from: clock(from),
    toDay: isNextDay ? addDays(day, 1) : day,
    to: clock(ends),
    reason: '',
  };
}

/** An absence as it is typed; one from midnight to midnight takes whole days. */
export function spanOfAbsence(
  { from_at, to_at, reason }: Pick<AwayTime, 'from_at' | 'to_at' | 'reason'>,
  zone: string,
): AwaySpan {
  const [begins, ends] = [standsAt(from_at, zone), standsAt(to_at, zone)];
  const isWholeDays = begins.from === 0 && ends.from === 0;
  return {
    isWholeDays,
    fromDay: begins.day,
    from: clock(begins.from),
    toDay: isWholeDays ? addDays(ends.day, -1) : ends.day,
    to: clock(ends.from),
    reason: reason ?? '',
  };
}

/** What is asked for; null: it does not end after it begins. */
export function wishOfSpan({ isWholeDays, fromDay, from, toDay, to, reason }: AwaySpan, zone: string) {
  const said = reason.trim() || null;
  if (isWholeDays) return fromDay <= toDay ? { from: fromDay, to: toDay, reason: said } : null;
  const [begins, ends] = [minutesOfClock(from), minutesOfClock(to)];
  if (begins === null || ends === null) return null;
  const wish = { from: startOf({ day: fromDay, from: begins }, zone), to: startOf({ day: toDay, from: ends }, zone) };
  return wish.from < wish.to ? { ...wish, reason: said } : null;
}

/** What stands meanwhile, as far as the board shows it: it stays until somebody decides. */
export function standingIn(entries: readonly Entry[], trainerId: number, span: AwaySpan, zone: string): Entry[] {
  const wish = wishOfSpan(span, zone);
  if (!wish) return [];
  const [from, to] = span.isWholeDays
    ? [startOf({ day: span.fromDay, from: 0 }, zone), startOf({ day: addDays(span.toDay, 1), from: 0 }, zone)]
    : [wish.from, wish.to];
  return entries.filter(
    ({ kind, state, place, startsAt, endsAt }) =>
      kind !== 'absence' &&
      (state === 'planned' || state === 'pending') &&
      place.trainerId === trainerId &&
      Date.parse(startsAt) < Date.parse(to) &&
      Date.parse(from) < Date.parse(endsAt),
  );
}
