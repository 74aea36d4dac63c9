import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { auditBooks } from '../../sql/audit/audit.ts';
import { type Database, openDatabase } from '../../sql/database/database.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { migrate } from '../../sql/database/migrate.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import { backUp } from '../../workers/backups/back-up.ts';
import { restore } from '../../workers/backups/restore.ts';
import { verifyNewest } from '../../workers/backups/verify.ts';
import { today } from '../support/days.ts';
import { eventually } from '../support/eventually.ts';
import { noTick } from './archiving-studio.ts';

/** A server of Debian's with its own client programs: the embedded one ships none. */
const programs = process.env.TEST_PG_BIN;
const whereInstalled = programs ? test : test.skip;

let dir: string;
let server: ChildProcess | undefined;
let db: Database;
let url: string;
/** PostgreSQL refuses to run as root. */
const unprivileged = process.getuid?.() === 0 ? ['unshare', '--user', '--map-user=1000', '--map-group=1000'] : ['env'];
const command = (name: string, ...args: string[]) =>
  [...unprivileged, join(programs ?? '', name), ...args] as [string, ...string[]];

beforeAll(async () => {
  if (!programs) return;
  dir = mkdtempSync(join(tmpdir(), 'own-'));
  const [make, ...making] = command(
    'initdb',
    '-D',
    join(dir, 'cluster'),
    '--username=own',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
  );
  execFileSync(make, making, { stdio: 'ignore' });
  const port = await freePort();
  const flags = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'].flatMap((flag) => [
    '-c',
    flag,
  ]);
  const [run, ...running] = command('postgres', '-D', join(dir, 'cluster'), ...flags);
  server = spawn(run, running, { stdio: 'ignore' });
  url = `postgres://own@127.0.0.1:${port}/postgres`;
  await eventually(() =>
    ask('create database studio').then(
      () => true,
      () => false,
    ),
  );
  url = `postgres://own@127.0.0.1:${port}/studio`;
  await migrate(url);
  db = await openDatabase(url, { max: 3 });
  await loadDemo(db, { today: today(), currency: 'RUB' });
});
afterAll(async () => {
  if (!server) return;
  await db.end();
  const ended = once(server, 'exit');
  server.kill('SIGINT');
  await ended;
});

async function ask(statement: string, at = url) {
  const client = new pg.Client({ connectionString: at });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
const settings = () => ({
  databaseUrl: url,
  migrateUrl: undefined,
  dataDir: dir,
  backupDir: join(dir, 'backups'),
  zone: 'Europe/Moscow',
});

whereInstalled('a dump is verified by a restore, and restored into an empty database', async () => {
  const made = await backUp(db, settings(), today(), new Date(), noTick);
  expect(made).toMatchObject({ kind: 'dump', is_exact: true });
  expect((await verifyNewest(db, settings(), new Date(), noTick)).verified_at).not.toBeNull();

  await ask('create database again');
  const into = url.replace(/studio$/, 'again');
  expect(await restore(settings(), { what: 'latest', into }, new Date(), noTick)).toMatchObject({
    isInPlace: false,
    into: 'again',
  });
  const counted = await ask('select count(*)::int as count from users', into);
  expect(counted).toEqual([{ count: made.row_counts.users }]);
  const restored = await openDatabase(into, { max: 1 });
  expect(await auditBooks(restored, today())).toEqual([]);
  await restored.end();
  await expect(restore(settings(), { what: 'latest', into }, new Date(), noTick)).rejects.toThrow(/is filled/);
});
