import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** So much the fleet may write, in bytes: it lies in memory as it is written. */
const SIZE = 4 * 2 ** 30;
const LITTLE = 2 ** 16;
const MOST_TRIES = 20;

/**
 * A disk of its own at a folder, which can be full at will; undefined where this machine lets nobody mount one. It is taken away when
 * this process ends, if nobody has done so before.
 */
export function ownDisk(folder: string) {
  mkdirSync(folder, { recursive: true });
  const mount = (...args: string[]) => void execFileSync('mount', [...args, folder], { stdio: 'ignore' });
  try {
    mount('-t', 'tmpfs', '-o', `size=${SIZE},mode=700`, 'none');
  } catch {
    return undefined;
  }
  const end = () => {
    process.off('exit', end);
    execFileSync('umount', ['-l', folder], { stdio: 'ignore' });
  };
  process.on('exit', end);
  return {
    /** From now on nothing more fits. Whoever writes meanwhile may have more than was counted: then it is counted again. */
    fill() {
      for (let tries = 1; ; tries += 1) {
        const { blocks, bfree, bsize } = statfsSync(folder);
        try {
          return mount('-o', `remount,size=${(blocks - bfree) * bsize + LITTLE}`);
        } catch (error) {
          if (tries === MOST_TRIES) throw error;
        }
      }
    },
    free: () => mount('-o', `remount,size=${SIZE}`),
    end,
  };
}

/** True where {@link ownDisk} gets one. */
export function canMountDisk(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'studio-fleet-disk-'));
  const disk = ownDisk(folder);
  disk?.end();
  rmSync(folder, { recursive: true });
  return disk !== undefined;
}

/** True when an error says that PostgreSQL had no room for what was asked of it. Looks through causes. */
export const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && ((error as { code?: unknown }).code === '53100' || isDiskFull(error.cause));
