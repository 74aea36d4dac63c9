import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { fillCompileCache } from '../../workers/fleet/compile-cache.ts';
import { environmentForPm2 } from '../../workers/fleet/pm2.ts';

test('PM2 is a program that is run, under its own licence, and no library that is imported', () => {
  const files = ['api', 'queues', 'sql', 'workers', 'test'].flatMap((room) => globSync(`${room}/**/*.ts`));
  expect(files.length).toBeGreaterThan(300);
  const importing = files.filter((file) => /(?:from|import|require)\s*\(?\s*['"]pm2(?:\/|['"])/.test(readFileSync(file, 'utf8')));
  expect(importing).toEqual([]);
});

test('PM2 gets what a program needs to run, and no setting', () => {
  const given = {
    PATH: '/bin',
    HOME: '/h',
    PM2_HOME: '/p',
    LANG: 'C',
    DATABASE_URL: 'x',
    API_KEYS: 'x',
    NODE_OPTIONS: 'x',
    OTHER: 'x',
  };
  expect(environmentForPm2(given)).toEqual({
    ...{ PATH: '/bin', HOME: '/h', PM2_HOME: '/p', LANG: 'C' },
    ...{ PM2_DISABLE_VERSION_CHECK: 'true', PM2_DISCRETE_MODE: 'true', PM2_CONCURRENT_ACTIONS: '16', MALLOC_ARENA_MAX: '1' },
  });
});

test('what is compiled once is not compiled again: neither by a start nor by a process', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'compiled-'));
  const folder = join(dataDir, 'compiled');
  mkdirSync(folder);
  const preload = new URL('../../queues/process/compile-cache.js', import.meta.url);
  preload.searchParams.set('folder', folder);
  const app = { cwd: process.cwd(), script: 'workers/unfreeze/main.ts', node_args: [`--import=${preload.href}`] };
  const apps = [app] as unknown as Parameters<typeof fillCompileCache>[0];
  await fillCompileCache(apps, dataDir);
  const mark = join(folder, 'for');
  const filled = statSync(mark).mtimeMs;
  await fillCompileCache(apps, dataDir);
  expect(statSync(mark).mtimeMs).toBe(filled);

  // Node's own words on every module it loads.
  const env = { PATH: process.env.PATH, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
  const compile = join(process.cwd(), 'workers', 'fleet', 'compile.ts');
  const { stderr, stdout } = spawnSync(process.execPath, [...app.node_args, compile, join(app.cwd, app.script)], {
    env,
    encoding: 'utf8',
  });
  expect(stdout + stderr).toMatch(/retrieving transpile cache for StrippedTypeScript \S+unfreeze\/main\.ts\.\.\.success/);
  expect(stdout + stderr).not.toMatch(/no transpile cache/);
});
