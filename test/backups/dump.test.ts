import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays } from '../../queues/time/calendar.ts';
import { watchBackups } from '../../queues/timetable/backup-watch.ts';
import { listBackups } from '../../sql/backups/backups.ts';
import { sql } from '../../sql/database/database.ts';
import { readDatabaseUrl } from '../../sql/database/hosts.ts';
import { claimRun, failRun } from '../../sql/runs/execute.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { backUp } from '../../workers/backups/back-up.ts';
import { findClient, forProgram } from '../../workers/backups/client-programs.ts';
import { folderAt } from '../../workers/backups/folder.ts';
import { restore } from '../../workers/backups/restore.ts';
import { prune } from '../../workers/backups/retention.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { today } from '../support/days.ts';
import { emptyTables } from '../support/emptying.ts';
import { noTick } from './archiving-studio.ts';

let database: TestDatabase;
let dir: string;
let programs: string;
const path = process.env.PATH;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  process.env.PATH = path;
  await database.close();
});
beforeEach(async () => {
  await emptyTables(database.db, 'backups', 'alerts', 'notifications', 'automated_process_history', 'schedules');
  dir = mkdtempSync(join(tmpdir(), 'dump-'));
  programs = join(dir, 'programs');
  mkdirSync(programs);
  process.env.PATH = `${programs}:${path}`;
});

/** A client program that says it is new, and does what a line of shell says. */
function program(name: string, does: string, version = 99) {
  const file = join(programs, name);
  writeFileSync(
    file,
    `#!/bin/sh\nif [ "$1" = --version ]; then echo "${name} (PostgreSQL) ${version}.1 (Debian)"; exit; fi\n${does}\n`,
  );
  chmodSync(file, 0o755);
}
const settings = () => ({ databaseUrl: database.url, dataDir: dir, backupDir: join(dir, 'backups') });
const backup = (now = new Date(), day = today()) => backUp(database.db, settings(), day, now, noTick);
const files = () =>
  ['nightly', 'archive'].flatMap((folder) =>
    existsSync(join(dir, 'backups', folder)) ? readdirSync(join(dir, 'backups', folder)) : [],
  );
const alarms = () =>
  database.db.anyFirst(sql.type(z.object({ template: z.string() }))`select template from notifications order by id`);

test('a client older than the server is named, with what to install', async () => {
  await expect(findClient('pg_dump', 9_999)).rejects.toThrow(
    /pg_dump.*install the client programs of PostgreSQL 9999 or newer.*postgresql-client-9999/,
  );
  program('pg_dump', 'exit 0', 3);
  await expect(findClient('pg_dump', 9_999)).rejects.toThrow(/pg_dump \d+ is older than the server, which is 9999/);
});

test('a password stands on no command line', () => {
  const { url, env } = forProgram('postgres://studio:p%40ss@db.example/studio?sslmode=require');
  expect(url).toMatch(/^postgres:\/\/studio@db.example\/studio\?sslmode=require&/);
  expect(env.PGPASSWORD).toBe('p@ss');
});

test('a network that swallows packets holds no program for ever; limits of one’s own stay', () => {
  const limits = { keepalives_idle: '30', keepalives_interval: '10', keepalives_count: '3', tcp_user_timeout: '120000' };
  const asked = (query: string) => {
    const url = String(readDatabaseUrl(`postgres://a:b@one,two/c${query}`));
    return Object.fromEntries(new URL(forProgram(url).url).searchParams);
  };
  expect(asked('')).toMatchObject({ host: 'one,two', connect_timeout: '30', ...limits });
  expect(asked('?connect_timeout=5')).toMatchObject({ connect_timeout: '5', ...limits });
});

test('a server that takes the connection and says nothing is given up', async () => {
  const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const { url, env } = forProgram(`postgres://a:b@127.0.0.1:${port}/c?connect_timeout=2`);
  const given = await promisify(execFile)('pg_dump', [url], { env }).catch((error: { code: unknown; stderr: string }) => error);
  silent.close();
  if ('code' in given && given.code === 'ENOENT') return;
  expect(given.stderr).toMatch(/timeout expired/);
});

test('a dump is complete once its program has ended well; what it is given says the snapshot that was counted', async () => {
  program('pg_dump', `echo "$@" > ${dir}/arguments; printf dumped`);
  const made = await backup();
  expect(made).toMatchObject({ kind: 'dump', bytes: 6, is_exact: true, wal: null });
  expect(made.row_counts.users).toBe(0);
  expect(readFileSync(join(dir, 'backups', made.file), 'utf8')).toBe('dumped');
  expect(readFileSync(join(dir, 'arguments'), 'utf8')).toMatch(/--format=custom --snapshot=\S+ --no-password postgres:\/\/\w+@/);
});

test('of a dump that fails no file appears, and its row says why', async () => {
  program('pg_dump', `printf half; echo 'pg_dump: error: connection to server was lost' >&2; exit 1`);
  await expect(backup()).rejects.toThrow('pg_dump ended with 1: pg_dump: error: connection to server was lost');
  expect(files()).toEqual([]);
  expect(await listBackups(database.db, { limit: 9 })).toMatchObject([
    { finished_at: null, error: expect.stringMatching(/was lost/) },
  ]);
});

test('failing for 35 days is one alarm; the last good backups stay, and the next success is its end', async () => {
  const watched = { db: database.db, settings: { adminChatIds: [1001], dataDir: dir, backupDir: join(dir, 'backups') } };
  const began = Date.now();
  const at = (days: number, hours = 0) => new Date(began + days * 86_400_000 + hours * 3_600_000);
  const enough = async () => ({ percent: 50, free_bytes: 1e9 });
  await database.db.query(sql.unsafe`insert into schedules (name, known_since) values ('backup', now())`);
  program('pg_dump', 'printf good');
  const good = await backup(at(0));
  program('pg_dump', 'printf half; exit 1');
  for (let day = 1; day <= 35; day += 1) {
    const failed = await backup(at(day), addDays(today(), day)).catch((error) => error);
    const { run } = await requestRun(database.db, {
      process_type: 'backup',
      run_key: `backup:${day}`,
      process_date: today(),
      params: {},
    });
    await claimRun(database.db, run.id, 'test');
    await failRun(database.db, run.id, String(failed.message), true);
    for (const hours of [0, 1, 8, 16]) await watchBackups(watched, at(day, hours), enough);
  }
  expect((await alarms()).filter((template) => template !== 'backup_unverified')).toEqual(['backup_missing']);
  expect((await alarms()).filter((template) => template === 'backup_unverified')).toHaveLength(1);
  expect(files()).toEqual([good.file.split('/')[1], `${good.file.split('/')[1]}.json`]);

  program('pg_dump', 'printf good');
  await backup(at(36), addDays(today(), 36));
  await database.db.query(sql.unsafe`update automated_process_history set status = 'success'`);
  await watchBackups(watched, at(36, 1), enough);
  await watchBackups(watched, at(36, 2), enough);
  expect((await alarms()).filter((template) => template === 'alert_over')).toHaveLength(1);
  expect(await prune(folderAt(join(dir, 'backups')), addDays(today(), 36))).toMatchObject({
    backups_deleted: good.file.startsWith('archive') ? 0 : 1,
  });
});

test('an instant of a dump, or a filled database for it, is refused', async () => {
  program('pg_dump', 'printf dumped');
  const { file } = await backup();
  const wish = (more: object) =>
    restore({ ...settings(), migrateUrl: undefined, zone: 'Europe/Moscow' }, { what: file, ...more }, new Date(), noTick);
  await expect(wish({ at: new Date().toISOString() })).rejects.toThrow(/a dump is of one moment/);
  await expect(wish({})).rejects.toThrow(/is filled: make an empty one/);
  rmSync(join(dir, 'backups', `${file}.json`));
  await expect(wish({})).rejects.toThrow(/nothing beside it describes it/);
});
