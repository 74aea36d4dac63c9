import moment from 'moment-timezone';
import { DAY_MS } from '../../sql/database/instants.ts';

const offsetMs = (instant: number, zone: string) => moment.tz(instant, zone).utcOffset() * 60_000;

/** What the clock on the wall shows at an instant, as if it were UTC. */
export const wallOf = (instant: Date, zone: string) => new Date(instant.getTime() + offsetMs(instant.getTime(), zone));

const STEPS_MS = [-60, -30, 30, 60].map((minutes) => minutes * 60_000);

/** Whether the clock on the wall, set back, shows the time of an instant once more, before it or after it. */
export const isTwice = (instant: Date, zone: string) =>
  STEPS_MS.some((step) => wallOf(new Date(instant.getTime() + step), zone).getTime() === wallOf(instant, zone).getTime());

/**
 * The first instant at which the clock on the wall shows this time, or, if a DST gap swallows it, the first instant
 * after the gap.
 * @param wall a wall time, as if it were UTC
 */
export function instantOf(wall: Date, zone: string): Date {
  const time = wall.getTime();
  const byOldOffset = time - offsetMs(time - DAY_MS, zone);
  const byNewOffset = time - offsetMs(time + DAY_MS, zone);
  const shown = [byOldOffset, byNewOffset].filter((instant) => instant + offsetMs(instant, zone) === time);
  if (shown.length > 0) return new Date(Math.min(...shown));
  const changes = moment.tz.zone(zone)?.untils ?? [];
  return new Date(changes.find((change) => change > byNewOffset && change <= byOldOffset) ?? byOldOffset);
}
