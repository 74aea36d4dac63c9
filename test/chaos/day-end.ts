import { Redis } from 'ioredis';
import { z } from 'zod';
import { openBackend } from '../../queues/backend/backend.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import { sql } from '../../sql/database/database.ts';
import { mb, residentKb } from '../bench/measure.ts';
import type { ChaosFleet } from './chaos-fleet.ts';

/** Where a row is of somebody who holds something now, or of what is there once for good: they may not become more from day to day. */
const FLAT = ['leases', 'slot_locks', 'telegram_permits', 'worker_beats', 'telegram_gate', 'schedules', 'live_tickets'];
/** Memory and connections that a day may need more than the second one, when everything has been done once. */
const MORE_MB = 25;
const MORE_CONNECTIONS = 10;
/** What is kept for some days becomes more each day, by as much as a day brings: at the end by at most so many times as much as at first. */
const FASTER = 2;

/** How a fleet is at the end of a day; `kept` is what becomes more each day, rows of queues and keys by number, sizes in MB. */
export type DayEnd = {
  day: string;
  memory: Record<string, number>;
  connections: number;
  jobs: number;
  rows: Record<string, number>;
  kept: Record<string, number>;
};

export async function dayEnd({ db, apps, gates, redis, database }: ChaosFleet, day: string): Promise<DayEnd> {
  const tables = await db.any(sql.type(z.object({ schema: z.string(), name: z.string(), rows: z.int() }))`
    select schemaname as schema, relname as name,
      (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I.%I', schemaname, relname), false, true, '')))[1]::text::int as rows
    from pg_stat_user_tables where schemaname in ('public', 'bullmq') order by relname`);
  const bytes = await db.oneFirst(sql.type(z.object({ bytes: z.int() }))`
    select pg_database_size(current_database())::int8 as bytes`);
  const rowsOf = (schema: string) =>
    Object.fromEntries(tables.filter((table) => table.schema === schema && table.rows > 0).map(({ name, rows }) => [name, rows]));
  return {
    day,
    memory: {
      ...Object.fromEntries(apps.map((app) => [app.name, mb(residentKb(app.pid()))])),
      postgres: mb(residentKb(database.server().pid())),
    },
    connections: await db.oneFirst(sql.type(z.object({ n: z.int() }))`
      select count(*)::int as n from pg_stat_activity where usename = 'studio'`),
    jobs: await waitingJobs(gates.map((gate) => gate.url)),
    rows: rowsOf('public'),
    kept: {
      ...Object.fromEntries(Object.entries(rowsOf('bullmq')).map(([name, rows]) => [`bullmq.${name}`, rows])),
      ...(redis ? await redisFigures(redis.url) : {}),
      'the database, MB': Math.round(bytes / 2 ** 20),
    },
  };
}

async function redisFigures(url: string) {
  const client = new Redis(url);
  const said = await client.info();
  client.disconnect();
  const figure = (pattern: RegExp) => Number(pattern.exec(said)?.[1] ?? 0);
  return { 'keys of Redis': figure(/keys=(\d+)/), 'Redis, MB': Math.round(figure(/used_memory:(\d+)/) / 2 ** 20) };
}

async function waitingJobs([databaseUrl = '', redisUrl]: readonly string[]) {
  const backend = openBackend({ databaseUrl, redisUrl, name: 'chaos' });
  const counts = await Promise.all(nouns.map((noun) => backend.queue(noun).getJobCounts('waiting', 'delayed', 'prioritized')));
  await backend.close();
  return counts.flatMap((count) => Object.values(count)).reduce((sum, count) => sum + count, 0);
}

/**
 * What is larger at the end than it was on the second day (on the first, of two) and should not be; and, from three days on, of what is
 * kept what grows faster and faster.
 */
export function whatGrew(ends: readonly DayEnd[]): string[] {
  const [before, last] = [ends[Math.min(1, ends.length - 2)], ends.at(-1)];
  if (!before || !last) return [];
  const more = (what: string, from = 0, to = 0, most = 0) => (to > from + most ? [`grew: ${what} from ${from} to ${to}`] : []);
  return [
    ...Object.keys(last.memory).flatMap((name) => more(`the memory of ${name}`, before.memory[name], last.memory[name], MORE_MB)),
    ...more('the connections', before.connections, last.connections, MORE_CONNECTIONS),
    ...more('the jobs that wait', before.jobs, last.jobs),
    ...FLAT.flatMap((name) => more(`the rows of ${name}`, before.rows[name], last.rows[name])),
    ...Object.keys(last.kept).flatMap((name) => faster(name, ends)),
  ];
}

/** A day's growth counts from a tenth of what was there: of little, twice as much is little. */
function faster(name: string, ends: readonly DayEnd[]): string[] {
  if (ends.length < 3) return [];
  const growth = (n: number) => (ends.at(n)?.kept[name] ?? 0) - (ends.at(n - 1)?.kept[name] ?? 0);
  const [first, last] = [growth(1), growth(-1)];
  const little = (ends[1]?.kept[name] ?? 0) / 10;
  return last > FASTER * Math.max(first, little) ? [`grew: ${name} by ${last} on the last day, by ${first} on the second`] : [];
}
