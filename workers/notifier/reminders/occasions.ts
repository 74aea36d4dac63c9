import type { QuietHours } from '../../../queues/process/settings-schema.ts';
import { quietPeriod } from '../outbox/quiet.ts';

const HOUR_MS = 3_600_000;
/** A reminder that comes later than this before the start is none. */
const LEAST_MS = HOUR_MS / 2;

/**
 * When to remind of a training: `hours` before it. If that lies in quiet hours which end too late to be of use, then half an
 * hour before they begin: the reminder of an early training comes in the evening.
 */
export function reminderAt(startsAt: Date, zone: string, quietHours: QuietHours | null, hours: number): Date {
  const wanted = new Date(startsAt.getTime() - hours * HOUR_MS);
  const quiet = quietPeriod(wanted, zone, quietHours);
  if (!quiet || quiet.until.getTime() <= startsAt.getTime() - LEAST_MS) return wanted;
  return new Date(quiet.since.getTime() - LEAST_MS);
}
