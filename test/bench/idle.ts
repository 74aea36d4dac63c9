import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../sql/database/embedded.ts';
import { report, timed } from './measure.ts';

const WATCH_SECONDS = 20;

/** A whole fleet from nothing to ready, and what it costs while it has nothing to do. Needs no server: it brings its own. */
export async function benchIdle(_url: string) {
  const dir = mkdtempSync(join(tmpdir(), 'studio-fleet-idle-'));
  const { DATABASE_URL: _, REDIS_URL: __, ...rest } = process.env;
  const env = { ...rest, PM2_HOME: join(dir, 'pm2'), FLEET_DATA_DIR: join(dir, 'data'), PORT: String(await freePort()) };
  const npm = (script: string) => {
    const { status, stdout, stderr } = spawnSync('npm', ['run', script], { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`npm run ${script} failed:\n${stdout}${stderr}`);
  };
  try {
    const first = await timed(async () => npm('start'));
    npm('stop');
    const second = await timed(async () => npm('start'));
    report('npm start, from nothing to the first generation done', `${(first / 1_000).toFixed(1)} s`, 'under 15 s');
    report('npm start, a fleet that was stopped', `${(second / 1_000).toFixed(1)} s`);
    await watch(env);
  } finally {
    npm('stop');
    rmSync(dir, { recursive: true, force: true });
  }
}

async function watch(env: NodeJS.ProcessEnv) {
  const apps: { name: string; pid: number }[] = JSON.parse(
    execFileSync('node_modules/.bin/pm2', ['jlist', '--silent'], { env, encoding: 'utf8' }).replace(/^[^[]*/, ''),
  );
  const before = apps.map((app) => cpuSeconds(app.pid));
  await new Promise((next) => setTimeout(next, WATCH_SECONDS * 1_000));
  let total = 0;
  for (const [index, { name, pid }] of apps.entries()) {
    const rss = residentMegabytes(pid);
    const cpu = ((cpuSeconds(pid) - (before[index] ?? 0)) / WATCH_SECONDS) * 100;
    total += rss;
    report(`idle: ${name}`, `${rss} MB ${cpu.toFixed(1)} %`);
  }
  report('idle: all', `${total} MB`);
}

const residentMegabytes = (pid: number) =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024);

/** User and system time so far, from fields 14 and 15 of /proc/PID/stat, in clock ticks of 10 ms. */
function cpuSeconds(pid: number) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
