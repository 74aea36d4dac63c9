import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Backend } from '../../queues/backend/backend.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { timetable } from '../../queues/timetable/timetable.ts';
import { newSecret } from '../../sql/auth/api-keys.ts';
import { openDatabase, sql } from '../../sql/database/database.ts';
import {
  EMBEDDED_ROLE,
  embeddedRoleUrl,
  embeddedUrl,
  freePort,
  prepareEmbedded,
  waitForEmbedded,
} from '../../sql/database/embedded.ts';
import { migrate } from '../../sql/database/migrate.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import { eventually } from '../support/eventually.ts';
import { openGate } from '../support/gate.ts';
import { ownRedis } from '../support/own-servers.ts';
import { fakeTelegram } from '../support/telegram.ts';
import { type Guard, guards } from './guards.ts';
import { supervised } from './supervised.ts';

export type ChaosFleet = Awaited<ReturnType<typeof chaosFleet>>;
export const ZONE = 'Europe/Moscow';
/** The timetable believes that it has been away for so long, so that the ticks of these days are caught up under chaos. */
const DAYS_AWAY = 2;
/** They need programs or services that are not there. */
const leftOut = (name: string) => ['backup', 'verify'].includes(name) || name.startsWith('vending');

/**
 * Every process of a fleet, on a PostgreSQL of its own that survives `kill -9`, reached through gates, with a demo studio and a Bot API.
 * @param options.without a guard that is taken out of its database
 */
export async function chaosFleet(kind: Backend['kind'], { without }: { without?: Guard } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'studio-fleet-chaos-'));
  const data = join(dir, 'data');
  const logs = join(dir, 'logs');
  mkdirSync(logs);
  const { DATABASE_URL: _, REDIS_URL: __, NODE_OPTIONS: ___, ...rest } = process.env;
  const { program, args } = await prepareEmbedded(data);
  const database = supervised('postgres', program, args, { dir: logs, env: rest });
  await waitForEmbedded(data);
  const url = embeddedUrl(data);
  await migrate(url, { grantTo: EMBEDDED_ROLE });
  const db = await openDatabase(url, { max: 2, name: 'chaos' });
  const now = new Date();
  await loadDemo(db, { today: dayOf(now, ZONE) });
  const known = timetable.map(({ name }) => [name, leftOut(name) ? now.toISOString() : addDays(dayOf(now, ZONE), -DAYS_AWAY)]);
  await db.query(sql.unsafe`
    insert into schedules (name, known_since) select * from ${sql.unnest(known, ['text', 'timestamptz'])}`);

  const redis = kind === 'redis' ? await ownRedis() : undefined;
  const telegram = await fakeTelegram();
  const databaseGate = await openGate(embeddedRoleUrl(data));
  const redisGate = redis && (await openGate(redis.url));
  const port = await freePort();
  const key = newSecret();
  const env = {
    ...rest,
    FLEET_DATA_DIR: data,
    PM2_HOME: join(dir, 'pm2'),
    DATABASE_URL: databaseGate.url,
    ...(redisGate ? { REDIS_URL: redisGate.url } : {}),
    PORT: String(port),
    STUDIO_TZ: ZONE,
    API_KEYS: `chaos:${key}:*`,
    RATE_LIMIT_PER_MINUTE: '1000000',
    QUIET_HOURS: 'off',
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.apiRoot,
    TELEGRAM_ADMIN_CHAT_IDS: '1001',
    LOG_LEVEL: 'info',
  };
  const node = (name: string, entry: string) =>
    supervised(name, process.execPath, ['--max-semi-space-size=2', entry], { dir: logs, env });
  const apps = [
    node('api', 'api/server.ts'),
    node('scheduler', 'queues/timetable/scheduler.ts'),
    ...nouns.map((noun) => node(noun, `workers/${noun}/main.ts`)),
  ];
  const ready = () => eventually(() => apps.every((app) => app.isReady()), 400);
  await ready().catch(async (error) => {
    await Promise.all([...apps, database].map((app) => app.end()));
    await redis?.close();
    throw new Error(`the fleet did not start: ${logs} says why`, { cause: error });
  });
  if (without) await db.query(guards[without]);
  return {
    kind,
    dir,
    logs,
    db,
    telegram,
    redis,
    apps,
    database,
    ready,
    url: `http://127.0.0.1:${port}`,
    key,
    since: now,
    leftOut,
    gates: redisGate ? [databaseGate, redisGate] : [databaseGate],
    databaseGate,
    /** Loses every job there is: all of Redis, or BullMQ's table. */
    async emptyQueue() {
      if (!redis) return void (await db.query(sql.unsafe`truncate bullmq.job cascade`));
      const client = new Redis(redis.url, { maxRetriesPerRequest: 0, retryStrategy: () => null, lazyConnect: true });
      client.on('error', () => undefined);
      await client.connect();
      await client.flushall();
      client.disconnect();
    },
    async close({ keep = false } = {}) {
      await Promise.all(apps.map((app) => app.end()));
      await Promise.all([databaseGate.shut(), redisGate?.shut()]);
      await telegram.close();
      await db.end();
      await database.end();
      await redis?.close();
      if (!keep) rmSync(dir, { recursive: true, force: true });
    },
  };
}
