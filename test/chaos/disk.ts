import { execFileSync } from 'node:child_process';
import { mkdirSync, statfsSync } from 'node:fs';

/** So much the fleet may write, in bytes: it lies in memory as it is written. */
const SIZE = 4 * 2 ** 30;
const LITTLE = 2 ** 16;

/**
 * A disk of its own at a folder, which can be full at will; undefined where this machine lets nobody mount one. It is taken away when
 * this process ends, if nobody has done so before.
 */
export function ownDisk(folder: string) {
  mkdirSync(folder, { recursive: true });
  const mount = (...args: string[]) => execFileSync('mount', [...args, folder], { stdio: 'ignore' });
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
    /** From now on nothing more fits. */
    fill() {
      const { blocks, bfree, bsize } = statfsSync(folder);
      mount('-o', `remount,size=${(blocks - bfree) * bsize + LITTLE}`);
    },
    free: () => void mount('-o', `remount,size=${SIZE}`),
    end,
  };
}
