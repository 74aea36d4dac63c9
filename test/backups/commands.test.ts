import { execFile } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { listBackups } from '../../sql/backups/backups.ts';
import { backendKinds, redisUrl } from '../support/backends.ts';
import { archivingStudio } from './archiving-studio.ts';

const run = promisify(execFile);
const whereRedis = process.env.TEST_REDIS_URL ? describe : describe.skip;
let studio: Awaited<ReturnType<typeof archivingStudio>>;
let isRunning = true;
beforeAll(async () => {
  studio = await archivingStudio();
});
afterAll(() => (isRunning ? studio.close() : rmSync(studio.dataDir, { recursive: true })));

/** Output and exit code of `npm run SCRIPT -- ARGS` on the studio's data folder. */
async function command(script: 'backup' | 'restore', args: string[] = [], more: NodeJS.ProcessEnv = {}) {
  const { DATABASE_URL: _, REDIS_URL: __, NODE_OPTIONS: ___, ...rest } = process.env;
  const env = { ...rest, FLEET_DATA_DIR: studio.dataDir, PM2_HOME: join(studio.dataDir, 'pm2'), ...more };
  const done = await run(process.execPath, [resolve(`workers/fleet/${script}.ts`), ...args], { cwd: studio.dataDir, env }).catch(
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  return { code: 'code' in done ? done.code : 0, stdout: done.stdout, stderr: done.stderr };
}
const cluster = () => join(studio.dataDir, 'postgres');
async function lose() {
  if (isRunning) await studio.stop();
  isRunning = false;
  renameSync(cluster(), `${cluster()}.lost-${Date.now()}`);
}

test('backup makes one as the night does, and says where it lies', async () => {
  const { code, stdout, stderr } = await command('backup');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [, file = ''] = /^Backed up: (\S+) in (\S+), \d+\.\d MB\n$/.exec(stdout) ?? [];
  expect((await listBackups(studio.db, { limit: 9 })).map((row) => row.file)).toEqual([file]);
  expect(existsSync(join(studio.backupDir, file))).toBe(true);
});

test('a backup that cannot be made says so and fails', async () => {
  expect(await command('backup', [], { BACKUP_DIR: join(studio.dataDir, 'another') })).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^There is no backup: the embedded database does not keep its write-ahead log/),
  });
});

test.each([
  [[], /^npm run restore -- latest\|FILE/],
  [['latest', 'and more'], /^npm run restore -- latest\|FILE/],
  [['latest', '--at', 'yesterday'], /^--at: "yesterday"\nnpm run restore/],
  [['latest', '--at', '2026-11-22T17:59:00'], /^--at: "2026-11-22T17:59:00"\n/],
  [['latest', '--when', 'now'], /--when/],
  [['latest'], /holds a database: stop the fleet and move/],
])('restore %j is refused in words', async (args, words) => {
  expect(await command('restore', args)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(words) });
});

whereRedis('a fleet on Redis', () => {
  let redis: Redis;
  const keys = async () => (await redis.keys('*')).length;
  beforeAll(async () => {
    redis = new Redis(redisUrl());
    await redis.flushdb();
    await redis.set('bull:finance:of-the-lost-database', '1');
  });
  afterAll(() => redis.disconnect());
  const restored = (...args: string[]) => command('restore', ['latest', ...args], { REDIS_URL: redisUrl() });

  test('a restore that is refused, or goes elsewhere, leaves its Redis alone', async () => {
    expect((await restored()).code).toBe(1);
    const into = join(studio.dataDir, 'elsewhere');
    const { code, stdout } = await restored('--into', into);
    expect(code).toBe(0);
    expect(stdout).toContain(` into ${into}.\n`);
    expect(stdout).toMatch(/Before a fleet starts on it: its Redis, if it has one, must be empty\.\n$/);
    expect(await keys()).toBe(1);
  });
});

test.each(backendKinds)('a restore takes the place of the lost database; on %s', async (kind) => {
  const redis = kind === 'redis' ? new Redis(redisUrl()) : null;
  await redis?.set('bull:finance:of-the-lost-database', '1');
  await lose();
  const { code, stdout, stderr } = await command('restore', ['latest'], redis ? { REDIS_URL: redisUrl() } : {});
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^Restored (nightly|archive)\/\S+ into \S+\.\n {2}Not sent: \d+ waiting messages\. Skipped: \d+ /);
  expect(stdout).not.toMatch(/must be empty/);
  expect(existsSync(join(cluster(), 'PG_VERSION'))).toBe(true);
  expect((await redis?.keys('*')) ?? []).toEqual([]);
  redis?.disconnect();
});

test('where Redis is away the database is restored, and what is left to be done by hand is said', async () => {
  await lose();
  const { code, stdout, stderr } = await command('restore', ['latest'], { REDIS_URL: 'redis://127.0.0.1:1' });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^Restored /);
  expect(stderr).toMatch(/^Redis could not be emptied \(.+\)\. Before "npm start": redis-cli -u REDIS_URL FLUSHDB\n$/);
  expect(existsSync(join(cluster(), 'PG_VERSION'))).toBe(true);
});
