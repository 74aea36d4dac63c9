import type { QuietHours } from '../../../queues/process/settings-schema.ts';
import { addDays, dayOf } from '../../../queues/time/calendar.ts';
import { instantOf } from '../../../queues/time/wall-time.ts';
import { type Kind, kindOf } from '../../../sql/notifications/catalog.ts';

/** What a message is judged by. */
export type Judged = {
  template: string;
  /** 2 urgent, 1 normal, 0 digest. */
  priority: number;
  /** When what it is about begins. */
  occasion_at: string | null;
  /** The person's own quiet hours; null: the studio's. */
  quiet_from: string | null;
  quiet_until: string | null;
  studio_off: readonly string[];
  person_off: readonly string[];
};
export type Judgement = { do: 'send' } | { do: 'hold'; until: Date } | { do: 'drop'; why: string };

/** Kinds that nobody needs to hear of once what they announce has begun. */
const WORTHLESS_LATER: ReadonlySet<Kind | null> = new Set<Kind>(['training_reminder', 'booking_reminder', 'belt_exam']);

/**
 * Decides whether a message goes now (D38): not if its kind is switched off or its occasion is over; not in quiet hours,
 * unless it is urgent, and, if it is about something that is to begin, that is today or before the quiet hours end.
 * @param zone the studio's: quiet hours are its wall time
 */
export function judge(message: Judged, now: Date, studio: { zone: string; quietHours: QuietHours | null }): Judgement {
  const kind = kindOf(message.template);
  if (kind && message.studio_off.includes(kind)) return { do: 'drop', why: `switched off by the studio: ${kind}` };
  if (kind && message.person_off.includes(kind)) return { do: 'drop', why: `switched off by the person: ${kind}` };
  const occasion = message.occasion_at ? new Date(message.occasion_at) : null;
  if (occasion && occasion <= now && WORTHLESS_LATER.has(kind)) return { do: 'drop', why: 'too late' };
  const { quiet_from: from, quiet_until: until } = message;
  const end = quietPeriod(now, studio.zone, from && until ? { from, until } : studio.quietHours)?.until;
  if (!end || isPressing(message.priority, occasion, now, end, studio.zone)) return { do: 'send' };
  return { do: 'hold', until: end };
}

/** What was over on an earlier day, as a visit that a studio takes back afterwards, can wait. */
const isPressing = (priority: number, occasion: Date | null, now: Date, end: Date, zone: string) =>
  priority === 2 && (!occasion || dayOf(occasion, zone) === dayOf(now, zone) || (occasion > now && occasion <= end));

/**
 * The quiet hours in which an instant lies; null when it lies in none. They begin at `from`, included, and end at `until`,
 * excluded, by the wall clock; the same twice is none. What a clock change skips is the first instant after the gap, what
 * comes twice is the first time.
 * @param hours `HH:MM`, seconds may follow
 */
export function quietPeriod(now: Date, zone: string, hours: QuietHours | null): { since: Date; until: Date } | null {
  if (!hours || hours.from.slice(0, 5) === hours.until.slice(0, 5)) return null;
  const today = dayOf(now, zone);
  const at = (clock: string, days: number) => instantOf(new Date(`${addDays(today, days)}T${clock.slice(0, 5)}:00Z`), zone);
  const overnight = hours.until < hours.from ? 1 : 0;
  for (const day of [-1, 0]) {
    const period = { since: at(hours.from, day), until: at(hours.until, day + overnight) };
    if (period.since <= now && now < period.until) return period;
  }
  return null;
}
