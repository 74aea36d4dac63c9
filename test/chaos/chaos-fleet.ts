import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { z } from 'zod';
import type { Backend } from '../../queues/backend/backend.ts';
import { definitionOf, nouns } from '../../queues/jobs/catalog.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { timetable } from '../../queues/timetable/timetable.ts';
import { newSecret } from '../../sql/auth/api-keys.ts';
import { sql } from '../../sql/database/database.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { isOutage, isStatementTimeout } from '../../sql/database/outage.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import type { App } from '../../workers/fleet/app.ts';
import { fillCompileCache } from '../../workers/fleet/compile-cache.ts';
import { eventually } from '../support/eventually.ts';
import { openGate } from '../support/gate.ts';
import { ownRedis } from '../support/own-servers.ts';
import { chaosDatabase } from './chaos-database.ts';
import { hostClock } from './clocks.ts';
import { isDiskFull } from './disk.ts';
import { type Guard, without } from './guards.ts';
import { outsideServices } from './outside.ts';
import { giveAddresses, insertPastTrainings } from './past-trainings.ts';
import { supervised } from './supervised.ts';
import { WITNESS } from './witness.ts';

export type ChaosFleet = Awaited<ReturnType<typeof chaosFleet>>;
export const ZONE = 'Europe/Moscow';
/** The timetable believes that it has been away for so long, so that the ticks of these days are caught up under chaos. */
const DAYS_AWAY = 2;
/** What runs twice, as on two hosts. */
const TWICE = ['scheduler', 'generation', 'finance', 'notifier'];
/** In a small fleet only these are there twice, and whoever does nothing but a night's work of its own is not there: its schedules are paused. */
const TWICE_IN_SMALL = ['scheduler', 'notifier'];
const NOT_IN_SMALL = ['unfreeze', 'cleanup', 'vending'];
/** Whom half of the faults strike: whoever answers, decides or sends. */
const VITAL = ['api', ...TWICE];
/** What the apps compile is kept from one run to the next. */
const COMPILED = resolve('node_modules/.cache/chaos');
const COMPILE_CACHE = new URL('../../queues/process/compile-cache.js', import.meta.url);
COMPILE_CACHE.searchParams.set('folder', join(COMPILED, 'compiled'));
/** Who asks at the same moment. */
const CALLERS = 4;
/** Who ends so often before they are ready will never be. */
const MOST_STARTS = 3;
/** So many times faster than Telegram's are the limits of the Bot API. */
const PACE = 5;
/** They need programs or services that are not there. */
export const leftOut = (name: string) => ['backup', 'verify'].includes(name) || name.startsWith('vending');

/**
 * Every process of a fleet, some of them twice, on a PostgreSQL of its own that survives `kill -9`, reached through gates, with a demo
 * studio and a Bot API.
 * @param options.isSmall fewer processes, which start in half of the time
 * @param options.guard a guard that is taken out of its database
 */
export async function chaosFleet(kind: Backend['kind'], { guard, isSmall = false }: { guard?: Guard; isSmall?: boolean } = {}) {
  const twice = isSmall ? TWICE_IN_SMALL : TWICE;
  const isThere = (noun: string) => !isSmall || !NOT_IN_SMALL.includes(noun);
  const dir = mkdtempSync(join(tmpdir(), 'studio-fleet-chaos-'));
  const logs = join(dir, 'logs');
  const data = join(dir, 'data');
  mkdirSync(logs);
  const database = await chaosDatabase({ data, dir, logs });
  const { db } = database;
  const now = new Date();
  await loadDemo(db, { today: dayOf(now, ZONE) });
  await insertPastTrainings(db, dayOf(now, ZONE), DAYS_AWAY);
  await giveAddresses(db);
  await database.perform(WITNESS);
  const known = timetable.map(({ name, run }) => {
    const since = leftOut(name) ? now.toISOString() : addDays(dayOf(now, ZONE), -DAYS_AWAY);
    // Paused for as long as it is known: what is due before a pause is done.
    return [name, since, isThere(definitionOf(run).worker) ? null : since];
  });
  await db.query(sql.unsafe`
    insert into schedules (name, known_since, paused_at) select * from ${sql.unnest(known, ['text', 'timestamptz', 'timestamptz'])}`);

  const redis = kind === 'redis' ? await ownRedis() : undefined;
  const outside = await outsideServices({ pace: PACE });
  const { telegram, mail, ways } = outside;
  const redisGate = redis && (await openGate(redis.url));
  const port = await freePort();
  const keys = Array.from({ length: CALLERS }, newSecret);
  const { DATABASE_URL: _, REDIS_URL: __, NODE_OPTIONS: ___, ...rest } = process.env;
  const env = {
    ...rest,
    FLEET_DATA_DIR: data,
    PM2_HOME: join(dir, 'pm2'),
    DATABASE_URL: database.gate.url,
    ...(redisGate ? { REDIS_URL: redisGate.url } : {}),
    PORT: String(port),
    STUDIO_TZ: ZONE,
    API_KEYS: keys.map((key, n) => `chaos-${n}:${key}:*`).join(';'),
    RATE_LIMIT_PER_MINUTE: '1000000',
    QUIET_HOURS: 'off',
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.apiRoot,
    SMTP_URL: mail.url,
    MAIL_FROM: 'Studio <studio@studio.example>',
    TELEGRAM_ADMIN_CHAT_IDS: '1001',
    TELEGRAM_PACE: String(PACE),
    LOG_LEVEL: 'info',
  };
  const clocks = [hostClock(join(dir, 'clock')), hostClock(join(dir, 'clock-2'))];
  const entries = {
    api: 'api/server.ts',
    scheduler: 'queues/timetable/scheduler.ts',
    ...Object.fromEntries(nouns.filter(isThere).map((noun) => [noun, `workers/${noun}/main.ts`])),
  };
  // As PM2 starts them: what is compiled is compiled once, or all of them would do it again after each fault.
  const node_args = [`--import=${COMPILE_CACHE.href}`, '--max-semi-space-size=2', '--v8-pool-size=1', '--optimize-for-size'];
  const scripts = Object.values(entries).map((script) => ({ script, cwd: process.cwd(), node_args }));
  await fillCompileCache(scripts as unknown as App[], COMPILED);
  const apps = Object.entries(entries).flatMap(([role, entry]) =>
    (twice.includes(role) ? [role, `${role}-2`] : [role]).map((name, host) => ({
      ...supervised(name, process.execPath, [...node_args, entry], {
        dir: logs,
        env: { ...env, ...outside.environmentOf(name), ...clocks[host]?.env },
      }),
      role,
      isVital: VITAL.includes(role),
    })),
  );
  async function close({ keep = false } = {}) {
    await Promise.all(apps.map((app) => app.end()));
    await Promise.all([redisGate?.shut(), outside.close(), database.close()]);
    await redis?.close();
    if (!keep) rmSync(dir, { recursive: true, force: true });
  }
  const areReady = () => apps.every((app) => app.isReady());
  const ready = () => eventually(areReady, 400);
  await eventually(() => areReady() || apps.some((app) => app.starts() > MOST_STARTS), 400).catch(() => undefined);
  const silent = apps.find((app) => !app.isReady());
  if (silent) {
    const said = readFileSync(join(logs, `${silent.name}.log`), 'utf8').slice(-2_000);
    await close();
    throw new Error(`${silent.name} did not start:\n${said}`);
  }
  if (guard) await database.perform(without(guard));
  return {
    kind,
    dir,
    logs,
    db,
    telegram,
    mail,
    ways,
    redis,
    apps,
    database,
    ready,
    url: `http://127.0.0.1:${port}`,
    keys,
    since: now,
    /** In whose words and on whose clock it writes. */
    settings: readSettings(env, '/dev/null'),
    leftOut,
    clocks: clocks.filter((clock) => clock !== undefined),
    /** Everybody who takes part. */
    students: () =>
      db.anyFirst(sql.type(z.object({ id: z.int() }))`
        select id from students where id in (select id from users where is_active) order by id`),
    gates: redisGate ? [database.gate, redisGate] : [database.gate],
    /** Loses every job there is: all of Redis, or BullMQ's table. Resolves with false where another fault is in the way. */
    async emptyQueue(): Promise<boolean> {
      if (!redis)
        return db.query(sql.unsafe`truncate bullmq.job cascade`).then(
          () => true,
          (error) => {
            if (isOutage(error) || isStatementTimeout(error) || isDiskFull(error)) return false;
            throw error;
          },
        );
      const client = new Redis(redis.url, { maxRetriesPerRequest: 0, retryStrategy: () => null, lazyConnect: true });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.flushall();
        return true;
      } catch (error) {
        // Killed, or not yet what it was: that is over soon. Whatever else it says is not expected.
        if (/^Connection is closed|^LOADING|ECONNREFUSED|ECONNRESET/.test((error as Error).message)) return false;
        throw error;
      } finally {
        client.disconnect();
      }
    },
    close,
  };
}
