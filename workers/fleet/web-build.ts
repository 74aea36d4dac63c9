import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { webBuilds, webFolder } from '../../queues/process/web-builds.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
/** Pages that are open load their parts from the build they came with: the one before stays beside the newest. */
const KEPT = 2;
const PATIENCE_MS = 300_000;

/**
 * Builds the pages into the data folder where their files or the lock of packages changed since the newest build there. A build that
 * fails leaves what is there, and what to do is said: the fleet starts without it. Returns whether the newest build is of these files.
 */
export async function buildWeb(dataDir: string, say: (line: string) => void): Promise<boolean> {
  const name = stateOfWeb();
  const before = webBuilds(dataDir);
  if (before[0] === name) return true;
  const folder = webFolder(dataDir);
  const part = join(folder, `part-${process.pid}`);
  say(before.length > 0 ? 'Building the pages anew: they have changed' : 'Building the pages');
  try {
    mkdirSync(folder, { recursive: true });
    if (!before.includes(name)) {
      await build(part);
      rmSync(join(folder, name), { recursive: true, force: true });
      renameSync(part, join(folder, name));
    }
    keep(folder, [name, ...before.filter((build) => build !== name)].slice(0, KEPT));
    return true;
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    say(failure(error as Error & { stderr?: string }, before.length > 0));
    return false;
  }
}

/** Vite runs in a process of its own: it takes 300 MB for some seconds, and what it does to its globals is no matter of ours. */
const build = (out: string) =>
  run(process.execPath, ['node_modules/vite/bin/vite.js', 'build', '--config', 'api/web/vite.config.ts', '--outDir', out], {
    cwd: root,
    timeout: PATIENCE_MS,
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '', NODE_COMPILE_CACHE: '' },
  });

/** Written by a rename, so that whoever reads sees the list before or the list after. Builds that are in none go. */
function keep(folder: string, builds: readonly string[]) {
  const list = join(folder, 'builds.json');
  writeFileSync(`${list}.${process.pid}`, JSON.stringify(builds));
  renameSync(`${list}.${process.pid}`, list);
  for (const entry of readdirSync(folder))
    if (/^[0-9a-f]{16}$/.test(entry) && !builds.includes(entry)) rmSync(join(folder, entry), { recursive: true, force: true });
}

function failure(error: Error & { stderr?: string }, hasOld: boolean): string {
  const reason = (error.stderr || error.message).trim().split('\n').slice(0, 5).join('\n    ');
  const then = hasOld
    ? 'The pages stay as they were built before.'
    : 'There is no console until they are built; everything else works.';
  return `\nThe pages could not be built:\n    ${reason}\n  ${then} "npm ci", then "npm start", tries again.\n`;
}

/** Another one after any change of the pages' files or of the packages. */
function stateOfWeb(): string {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', ...globSync('api/web/**/*.{ts,vue,json,html,css,svg}', { cwd: root }).sort()])
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex').slice(0, 16);
}
