import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { CELL_MS } from '../slots/free-time.ts';
import { lastDay } from '../slots/horizon.ts';
import { zoneDay } from '../slots/zone-days.ts';

/**
 * Why nobody can book a start, or null: it is off the grid (D29), at or before now + notice, or beyond the horizon (D34).
 * @param zone the studio's: the horizon is counted in its days
 */
export function whyNever(startsAt: Date, now: Date, zone: string, noticeMinutes: number): string | null {
  if (startsAt.getTime() % CELL_MS !== 0) return 'a start on the quarter of an hour';
  if (startsAt.getTime() <= now.getTime() + noticeMinutes * 60_000) {
    return noticeMinutes > 0 ? `a start more than ${noticeMinutes} minutes from now` : 'a start in the future';
  }
  const last = lastDay(dayOf(now, zone));
  return startsAt.getTime() >= zoneDay(addDays(last, 1), zone).start ? `a start on ${last} at the latest` : null;
}
