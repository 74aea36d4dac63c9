import { Cron } from 'croner';
import type { Misfire, Schedule } from './timetable.ts';

/**
 * The nominal instants of a pattern after `from`, up to and including `to`.
 * A wall time lost in a DST gap ticks once, at the first instant after the gap; one that exists twice ticks once, the
 * first time. A pattern of every hour or every few minutes follows elapsed time through the repeated hour.
 */
export function nominalTicks(pattern: string, zone: string, from: Date, to: Date, limit = 10_000): Date[] {
  const cron = new Cron(pattern, { timezone: zone });
  const ticks: Date[] = [];
  let tick = cron.nextRun(from);
  while (tick && tick <= to && ticks.length < limit) {
    ticks.push(tick);
    tick = cron.nextRun(tick);
  }
  return ticks;
}

/** The next `count` ticks after an instant. */
export const nextTicks = (pattern: string, zone: string, after: Date, count: number): Date[] =>
  new Cron(pattern, { timezone: zone }).nextRuns(count, after);

export type Decision = { nominalAt: Date; outcome: 'enqueued' | 'caught_up' | 'skipped'; reason: string | null };

/** A tick decided up to a minute after its time was not missed. */
const ON_TIME_MS = 60_000;

/**
 * Decides what becomes of the ticks of one schedule that nobody has decided yet.
 * @param nominal in order of time
 * @param pausedAt since when the schedule is paused, or null
 */
export function decideTicks(
  schedule: Pick<Schedule, 'misfire' | 'windowHours'>,
  nominal: readonly Date[],
  now: Date,
  pausedAt: Date | null,
): Decision[] {
  const isPaused = (tick: Date) => pausedAt !== null && tick >= pausedAt;
  const isOld = (tick: Date) => now.getTime() - tick.getTime() > schedule.windowHours * 3_600_000;
  const latest = nominal.findLast((tick) => !isPaused(tick) && !isOld(tick));
  return nominal.map((nominalAt) => {
    const isLate = now.getTime() - nominalAt.getTime() > ON_TIME_MS;
    if (isPaused(nominalAt)) return { nominalAt, outcome: 'skipped', reason: 'paused' };
    if (isOld(nominalAt)) return { nominalAt, outcome: 'skipped', reason: TOO_OLD };
    const refused = refusal(schedule.misfire, isLate, nominalAt === latest);
    if (refused) return { nominalAt, outcome: 'skipped', reason: refused };
    return { nominalAt, outcome: isLate ? 'caught_up' : 'enqueued', reason: null };
  });
}

export const TOO_OLD = 'older than the catch-up window';

function refusal(misfire: Misfire, isLate: boolean, isLatest: boolean): string | null {
  if (misfire === 'latest' && !isLatest) return 'superseded';
  if (misfire === 'skip' && isLate) return 'missed';
  return null;
}
