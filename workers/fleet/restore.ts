import { parseArgs } from 'node:util';
import { openRedis } from '../../queues/backend/open-redis.ts';
import { type Settings, settingsOrExit } from '../../queues/process/settings.ts';
import { type RestoreWish, restore } from '../backups/restore.ts';
import { Refused } from '../refusal.ts';
import { fleetApps } from './pm2.ts';

const HELP = `npm run restore -- latest|FILE [--at INSTANT] [--into FOLDER|postgres://...]
latest   the newest backup, as far as the archived log goes
FILE     one of BACKUP_DIR, to where it ended itself
--at     to an instant with its zone, such as 2026-11-22T17:59:00+03:00
--into   an empty folder, or of a dump an empty database; by default where the settings say`;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

function readWish(): RestoreWish {
  const options = { at: { type: 'string' }, into: { type: 'string' } } as const;
  const { positionals, values } = parseArgs({ args: process.argv.slice(2), allowPositionals: true, options });
  const [what, ...more] = positionals;
  if (what === undefined || more.length > 0) throw new Refused('invalid', HELP);
  const { at, into } = values;
  if (at !== undefined && !(INSTANT.test(at) && Number.isFinite(Date.parse(at))))
    throw new Refused('invalid', `--at: "${at}"\n${HELP}`);
  return { what, ...(at === undefined ? {} : { at: new Date(at).toISOString() }), ...(into === undefined ? {} : { into }) };
}

/** What lies in Redis is of the database that was lost. The scheduler enqueues every open run again. Returns why it could not be emptied. */
async function emptyRedis({ redisUrl }: Settings): Promise<string | undefined> {
  if (!redisUrl) return undefined;
  const redis = openRedis(redisUrl, {
    maxRetriesPerRequest: 1,
    connectTimeout: 5_000,
    commandTimeout: 60_000,
    keepAlive: 10_000,
  });
  redis.on('error', () => undefined);
  try {
    await redis.flushdb();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    redis.disconnect();
  }
}

const settings = settingsOrExit();
try {
  const wish = readWish();
  if (wish.into === undefined && (await fleetApps()).length > 0)
    throw new Refused('conflict', 'the fleet runs: "npm stop" stops it');
  const done = await restore(settings, wish, new Date(), async () => undefined);
  const trouble = done.isInPlace ? await emptyRedis(settings) : undefined;
  console.log(`Restored ${done.file} into ${done.into}.`);
  console.log(
    `  Not sent: ${done.messages} waiting messages. Skipped: ${done.ticks} reminders and digests. Ended: ${done.sessions} sessions.`,
  );
  if (done.erasures > 0) console.log(`  Erased again: ${done.erasures} people who had been erased since.`);
  console.log('  Keys that were revoked and passwords that were changed since are as they were: look at "npm run key -- list".');
  if (!done.isInPlace) console.log('  Before a fleet starts on it: its Redis, if it has one, must be empty.');
  if (trouble) throw new Error(`Redis could not be emptied (${trouble}). Before "npm start": redis-cli -u REDIS_URL FLUSHDB`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
