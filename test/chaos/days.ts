import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type Backend, openBackend } from '../../queues/backend/backend.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { seeded } from '../../sql/demo/random.ts';
import { mb, residentKb } from '../bench/measure.ts';
import { eventually } from '../support/eventually.ts';
import { account, askOnce } from './asked.ts';
import { type ChaosFleet, chaosFleet, ZONE } from './chaos-fleet.ts';
import { notOver } from './checks.ts';
import { prepareLoad } from './load.ts';

type Wish = { days: number; secondsADay: number; kind: Backend['kind']; lanes?: number; say?: (line: string) => void };
/** Where a row is of somebody who holds something now, or of what is there once for good: they may not become more from day to day. */
const FLAT = ['leases', 'slot_locks', 'telegram_permits', 'worker_beats', 'telegram_gate', 'schedules', 'live_tickets'];
/** Memory and connections that a day may need more than the second one, when everything has been done once. */
const MORE_MB = 25;
const MORE_CONNECTIONS = 10;
const SILENT = () => undefined;

/** How a fleet is at the end of a day. */
export type DayEnd = {
  day: string;
  memory: Record<string, number>;
  connections: number;
  jobs: number;
  rows: Record<string, number>;
};

/**
 * Day after day of a studio's requests, each with the night's work of its own date, on a fleet that nothing disturbs. At the end of each, how
 * large everything is; what grew that should not is what is returned as found.
 */
export async function daysOfWork({ days, secondsADay, kind, lanes, say = SILENT }: Wish) {
  const fleet = await chaosFleet(kind);
  try {
    const made = account();
    const load = await prepareLoad(fleet, made, seeded(days), { lanes });
    const today = dayOf(new Date(), ZONE);
    const ends: DayEnd[] = [];
    for (let ago = days; ago > 0; ago -= 1) {
      const day = addDays(today, -ago);
      const until = Date.now() + secondsADay * 1_000;
      await load(() => Date.now() > until);
      for (const [path, body] of nightOf(day)) {
        const asked = made.note({ kind: 'run', path, body });
        await eventually(() => askOnce(fleet, made, asked));
      }
      await eventually(async () => (await notOver(fleet.db)).length === 0, 600);
      // What is done is put away within a second or two, and a pool lets go of what it does not need.
      await pause(2_000);
      const end = await dayEnd(fleet, day);
      ends.push(end);
      say(`${day}: ${made.granted()} granted, ${end.connections} connections, ${end.jobs} jobs wait, ${lineOf(end.memory)}`);
      say(`${day}: rows ${lineOf(end.rows)}`);
    }
    return { ends, granted: made.granted(), found: whatGrew(ends) };
  } finally {
    await fleet.close();
  }
}

const nightOf = (date: string) =>
  [
    ['/real-trainings/process-daily-operations', { date, again: true }],
    ['/cron/check-auto-renewals', { date, again: true }],
    ['/subscriptions/auto-unfreeze', { date, again: true }],
    ['/cron/cleanup', { date, again: true }],
  ] as const;
const lineOf = (figures: Record<string, number>) =>
  Object.entries(figures)
    .map(([name, figure]) => `${name} ${figure}`)
    .join(', ');

async function dayEnd({ db, apps, gates }: ChaosFleet, day: string): Promise<DayEnd> {
  const tables = await db.any(sql.type(z.object({ name: z.string(), rows: z.int() }))`
    select relname as name,
      (xpath('/row/n/text()', query_to_xml('select count(*) as n from ' || relname, false, true, '')))[1]::text::int as rows
    from pg_stat_user_tables where schemaname = 'public' order by relname`);
  return {
    day,
    memory: Object.fromEntries(apps.map((app) => [app.name, mb(residentKb(app.pid()))])),
    connections: await db.oneFirst(sql.type(z.object({ n: z.int() }))`
      select count(*)::int as n from pg_stat_activity where usename = 'studio'`),
    jobs: await waitingJobs(gates.map((gate) => gate.url)),
    rows: Object.fromEntries(tables.filter(({ rows }) => rows > 0).map(({ name, rows }) => [name, rows])),
  };
}

async function waitingJobs([databaseUrl = '', redisUrl]: readonly string[]) {
  const backend = openBackend({ databaseUrl, redisUrl, name: 'chaos' });
  const counts = await Promise.all(nouns.map((noun) => backend.queue(noun).getJobCounts('waiting', 'delayed', 'prioritized')));
  await backend.close();
  return counts.flatMap((count) => Object.values(count)).reduce((sum, count) => sum + count, 0);
}

/** What is larger at the end than it was on the second day (on the first, of two) and should not be. */
export function whatGrew(ends: readonly DayEnd[]): string[] {
  const [before, last] = [ends[Math.min(1, ends.length - 2)], ends.at(-1)];
  if (!before || !last) return [];
  const more = (what: string, from = 0, to = 0, most = 0) => (to > from + most ? [`grew: ${what} from ${from} to ${to}`] : []);
  return [
    ...Object.keys(last.memory).flatMap((name) => more(`the memory of ${name}`, before.memory[name], last.memory[name], MORE_MB)),
    ...more('the connections', before.connections, last.connections, MORE_CONNECTIONS),
    ...more('the jobs that wait', before.jobs, last.jobs),
    ...FLAT.flatMap((name) => more(`the rows of ${name}`, before.rows[name], last.rows[name])),
  ];
}
