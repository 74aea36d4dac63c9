import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../sql/database/embedded.ts';
import { report, timed } from './measure.ts';

const WATCH_SECONDS = 20;
/** V8 gives memory back once a process has had little to do for a while. */
const SETTLE_SECONDS = 60;

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
    const before = childCpuSeconds();
    const second = await timed(async () => npm('start'));
    const commands = childCpuSeconds() - before;
    report('npm start, from nothing to the first generation done', `${(first / 1_000).toFixed(1)} s`, 'under 15 s');
    report('npm start, a fleet that was stopped', `${(second / 1_000).toFixed(1)} s`);
    const started = processes(env).reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
    report('start to ready with nothing to build: CPU', `${(started + commands).toFixed(1)} s`, 'at most 10 s');
    await new Promise((next) => setTimeout(next, SETTLE_SECONDS * 1_000));
    await watch(env);
  } finally {
    npm('stop');
    rmSync(dir, { recursive: true, force: true });
  }
}

async function watch(env: NodeJS.ProcessEnv) {
  const apps = processes(env);
  const before = apps.map((app) => cpuSeconds(app.pid));
  await new Promise((next) => setTimeout(next, WATCH_SECONDS * 1_000));
  const total = { rss: 0, pss: 0 };
  for (const [index, { name, pid }] of apps.entries()) {
    // PostgreSQL's sessions are processes that share its buffers: resident memory counts those once for each.
    const [own, ...children] = [pid, ...childrenOf(pid)].map(memoryOf);
    const pss = [own, ...children].reduce((sum, memory) => sum + (memory?.pss ?? 0), 0);
    const cpu = ((cpuSeconds(pid) - (before[index] ?? 0)) / WATCH_SECONDS) * 100;
    total.rss += own?.rss ?? 0;
    total.pss += pss;
    report(`idle: ${name}`, `${Math.round(own?.rss ?? 0)} MB resident, ${Math.round(pss)} MB of its own, ${cpu.toFixed(1)} %`);
  }
  report('idle: all, resident', `${Math.round(total.rss)} MB`, 'at most 1,000 MB');
  report(
    'idle: all, shared pages counted once (PSS), sessions of PostgreSQL included',
    `${Math.round(total.pss)} MB`,
    'at most 800 MB',
  );
}

/** The processes PM2 looks after. */
function processes(env: NodeJS.ProcessEnv): { name: string; pid: number }[] {
  const printed = execFileSync('node_modules/.bin/pm2', ['jlist', '--silent'], { env, encoding: 'utf8' });
  return JSON.parse(printed.slice(printed.indexOf('[')));
}

const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

/** Megabytes in memory: all, and with each shared page divided among those who share it. */
function memoryOf(pid: number) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const megabytesOf = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0) / 1_024;
  return { rss: megabytesOf('Rss'), pss: megabytesOf('Pss') };
}

/** User and system time of the commands that were waited for so far. */
const childCpuSeconds = () => {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) / 100;
};

/** User and system time so far, from fields 14 and 15 of /proc/PID/stat, in clock ticks of 10 ms. */
function cpuSeconds(pid: number) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
