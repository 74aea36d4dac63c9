import { promisify } from 'node:util';
import pm2, { type ProcessDescription, type StartOptions } from 'pm2';
import { daemonPid, refuseOldDaemon } from './daemon.ts';

/** PM2's own network calls are none of ours. */
process.env.PM2_DISABLE_VERSION_CHECK = 'true';

const NAMESPACE = 'studio-fleet';

/** Does something with PM2's daemon (which is started if need be), and lets go of it. */
export async function withPm2<T>(work: () => Promise<T>): Promise<T> {
  refuseOldDaemon(daemonPid());
  await promisify(pm2.connect.bind(pm2) as (done: (error: Error | null) => void) => void)();
  try {
    return await work();
  } finally {
    pm2.disconnect();
  }
}

type State = { name: string; status: string; pid: number; restarts: number; upSince: number; memory: number; cpu: number };

/** The fleet's apps as PM2 knows them. */
export async function fleetApps(): Promise<State[]> {
  const all = await listAll();
  return all
    .filter((app) => (app.pm2_env as { namespace?: string } | undefined)?.namespace === NAMESPACE)
    .map((app) => ({
      name: app.name ?? '?',
      status: app.pm2_env?.status ?? 'unknown',
      pid: app.pid ?? 0,
      restarts: app.pm2_env?.restart_time ?? 0,
      upSince: app.pm2_env?.pm_uptime ?? 0,
      memory: app.monit?.memory ?? 0,
      cpu: app.monit?.cpu ?? 0,
    }));
}

const listAll = promisify(pm2.list.bind(pm2) as (done: (error: Error | null, list: ProcessDescription[]) => void) => void);

/** Starts an app; resolves when PM2 has heard its `ready`. */
export const startApp = promisify(pm2.start.bind(pm2) as (app: StartOptions, done: (error: Error | null) => void) => void);

/** Starts an app's new process, waits for its `ready`, then drains the old one. */
export const reloadApp = promisify(
  pm2.reload.bind(pm2) as unknown as (name: string, done: (error: Error | null) => void) => void,
);

/** Stops an app, letting it drain, and forgets it. */
export const removeApp = promisify(
  pm2.delete.bind(pm2) as unknown as (name: string, done: (error: Error | null) => void) => void,
);

/** Ends PM2's daemon if it holds no app any more, not even somebody else's. Where PM2's own call stays without effect, by signal. */
export async function endIdleDaemon() {
  if ((await listAll()).length > 0) return;
  const pid = daemonPid();
  const killed = promisify(pm2.killDaemon.bind(pm2) as (done: (error: Error | null) => void) => void)();
  await Promise.race([killed, new Promise((next) => setTimeout(next, 4_000))]);
  if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGTERM');
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
