import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { App } from './app.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Compiles what the apps will load, once for each state of the code, so that none of them has to: the compiler for TypeScript alone
 * costs a process 18 MB for as long as it lives. What cannot be compiled is left to the processes.
 */
export async function fillCompileCache(apps: readonly App[], dataDir: string) {
  const mark = join(dataDir, 'compiled', 'for');
  const state = stateOfCode();
  if (existsSync(mark) && readFileSync(mark, 'utf8') === state) return;
  const node = apps.filter((app) => app.node_args !== undefined);
  const [first] = node;
  if (first === undefined) return;
  const script = join(root, 'workers', 'fleet', 'compile.ts');
  const entries = node.map((app) => join(app.cwd, app.script));
  // A folder that the environment names would be taken instead of ours.
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  await run(process.execPath, [...first.node_args, script, ...entries], { env, timeout: 60_000 }).catch(() => undefined);
  if (existsSync(dirname(mark))) writeFileSync(mark, state, { mode: 0o600 });
}

/** Another one after any change of our code, of the packages or of Node. */
function stateOfCode(): string {
  const files = ['api', 'queues', 'sql', 'workers'].flatMap((room) => globSync(`${room}/**/*.{ts,js,json}`, { cwd: root }));
  const hash = createHash('sha256').update(process.version);
  for (const file of ['package-lock.json', ...files.sort()]) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}
