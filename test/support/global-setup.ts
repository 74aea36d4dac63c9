import { execFileSync, spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { embeddedUrl, freePort, prepareEmbedded, waitForEmbedded } from '../../sql/database/embedded.ts';
import { migrate } from '../../sql/database/migrate.ts';
import { canMoveClocks } from '../chaos/clocks.ts';
import { canMountDisk } from '../chaos/disk.ts';
import { teachEmptying } from './emptying.ts';
import { servers } from './servers.ts';

/**
 * Tests empty tables and fill them again within a second. Statistics that were taken in between say "no row on a hundred pages", and
 * are believed until they are taken again: 2,400 renewals took 4 s without, over a minute with them. Nothing is taken: pages are counted.
 */
const NO_STATISTICS = ['-c', 'autovacuum=off'];

/** One PostgreSQL and one Redis for the whole test run, both private, both in a temporary folder: so are all that tests make. */
export default async function globalSetup() {
  if (process.env.NIGHTLY === 'yes') lookAtMachine();
  const dir = mkdtempSync(join(inMemory() ?? tmpdir(), 'studio-fleet-test-'));
  servers.dir = dir;
  // A test's studio is in Moscow unless the test says otherwise, and so are the processes that it starts, whatever the shell says.
  delete process.env.STUDIO_TZ;
  process.env.TMPDIR = dir;
  // The processes that tests start are alike, and compiling their modules is half of a start.
  process.env.NODE_COMPILE_CACHE = join(dir, 'compiled');
  const { program, args } = await prepareEmbedded(dir, { durable: false });
  servers.running.push(spawn(program, [...args, ...NO_STATISTICS], { stdio: 'ignore' }));
  await waitForEmbedded(dir);
  process.env.TEST_DATABASE_URL = embeddedUrl(dir);
  await migrate(process.env.TEST_DATABASE_URL);
  await teachEmptying(process.env.TEST_DATABASE_URL);
  await startRedis(dir);
  findChromium();
  findPostgres();
}

/**
 * Linux' folder in memory, where it has room for all that tests write at once. A copy of a database is 800 files: 30 ms there,
 * up to a second on a disk, and each test file has a copy of its own.
 */
function inMemory() {
  const [folder, needed] = ['/dev/shm', 3 * 1024 ** 3];
  if (!existsSync(folder)) return undefined;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > needed && process.availableMemory() > needed ? folder : undefined;
}

async function startRedis(dir: string) {
  if (!hasRedis()) {
    const how = 'there is no redis-server on this machine (Debian: apt-get install redis-server)';
    if (process.env.CI) throw new Error(`the tests need Redis: ${how}`);
    console.warn(`\n  !! THE REDIS SIDE IS NOT TESTED: ${how}\n`);
    return;
  }
  const port = await freePort();
  const flags = ['--port', port, '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--maxmemory-policy', 'noeviction'];
  servers.running.push(spawn('redis-server', flags.map(String), { stdio: 'ignore' }));
  process.env.TEST_REDIS_URL = `redis://127.0.0.1:${port}`;
}

/** Pages are tested in a real browser, where there is one. */
function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(existsSync);
  if (path) process.env.TEST_CHROMIUM = path;
  else {
    const how = 'there is no chromium on this machine (Debian: apt-get install chromium)';
    if (process.env.CI) throw new Error(`the tests need a browser: ${how}`);
    console.warn(`\n  !! THE PAGES ARE NOT TESTED IN A BROWSER: ${how}\n`);
  }
}

/** A PostgreSQL with client programs, for dumps: the embedded one ships none. */
function findPostgres() {
  const path = globSync('/usr/lib/postgresql/*/bin')
    .sort()
    .findLast((folder) => ['postgres', 'initdb', 'pg_dump'].every((name) => existsSync(join(folder, name))));
  if (path) process.env.TEST_PG_BIN = path;
  else {
    const how = 'there is no PostgreSQL with client programs (Debian: apt-get install postgresql)';
    if (process.env.CI) throw new Error(`the tests need dumps: ${how}`);
    console.warn(`\n  !! DUMPS ARE NOT RESTORED: ${how}\n`);
  }
}

/** A night's chaos fills a disk and sets clocks, where the machine lets it. */
function lookAtMachine() {
  const missing = [
    ...(canMountDisk() ? [] : ['this machine lets nobody mount a disk (it takes root, and a container CAP_SYS_ADMIN)']),
    ...(canMoveClocks() ? [] : ['there is no faketime or no datefudge on it (Debian: apt-get install faketime datefudge)']),
  ].join('; ');
  if (missing === '') return;
  if (process.env.CI) throw new Error(`the tests of the night need more of their machine: ${missing}`);
  console.warn(`\n  !! NOT ALL THAT A NIGHT DISTURBS IS DISTURBED: ${missing}\n`);
}

function hasRedis() {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
