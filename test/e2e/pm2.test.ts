import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { fillCompileCache } from '../../workers/fleet/compile-cache.ts';
import { daemonPid } from '../../workers/fleet/daemon.ts';
import { environmentForPm2, fleetApps, pm2 } from '../../workers/fleet/pm2.ts';
import { eventually } from '../support/eventually.ts';

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

test('compiled code is used again by later starts and by other processes', async () => {
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

/** Does something with a folder of PM2's own, and ends the daemon that was started for it. */
async function withHome(work: (home: string) => Promise<void>) {
  const before = process.env.PM2_HOME;
  const home = mkdtempSync(join(tmpdir(), 'pm2-ends-'));
  process.env.PM2_HOME = home;
  try {
    await work(home);
  } finally {
    const daemon = daemonPid();
    if (daemon && daemon !== process.pid && existsSync(`/proc/${daemon}`)) process.kill(daemon, 'SIGKILL');
    if (before === undefined) delete process.env.PM2_HOME;
    else process.env.PM2_HOME = before;
    rmSync(home, { recursive: true, force: true });
  }
}

test('a daemon that ends while it is asked has no apps, and nobody waits for its answer', async () => {
  await withHome(async (home) => {
    await pm2(['ping', '--silent']);
    const daemon = daemonPid() ?? 0;
    // It takes the question and does not answer any more.
    process.kill(daemon, 'SIGSTOP');
    const asked = fleetApps();
    const connections = () => readFileSync('/proc/net/unix', 'utf8').split(join(home, 'rpc.sock')).length - 1;
    await eventually(async () => connections() > 1);
    process.kill(daemon, 'SIGKILL');
    expect(await asked).toEqual([]);
  });
}, 60_000);

test('a daemon that ended before it was asked has no apps, and none is started in its place', async () => {
  await withHome(async (home) => {
    // A process that runs and takes no question stands for a daemon that ends just now.
    writeFileSync(join(home, 'pm2.pid'), String(process.pid));
    expect(await fleetApps()).toEqual([]);
    expect([daemonPid(), existsSync(join(home, 'rpc.sock'))]).toEqual([process.pid, false]);
  });
}, 60_000);
