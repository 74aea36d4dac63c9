import { mkdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { RequestHandler } from 'express';
import { withTimeout } from '../../queues/backend/backend.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { areBackupsFresh, hasRoom, spaceOf } from '../../queues/timetable/backup-watch.ts';
import { SILENT_SECONDS } from '../../queues/timetable/run-due.ts';
import { areConnectionsFree, isClockRight } from '../../queues/timetable/surroundings-watch.ts';
import { AWAY_AFTER, type CheckedChannel, channelChecks } from '../../sql/alerts/channel-checks.ts';
import { backupsStand } from '../../sql/backups/backups.ts';
import { checkSchema, currentVersion } from '../../sql/database/schema.ts';
import { alarmsArrive, isGateOpen } from '../../sql/notifications/reach.ts';
import { workersLastSeen } from '../../sql/schedule/beats.ts';
import { leaseHolder } from '../../sql/schedule/leases.ts';
import { connectionsOf, skewedHosts } from '../../sql/schedule/server-state.ts';

/** Less free disk than this where the data lies, and the next write may fail. */
const LEAST_FREE_BYTES = 100 * 2 ** 20;
const PATIENCE_MS = 3_000;

export const live: RequestHandler = (_request, response) => {
  response.json({ status: 'up' });
};

/** Readiness is looked at this often at most; whoever asks meanwhile gets what the last look has shown. */
const FRESH_MS = 1_000;

/** What is named when it is down, and is no reason to send nobody here: a fleet with an old backup works. */
const ADVISORY = new Set(['backups', 'channel:telegram', 'channel:email', 'clock', 'connections', 'disk:data', 'disk:backups']);

/** 200 when every part is up, 503 when one is not; names the parts and says no more than up or down. */
export function ready(fleet: Fleet, look?: Look): RequestHandler {
  let looked: ReturnType<typeof readiness> | undefined;
  let at = Number.NEGATIVE_INFINITY;
  return async (_request, response) => {
    if (!looked || performance.now() - at >= FRESH_MS) {
      at = performance.now();
      looked = readiness(fleet, look);
    }
    const parts = await looked;
    const isUp = isReady(parts);
    response.status(isUp ? 200 : 503).json({ status: isUp ? 'up' : 'down', parts });
  };
}

/** Whether the fleet does its work: every part is up, but for those that are only to be known of. */
export const isReady = (parts: Record<string, 'up' | 'down'>) =>
  Object.entries(parts).every(([part, state]) => state === 'up' || ADVISORY.has(part));

/** How the machines are looked at. */
type Look = { space: typeof spaceOf; connections: typeof connectionsOf };

/** Looks at every part at once: the database, the job, the scheduler, each worker's last canary, the disk. */
export async function readiness(
  { db, backend, settings }: Fleet,
  look: Look = { space: spaceOf, connections: connectionsOf },
): Promise<Record<string, 'up' | 'down'>> {
  const silence = withTimeout(PATIENCE_MS, workersLastSeen(db));
  const channels = withTimeout(PATIENCE_MS, channelChecks(db));
  const answers = async (channel: CheckedChannel) =>
    (await channels).every((check) => check.channel !== channel || check.failures < AWAY_AFTER);
  const checks: Record<string, () => Promise<unknown>> = {
    database: () => currentVersion(db),
    schema: () => checkSchema(db, { mayBeAhead: true }),
    queue: () => backend.ping(),
    disk: () => demandDisk(settings.dataDir),
    scheduler: async () => demand((await leaseHolder(db, 'scheduler')) !== null),
    telegram: async () => demand(await isGateOpen(db)),
    'channel:telegram': async () => demand(await answers('telegram')),
    'channel:email': async () => demand(await answers('email')),
    clock: async () => demand(isClockRight([...(await skewedHosts(db))])),
    connections: async () => demand(areConnectionsFree(await look.connections(db))),
    'disk:data': async () => demand(await hasRoom(settings.dataDir, look.space)),
    'disk:backups': async () => demand(await hasRoom(settings.backupDir, look.space)),
    backups: async () => demand(areBackupsFresh(await backupsStand(db), new Date())),
    alarms: async () => demand(await alarmsArrive(db, settings.telegramToken ? settings.adminChatIds : [])),
  };
  for (const noun of nouns) {
    checks[`worker:${noun}`] = async () =>
      demand((await silence).some(({ worker, seconds }) => worker === noun && seconds < SILENT_SECONDS));
  }
  const states = await Promise.all(
    Object.entries(checks).map(async ([part, check]) => {
      const isUp = await withTimeout(PATIENCE_MS, Promise.resolve().then(check)).then(
        () => true,
        () => false,
      );
      return [part, isUp ? 'up' : 'down'] as const;
    }),
  );
  return Object.fromEntries(states);
}

function demand(condition: boolean) {
  if (!condition) throw new Error('down');
}

async function demandDisk(dir: string) {
  mkdirSync(dir, { recursive: true });
  const { bavail, bsize } = await statfs(dir);
  demand(bavail * bsize >= LEAST_FREE_BYTES);
}
