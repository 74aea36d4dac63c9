import { setTimeout as pause } from 'node:timers/promises';
import type { Backend } from '../../queues/backend/backend.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { nominalTicks } from '../../queues/timetable/ticks.ts';
import { timetable } from '../../queues/timetable/timetable.ts';
import { seeded } from '../../sql/demo/random.ts';
import { eventually } from '../support/eventually.ts';
import { account } from './asked.ts';
import { type ChaosFleet, chaosFleet, ZONE } from './chaos-fleet.ts';
import { compareTicks, failedRuns, notOver } from './checks.ts';
import { type DayEnd, dayEnd, whatGrew } from './day-end.ts';
import { prepareLoad } from './load.ts';

type Wish = { days: number; secondsADay: number; kind: Backend['kind']; lanes?: number; say?: (line: string) => void };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** What comes more often than twice a day comes along with the rest. */
const OFTEN = 2;
/** A clock stops so long after a tick. */
const AFTER_MS = 60_000;
const SILENT = () => undefined;

/**
 * Days of a studio on a fleet that nothing disturbs, by its own clock: every process and the database are moved from one tick of the
 * timetable to the next, and what is due then is done; in the middle of each day people work. At the end of each, how large everything
 * is; what grew that should not, a tick without a row and a run that failed are what is returned as found.
 */
export async function daysOfWork({ days, secondsADay, kind, lanes, say = SILENT }: Wish) {
  const fleet = await chaosFleet(kind);
  const found: string[] = [];
  try {
    const made = account();
    const start = Date.now();
    const ends: DayEnd[] = [];
    let ahead = 0;
    const now = () => new Date(Date.now() + ahead);
    async function moveTo(instant: number) {
      ahead = instant - Date.now();
      await fleet.database.moveClock(Math.round(ahead / 1_000), fleet.clocks);
      await eventually(async () => (await openAt(fleet, now())).length === 0, 600).catch(async () =>
        found.push(...(await openAt(fleet, now()))),
      );
    }
    for (let n = 0; n < days; n += 1) {
      const day = dayOf(now(), ZONE);
      const load = await prepareLoad(fleet, made, seeded(days + n), { lanes, today: day });
      const until = Date.now() + secondsADay * 1_000;
      await load(() => Date.now() > until);
      for (const stop of stopsBetween(start + n * DAY_MS, start + (n + 1) * DAY_MS)) {
        await moveTo(stop);
        say(`it is ${now().toISOString()}, and all that was due is done`);
      }
      await moveTo(start + (n + 1) * DAY_MS);
      // What is done is put away within a second or two, and a pool lets go of what it does not need.
      await pause(2_000);
      const end = await dayEnd(fleet, day);
      ends.push(end);
      say(`${day}: ${made.granted()} granted, ${end.connections} connections, ${end.jobs} jobs wait, ${lineOf(end.memory)}`);
      say(`${day}: rows ${lineOf(end.rows)}`);
      say(`${day}: kept ${lineOf(end.kept)}`);
    }
    found.push(...(await failedRuns(fleet.db, fleet.leftOut)));
    return { ends, granted: made.granted(), found: [...new Set([...found, ...whatGrew(ends)])] };
  } finally {
    await fleet.close();
  }
}

/** The ticks of some time, each a little later: then it is due. */
export function stopsBetween(since: number, until: number): number[] {
  const ticks = timetable
    .map(({ pattern }) => nominalTicks(pattern, ZONE, new Date(since), new Date(until)))
    .filter((of) => of.length <= OFTEN * Math.ceil((until - since) / DAY_MS))
    .flat();
  return [...new Set(ticks.map((tick) => tick.getTime() + AFTER_MS))].filter((stop) => stop < until).toSorted((a, b) => a - b);
}

const openAt = async ({ db }: ChaosFleet, now: Date) => [
  ...(await compareTicks(db, ZONE, now).catch((error) => [String(error)])),
  ...(await notOver(db).catch((error) => [String(error)])),
];
const lineOf = (figures: Record<string, number>) =>
  Object.entries(figures)
    .map(([name, figure]) => `${name} ${figure}`)
    .join(', ');
