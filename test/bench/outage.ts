import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { createKey, newSecret } from '../../sql/auth/api-keys.ts';
import { openDatabase } from '../../sql/database/database.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { migrate } from '../../sql/database/migrate.ts';
import { ownProcess } from '../faults/own-process.ts';
import { openGate } from '../support/gate.ts';
import { ownPostgres, ownRedis } from '../support/own-servers.ts';
import { report } from './measure.ts';

const PROCESSES = ['api/server.ts', 'queues/timetable/scheduler.ts', 'workers/unfreeze/main.ts'];
/** Runs asked for in a second, one by one, whatever becomes of them. */
const RATE = 5;
const BEFORE_SECONDS = 15;
/** How long after its return the rate is looked for. */
const PATIENCE_SECONDS = 60;
const WINDOW_MS = 5_000;
const ENOUGH = 0.95;
const OUTAGES = [5, 30];
const LONG = 300;

/**
 * How soon the fleet is back at 95 % of its rate after a database that was killed returns, the same for Redis, and for a network that
 * swallowed everything on the way to the database and said nothing: a run is asked
 * for again and again and waited for, so that API, queue and worker all take part. No process is started again by anybody.
 */
export async function benchOutage(_url: string, isScaled: boolean) {
  for (const away of ['network', 'Redis', 'database'] as const)
    for (const seconds of isScaled ? [...OUTAGES, LONG] : OUTAGES) await outage(away, seconds);
}

async function outage(away: 'network' | 'Redis' | 'database', seconds: number) {
  const database = await ownPostgres();
  const redis = away === 'Redis' ? await ownRedis(['--appendonly', 'yes']) : undefined;
  await migrate(database.url);
  const db = await openDatabase(database.url, { max: 1, name: 'bench' });
  const key = newSecret();
  await createKey(db, { name: 'bench', secret: key, scopes: ['*'] });
  await db.end();
  const gate = await openGate(database.url);
  const port = await freePort();
  const settings = {
    DATABASE_URL: gate.url,
    REDIS_URL: redis?.url ?? '',
    PORT: String(port),
    RATE_LIMIT_PER_MINUTE: '1000000',
  };
  const processes = await Promise.all(PROCESSES.map((entry) => ownProcess(entry, settings)));
  const load = constantLoad(`http://127.0.0.1:${port}`, key);
  try {
    await pause(WINDOW_MS);
    const began = performance.now();
    await pause(BEFORE_SECONDS * 1_000);
    const before = load.between(began, performance.now()) / BEFORE_SECONDS;
    const server = redis ?? database;
    if (away === 'network') gate.blackHole();
    else await server.stop('SIGKILL');
    await pause(seconds * 1_000);
    const meanwhile = load.between(performance.now() - (seconds * 1_000) / 2, performance.now());
    if (away === 'network') gate.heal();
    else await Promise.all([server.start(), redis ? undefined : answers(database.url)]);
    const back = performance.now();
    const took = await untilRate(load, back, before * ENOUGH);
    const name = `${away} ${away === 'network' ? 'swallows' : 'killed'} for ${seconds} s`;
    report(`${name}: runs a second before`, before.toFixed(1));
    report(`${name}: in the second half of the outage`, `${meanwhile}`);
    report(`${name}: back at ${ENOUGH * 100} % after`, took === null ? 'not at all' : `${took.toFixed(1)} s`, 'aim: 10 s');
    report(`${name}: processes that ended`, `${processes.filter((one) => one.hasEnded()).length}`, 'aim: 0');
  } finally {
    await load.end();
    await Promise.all(processes.map((one) => one.kill()));
    await Promise.all([gate.shut(), database.close(), redis?.close()]);
  }
}

/** The server takes connections again: its recovery is not the fleet's. */
async function answers(url: string) {
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
    const isThere = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => undefined);
    if (isThere) return;
    await pause(50);
  }
}

/** Seconds from `back` to the first window that has the rate; null when none has within a minute. */
async function untilRate(load: ReturnType<typeof constantLoad>, back: number, rate: number): Promise<number | null> {
  for (let from = back; from < back + PATIENCE_SECONDS * 1_000; from += 100) {
    await pause(Math.max(0, from + WINDOW_MS - performance.now()));
    if (load.between(from, from + WINDOW_MS) >= Math.floor((rate * WINDOW_MS) / 1_000)) return (from - back) / 1_000;
  }
  return null;
}

/** Asks for a run of another day each time, at a constant rate, and notes when one was answered as over. */
function constantLoad(url: string, key: string) {
  const today = dayOf(new Date(), 'UTC');
  const done: number[] = [];
  const underway = new Set<Promise<void>>();
  let asked = 0;
  const clock = setInterval(() => {
    asked += 1;
    const one: Promise<void> = ask(addDays(today, -(asked % 300)), asked).finally(() => underway.delete(one));
    underway.add(one);
  }, 1_000 / RATE);
  async function ask(date: string, n: number) {
    const response = await fetch(`${url}/subscriptions/auto-unfreeze`, {
      method: 'POST',
      headers: { 'X-API-Key': key, 'Content-Type': 'application/json', Prefer: 'wait=10', 'Idempotency-Key': `outage-${n}` },
      body: JSON.stringify({ date, again: true }),
      signal: AbortSignal.timeout(15_000),
    }).catch(() => null);
    await response?.text().catch(() => undefined);
    if (response?.status === 200) done.push(performance.now());
  }
  return {
    between: (from: number, to: number) => done.filter((at) => at >= from && at < to).length,
    async end() {
      clearInterval(clock);
      await Promise.allSettled(underway);
    },
  };
}
