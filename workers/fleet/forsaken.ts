import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterDir } from '../../sql/database/embedded.ts';

/** How long a server may take to end cleanly. */
const PATIENCE_MS = 60_000;

/**
 * Ends the embedded server that has outlived PM2's daemon: nobody would start it again, and as long as it lives no other one can take its
 * place. One that somebody looks after is let be. Returns whether there was one. Linux alone tells whose child a process is.
 */
export async function endForsakenServer(dataDir: string): Promise<boolean> {
  const file = join(clusterDir(dataDir), 'postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n', 1)[0]) : 0;
  if (!pid || !isForsaken(pid, clusterDir(dataDir))) return false;
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + PATIENCE_MS;
  while (commandOf(pid).includes(clusterDir(dataDir))) {
    if (Date.now() > deadline) throw new Error(`the server ${pid} of ${dataDir}, which nobody looks after, does not end`);
    await new Promise((next) => setTimeout(next, 100));
  }
  return true;
}

/** It is the server of these files, and whoever started it is gone: its parent is the machine's first process, and that one is no PM2. */
function isForsaken(pid: number, cluster: string): boolean {
  if (!commandOf(pid).split('\0').includes(cluster)) return false;
  const parent = Number(/^PPid:\s+(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1]);
  const command = commandOf(parent);
  return !/pm2/i.test(command) && (parent === 1 || /\bsystemd\b/.test(command));
}

const commandOf = (pid: number) => read(`/proc/${pid}/cmdline`);

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
