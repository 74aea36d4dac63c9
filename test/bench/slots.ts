import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import pg from 'pg';
import { createApp } from '../../api/app/app.ts';
import { openFleet } from '../../queues/process/fleet.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { dayOf, startOfDay } from '../../queues/time/calendar.ts';
import { createKey, newSecret } from '../../sql/auth/api-keys.ts';
import { sql } from '../../sql/database/database.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { readSlotInputs } from '../../sql/slots/inputs.ts';
import { calculateOne } from '../../workers/slots/calculate.ts';
import { CLOSED, gridText } from '../../workers/slots/grid.ts';
import { horizonOf } from '../../workers/slots/horizon.ts';
import { recalculate } from '../../workers/slots/recalculate.ts';
import { slotKey } from '../../workers/slots/redis-slots.ts';
import { slotStoreOf } from '../../workers/slots/store.ts';
import { zoneDays } from '../../workers/slots/zone-days.ts';
import { eventually } from '../support/eventually.ts';
import { median, ms, report, timed, times } from './measure.ts';
import { fillCalendars } from './slots-data.ts';

const SPECIALISTS = 1_000;
const AT_ONCE = 50;
const ZONE = 'Europe/Moscow';
/** Each is compared with its neighbour: what else the machine does comes and goes. */
const ROUNDS = 5;
const READING_ROUNDS = 9;
const REQUESTS = 1_500;
const CLIENTS = 4;
type Fleet = Awaited<ReturnType<typeof openFleet>>;

/** Grids of 1,000 specialists for 60 days, and reading those of one of them, on both stores. */
export async function benchSlots(url: string) {
  const scene = await fillCalendars(url, SPECIALISTS, ZONE);
  await onStore(url, undefined, scene);
  const dir = mkdtempSync(join(tmpdir(), 'studio-fleet-bench-redis-'));
  const port = await freePort();
  const flags = ['--port', `${port}`, '--dir', dir, '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];
  const redis = spawn('redis-server', flags, { stdio: 'ignore' });
  const isThere = await Promise.race([once(redis, 'spawn').then(() => true), once(redis, 'error').then(() => false)]);
  if (!isThere) return console.log('  Redis is left out: there is no redis-server on this machine');
  await onStore(url, `redis://127.0.0.1:${port}`, scene);
  const ended = once(redis, 'exit');
  redis.kill('SIGINT');
  await ended;
  rmSync(dir, { recursive: true, force: true });
}

async function onStore(databaseUrl: string, redisUrl: string | undefined, scene: { service: number; specialist: number }) {
  const environment = { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, RATE_LIMIT_PER_MINUTE: '1000000', STUDIO_TZ: ZONE };
  const fleet = await openFleet('bench', readSettings({ ...environment, LOG_LEVEL: 'silent' }, '/nonexistent'));
  await eventually(() =>
    fleet.backend.ping().then(
      () => true,
      () => false,
    ),
  );
  console.log(`  on ${fleet.backend.kind}`);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 5 });
  await calculating(fleet, pool);
  if (!redisUrl) await oneOnCpu(fleet, scene.specialist);
  await reading(fleet, pool, scene);
  await pool.end();
  await fleet.close();
}

const today = () => dayOf(new Date(), ZONE);
const lots = Array.from({ length: SPECIALISTS / AT_ONCE }, (_, lot) =>
  Array.from({ length: AT_ONCE }, (_, n) => lot * AT_ONCE + n + 1),
);

async function calculating(fleet: Fleet, pool: pg.Pool) {
  const days = horizonOf(today());
  const { db } = fleet;
  const store = slotStoreOf(fleet);
  const ours: number[] = [];
  const reads: number[] = [];
  const writes: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await empty(fleet);
    ours.push(
      await timed(async () => {
        for (const lot of lots)
          await recalculate(
            { db, store, zone: ZONE },
            lot.map((specialistId) => ({ specialistId, days })),
          );
      }),
    );
    reads.push(
      await timed(async () => {
        for (const lot of lots) await readBare(pool, lot, days);
      }),
    );
    await empty(fleet);
    writes.push(
      await timed(async () => {
        for (const lot of lots) await writeBare(fleet, pool, lot, days);
      }),
    );
  }
  report(`${SPECIALISTS} specialists x 60 days calculated and stored`, ms(median(ours)));
  report('bare reads of the inputs', ms(median(reads)));
  report('bare writes of the grids', ms(median(writes)));
  report(
    'calculated and stored / bare reads and writes',
    times(median(ours.map((took, n) => took / (reads[n]! + writes[n]!)))),
    'at most 2 x',
  );
}

const empty = async ({ db, backend }: Fleet) => {
  if (backend.redis) await backend.redis.flushdb();
  else await db.query(sql.unsafe`truncate slots_preview`);
};

/** The same rows, as plain statements give them. */
async function readBare(pool: pg.Pool, ids: number[], days: string[]) {
  const [from, to] = [startOfDay(days[0]!, ZONE), startOfDay(days.at(-1)!, ZONE)];
  await pool.query(
    'select s.id, s.work_schedule, l.work_schedule as house from specialists s left join locations l on l.id = location_id where s.id = any($1)',
    [ids],
  );
  await pool.query('select specialist_id, location_id, day, intervals from calendar_overrides where specialist_id = any($1)', [
    ids,
  ]);
  const epoch = (column: string) => `date_part('epoch', ${column})`;
  for (const [table, who, ...span] of [
    ['bookings', 'specialist_id', 'starts_at', 'busy_until', 'and is_live'],
    ['real_trainings', 'trainer_id', 'starts_at', 'ends_at', "and status <> 'cancelled'"],
    ['specialist_absences', 'specialist_id', 'from_at', 'to_at', ''],
  ] as const) {
    const [begin, end, more] = span;
    await pool.query(
      `select ${who}, ${epoch(begin)} as from, ${epoch(end)} as to from ${table}
       where ${who} = any($1) and tstzrange(${begin}, ${end}) && tstzrange($2, $3) ${more}`,
      [ids, from, to],
    );
  }
}

const text = `${CLOSED} ${ZONE}`;
/** As long as one is. */
const BOOK = '7574000000000000000.00000001.16384.16900';

async function writeBare({ backend }: Fleet, pool: pg.Pool, ids: number[], days: string[]) {
  if (backend.redis) {
    const pipeline = backend.redis.pipeline();
    for (const id of ids) for (const day of days) pipeline.set(slotKey(id, day), `12345678 ${BOOK} ${text}`, 'EX', 80_000);
    await pipeline.exec();
    return;
  }
  const rows = ids.flatMap((id) => days.map((day) => [id, day] as const));
  await pool.query(
    `insert into slots_preview select id, day, 1, $3, now() + interval '1 day', $4 from unnest($1::int[], $2::date[]) as fresh (id, day)`,
    [rows.map(([id]) => id), rows.map(([, day]) => day), text, BOOK],
  );
}

async function oneOnCpu({ db }: Fleet, specialistId: number) {
  const days = horizonOf(today());
  const [from, to] = [startOfDay(days[0]!, ZONE), startOfDay(days.at(-1)!, ZONE)];
  const [input] = await readSlotInputs(db, [{ specialistId, fromDay: days[0]!, toDay: days.at(-1)!, from, to }]);
  const line = zoneDays(days, ZONE);
  for (let n = 0; n < 200; n += 1) calculateOne(input!, line);
  const before = process.cpuUsage();
  for (let n = 0; n < 500; n += 1) calculateOne(input!, line).days.map(({ grid }) => gridText(grid));
  const { user, system } = process.cpuUsage(before);
  report("one specialist's 60 days on the CPU", ms((user + system) / 1_000 / 500), 'less than 2 ms');
}

async function reading(fleet: Fleet, pool: pg.Pool, { service, specialist }: { service: number; specialist: number }) {
  const secret = newSecret();
  await createKey(fleet.db, { name: `bench-${fleet.backend.kind}`, secret, scopes: ['*'] });
  const { redis } = fleet.backend;
  const days = horizonOf(today());
  const keys = days.map((day) => slotKey(specialist, day));
  const bare = express().get('/', async (_request, response) => {
    if (redis) return response.json(await redis.mget(keys));
    const { rows } = await pool.query('select day, grid from slots_preview where specialist_id = $1 and day between $2 and $3', [
      specialist,
      days[0],
      days.at(-1),
    ]);
    response.json(rows);
  });
  await recalculate({ db: fleet.db, store: slotStoreOf(fleet), zone: ZONE }, [{ specialistId: specialist, days }]);
  const ours = createApp(fleet);
  const path = `/slots?service_id=${service}&specialist_id=${specialist}&days=60`;
  const bares: number[] = [];
  const routes: number[] = [];
  for (let round = 0; round < READING_ROUNDS; round += 1) {
    bares.push(await eachMs(bare, '/', {}));
    routes.push(await eachMs(ours, path, { 'X-API-Key': secret }));
  }
  report('a bare Express handler with the one reading', ms(median(bares)));
  report('GET /slots for 60 days, warm', ms(median(routes)));
  report('GET /slots / bare handler', times(median(routes.map((api, n) => api / bares[n]!))), 'at most 2 x');
}

/** Milliseconds a request, several clients at a time. */
async function eachMs(app: express.Express, path: string, headers: Record<string, string>) {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    const body = await response.text();
    if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${body}`);
  };
  const askMany = (count: number) =>
    Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        for (let n = 0; n < count / CLIENTS; n += 1) await ask();
      }),
    );
  await askMany(200);
  const took = await timed(() => askMany(REQUESTS));
  server.closeAllConnections();
  server.close();
  return took / REQUESTS;
}
