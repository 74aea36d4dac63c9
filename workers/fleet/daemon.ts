import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** PM2's folder, with its sockets and logs. */
export const pm2Home = () => process.env.PM2_HOME || join(homedir(), '.pm2');

/** The process id of PM2's daemon, if it left one. */
export function daemonPid(): number | undefined {
  const file = join(pm2Home(), 'pm2.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) || undefined : undefined;
}

/**
 * Throws for a daemon that was started by an older Node: it would start our TypeScript with it, so better say so at once.
 * The program is asked through the process and not by its path: an update may have put another one there since.
 */
export function refuseOldDaemon(pid: number | undefined) {
  const program = `/proc/${pid}/exe`;
  if (process.platform !== 'linux' || pid === undefined || !existsSync(program)) return;
  const version = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
  if (Number(/^v(\d+)/.exec(version)?.[1]) < 24) {
    throw new Error(`PM2's daemon runs on Node ${version}, the fleet needs 24: end it ("npx pm2 kill") or set another PM2_HOME`);
  }
}
