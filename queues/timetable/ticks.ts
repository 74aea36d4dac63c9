import { Cron } from 'croner';
import type { Misfire } from '../jobs/run-definition.ts';
import { instantOf, wallOf } from '../time/wall-time.ts';
import type { Schedule } from './timetable.ts';

/**
 * The nominal instants of a pattern after `from`, up to and including `to`, at most `limit`.
 * A wall time lost in a DST gap ticks at the first instant after the gap, once however many are lost; one that exists
 * twice ticks once, the first time. Only a pattern whose hour field is `*` follows elapsed time through the repeated hour.
 * Throws for anything but five valid cron fields.
 */
export function nominalTicks(pattern: string, zone: string, from: Date, to: Date, limit = Number.POSITIVE_INFINITY): Date[] {
  const ticks: Date[] = [];
  for (const tick of ticksAfter(pattern, zone, from)) {
    if (tick > to || ticks.length >= limit) break;
    ticks.push(tick);
  }
  return ticks;
}

/** The next `count` ticks after an instant. */
export const nextTicks = (pattern: string, zone: string, after: Date, count: number): Date[] =>
  nominalTicks(pattern, zone, after, new Date(END_OF_TIME), count);

const END_OF_TIME = 8.64e15;

/** The cron library alone would skip `0,30 2 * * *` on the day of the gap and run it twice on the day of the overlap. */
function* ticksAfter(pattern: string, zone: string, from: Date): Generator<Date> {
  const isHourly = pattern.split(/\s+/)[1] === '*';
  const cron = new Cron(pattern, { timezone: isHourly ? zone : 'UTC', mode: '5-part' });
  let last = from;
  let next = cron.nextRun(isHourly ? from : wallOf(from, zone));
  for (; next; next = cron.nextRun(next)) {
    const tick = isHourly ? next : instantOf(next, zone);
    if (tick <= last) continue;
    last = tick;
    yield tick;
  }
}

export type TickDecision = { nominalAt: Date; outcome: 'enqueued' | 'caught_up' | 'skipped'; reason: string | null };

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
): TickDecision[] {
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
