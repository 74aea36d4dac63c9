import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { App } from './app.ts';
import { daemonPid, pm2Home, refuseOldDaemon } from './daemon.ts';
import { dropSettingsFile } from './settings-files.ts';

/*
 * PM2 is run as a program, by its command line. What it is given stands in its list and in what `pm2 save` writes, so it is given
 * no setting: it runs with the few variables below, and each app finds its settings in a file of its own.
 */
const KEPT =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|PM2_HOME|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|XDG_\w+|LD_PRELOAD|FAKETIME\w*|SystemRoot|ComSpec|APPDATA|LOCALAPPDATA|USERPROFILE|PATHEXT)$/i;

const NAMESPACE = 'studio-fleet';
const LONGEST_MS = 15 * 60_000;
/** PM2 does not export its command line, so it is found beside its package.json. */
export const pm2Program = join(dirname(createRequire(import.meta.url).resolve('pm2/package.json')), 'bin', 'pm2');

/** The variables PM2 and every app under it get. */
export const environmentForPm2 = (environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(environment).filter(([name]) => KEPT.test(name))),
  PM2_DISABLE_VERSION_CHECK: 'true',
  PM2_DISCRETE_MODE: 'true',
  // Apps start and stop at the same time, not two by two.
  PM2_CONCURRENT_ACTIONS: '16',
  // One pool of memory for all threads of a process: several cost it some 5 MB.
  MALLOC_ARENA_MAX: '1',
});

/** The daemon ended while it was asked something, so no answer will come. */
class DaemonEnded extends Error {}

const WATCH_EVERY_MS = 250;

/**
 * Runs a command of PM2, whose daemon it starts if need be, and returns what it printed. Throws with PM2's own words, and
 * {@link DaemonEnded} where the daemon it asked has ended meanwhile: PM2's own command waits for ever then.
 * PM2 makes its sockets and logs readable for others unless the umask says otherwise; its folder is closed to them here.
 */
export async function pm2(
  args: readonly string[],
  { input, env, longestMs = LONGEST_MS }: { input?: string; env?: NodeJS.ProcessEnv; longestMs?: number } = {},
) {
  const daemon = runningDaemon();
  refuseOldDaemon(daemon);
  process.umask(0o077);
  mkdirSync(pm2Home(), { recursive: true, mode: 0o700 });
  chmodSync(pm2Home(), 0o700);
  return new Promise<string>((resolve, reject) => {
    const options = {
      env: { ...environmentForPm2(), ...env },
      maxBuffer: 2 ** 26,
      timeout: longestMs,
      killSignal: 'SIGKILL' as const,
    };
    const hasEnded = () => daemon !== undefined && !isAlive(daemon);
    const watch = setInterval(() => hasEnded() && child.kill('SIGKILL'), WATCH_EVERY_MS);
    const child = execFile(process.execPath, [pm2Program, ...args], options, (error, stdout, stderr) => {
      clearInterval(watch);
      if (error && hasEnded()) reject(new DaemonEnded(`pm2 ${args[0]}: PM2's daemon ended meanwhile`));
      else if (error) reject(new Error(`pm2 ${args[0]}: ${reasonOf(stderr, stdout) || error.message}`));
      else resolve(stdout);
    });
    child.stdin?.end(input);
  });
}

const reasonOf = (...texts: string[]) => texts.flatMap((text) => text.split('\n')).find((line) => /ERROR|Error/.test(line));

/** A process of the fleet as PM2 knows it. */
export type RunningApp = {
  /** PM2's own number for it. */
  id: number;
  name: string;
  status: string;
  pid: number;
  restarts: number;
  /** Milliseconds since 1970. */
  upSince: number;
  /** Resident bytes. */
  memory: number;
  /** Percent of one core. */
  cpu: number;
  /** The file its settings lie in, if `npm start` made one. */
  settingsFile?: string;
  outLog?: string;
  errorLog?: string;
};

/** The fleet's processes. Without a daemon there are none, and none is started to say so. */
export async function fleetApps(): Promise<RunningApp[]> {
  return (await listAll()).filter((app) => app.pm2_env.namespace === NAMESPACE).map(describe);
}

type Listed = {
  name: string;
  pid: number;
  pm_id: number;
  monit?: { memory: number; cpu: number };
  pm2_env: {
    namespace?: string;
    status: string;
    restart_time?: number;
    pm_uptime?: number;
    pm_out_log_path?: string;
    pm_err_log_path?: string;
    FLEET_SETTINGS_FILE?: string;
  };
};

const describe = ({ name, pid, pm_id, monit, pm2_env }: Listed): RunningApp => ({
  id: pm_id,
  name,
  status: pm2_env.status,
  pid,
  restarts: pm2_env.restart_time ?? 0,
  upSince: pm2_env.pm_uptime ?? 0,
  memory: monit?.memory ?? 0,
  cpu: monit?.cpu ?? 0,
  settingsFile: pm2_env.FLEET_SETTINGS_FILE,
  outLog: pm2_env.pm_out_log_path,
  errorLog: pm2_env.pm_err_log_path,
});

/** For a question to a daemon that may end before it is asked: the one that PM2 then starts only has its syntax checked, and ends. */
const STARTS_NONE = { PM2_NODE_OPTIONS: '--check' };

async function listAll(): Promise<Listed[]> {
  if (runningDaemon() === undefined) return [];
  try {
    const printed = await pm2(['jlist', '--silent'], { env: STARTS_NONE });
    return printed.includes('[') ? JSON.parse(printed.slice(printed.indexOf('['))) : [];
  } catch (error) {
    if (error instanceof DaemonEnded) return [];
    throw error;
  }
}

/** Starts apps at the same time; resolves when PM2 has heard the `ready` of each, or its `listen_timeout` is over. */
export async function startApps(apps: readonly App[]) {
  if (apps.length > 0) await pm2(['start', '-', '--silent'], { input: JSON.stringify({ apps }) });
}

/**
 * Starts one more process of an app beside the one that runs, and resolves as {@link startApps} does. PM2 takes a second app of one
 * name from its command line only, so the app is written as flags.
 */
export const startBeside = (app: App) => pm2(['start', ...flagsOf(app), '--force', '--silent'], { env: app.env });

function flagsOf(app: App): string[] {
  return [
    ...[app.script, '--name', app.name, '--namespace', app.namespace, '--cwd', app.cwd, '--instances', String(app.instances)],
    ...['--node-args', app.node_args.join(' '), '--listen-timeout', String(app.listen_timeout)],
    ...['--kill-timeout', String(app.kill_timeout), '--exp-backoff-restart-delay', String(app.exp_backoff_restart_delay)],
    ...['--stop-exit-codes', app.stop_exit_codes.join(',')],
    ...['--wait-ready', '--merge-logs', '--no-vizion', '--no-pmx'],
  ];
}

/**
 * Stops processes, letting them drain, and forgets them and their settings. PM2 starts one anew that it is told to delete while it
 * comes up, so such a one is waited for: without its settings it ends by itself (78) if it has to be started again.
 */
export async function removeProcesses(unwanted: readonly RunningApp[]) {
  const ids = unwanted.map((app) => app.id);
  for (const app of unwanted) dropSettingsFile(app.settingsFile);
  for (let tries = 0; ; tries += 1) {
    const left = (await listAll()).filter((app) => ids.includes(app.pm_id));
    if (left.length === 0) return;
    if (tries === MOST_TRIES) throw new Error(`${left.map((app) => app.name).join(', ')}: PM2 does not end them`);
    const settled = left.filter((app) => app.pm2_env.status !== 'launching').map((app) => String(app.pm_id));
    // Somebody else may be removing one of them at this moment: what matters is that none is left.
    if (settled.length > 0) await pm2(['delete', ...settled, '--silent'], { env: STARTS_NONE }).catch(() => undefined);
    else await new Promise((next) => setTimeout(next, 500));
  }
}

const MOST_TRIES = 120;

/**
 * Ends PM2's daemon if it holds no app any more, not even somebody else's. Where PM2's own command stays without effect, by signal: it
 * waits for ever for a daemon that somebody else has ended meanwhile.
 */
export async function endIdleDaemon() {
  const pid = runningDaemon();
  if (pid === undefined || (await listAll()).length > 0) return;
  await pm2(['kill', '--silent'], { longestMs: 6_000 }).catch(() => undefined);
  if (isAlive(pid)) process.kill(pid, 'SIGTERM');
}

/** The process id of PM2's daemon, if it runs. */
function runningDaemon(): number | undefined {
  const pid = daemonPid();
  return pid !== undefined && isAlive(pid) ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
