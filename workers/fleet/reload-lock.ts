import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Does the work unless another reload of this fleet goes on; then it throws. A lock whose process is gone counts for nothing. */
export async function oneReloadAtATime(dataDir: string, work: () => Promise<void>) {
  const file = join(dataDir, 'reload.pid');
  if (!take(file)) {
    if (isAlive(Number(readFileSync(file, 'utf8')))) throw new Error('another reload goes on at this moment');
    rmSync(file, { force: true });
    if (!take(file)) throw new Error('another reload goes on at this moment');
  }
  try {
    await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}
