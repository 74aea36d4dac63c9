import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../sql/database/embedded.ts';

const run = promisify(execFile);

/** What the tests read of the API's answers. */
type Body = {
  href: string;
  status: string;
  detail: string;
  run_id: number;
  created_count: number;
  items: { id: number; status: string }[];
  details: { conflicts: { reason: string; training_template_id: number }[] };
};

/** A whole fleet of its own: PM2 daemon, embedded database, port. `npm` runs a script of the project against it. */
export async function ownFleet(more: NodeJS.ProcessEnv = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'studio-fleet-e2e-'));
  const port = await freePort();
  const { DATABASE_URL: _, REDIS_URL: __, NODE_OPTIONS: ___, LOG_LEVEL: ____, ...rest } = process.env;
  const env = { ...rest, PM2_HOME: join(dir, 'pm2'), FLEET_DATA_DIR: join(dir, 'data'), PORT: String(port), ...more };
  const url = `http://127.0.0.1:${port}`;

  /** Output and exit code of `npm run SCRIPT -- ARGS`. */
  async function npm(script: string, args: string[] = [], extra: NodeJS.ProcessEnv = {}) {
    const done = await run('npm', ['run', '--silent', script, '--', ...args], {
      env: { ...env, ...extra },
      timeout: 400_000,
    }).catch((error: { code?: number; stdout: string; stderr: string }) => error);
    const { stdout, stderr } = done;
    return { code: 'code' in done ? (done.code ?? 1) : 0, stdout, stderr: stderr.replaceAll(/^npm (warn|notice).*\n/gm, '') };
  }

  /** The same of the script itself in another working folder, whose `.env` counts there. */
  async function runIn(script: string, cwd: string, own: NodeJS.ProcessEnv = env) {
    const done = await run('node', [resolve(`workers/fleet/${script}.ts`)], { cwd, env: own, timeout: 400_000 }).catch(
      (error: { code?: number; stdout: string; stderr: string }) => error,
    );
    return { code: 'code' in done ? (done.code ?? 1) : 0, stdout: done.stdout, stderr: done.stderr };
  }

  /** What a command of PM2 prints. */
  const pm2 = async (...args: string[]) => (await run('node_modules/.bin/pm2', args, { env })).stdout;

  const key = () => readFileSync(join(dir, 'data', 'admin-key'), 'utf8').trim();
  /** A request with the admin key; the answer's status, headers and JSON. */
  async function ask(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'X-API-Key': key(), ...(body ? { 'Content-Type': 'application/json' } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  }

  /** The process ids PM2 knows, by app. */
  async function pids(): Promise<Record<string, number>> {
    const stdout = await pm2('jlist', '--silent');
    const apps: { name: string; pid: number }[] = JSON.parse(stdout.slice(stdout.indexOf('[')));
    return Object.fromEntries(apps.map(({ name, pid }) => [name, pid]));
  }

  /** Everything the fleet has logged so far. */
  function logs() {
    const folder = join(dir, 'pm2', 'logs');
    return readdirSync(folder)
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('\n');
  }

  /** What is not square in its books; null where its database is away. */
  async function books(): Promise<string | null> {
    const { code, stdout, stderr } = await npm('audit');
    if (stdout === '' && more.DATABASE_URL === undefined) return null;
    return code === 0 && stdout === 'all square\n' ? '' : `${stdout}${stderr}`;
  }

  /** Stops it. Whatever was done to it, its books are square: throws what is not, unless its own database was stopped before. */
  async function end() {
    const found = await books();
    await npm('stop');
    rmSync(dir, { recursive: true, force: true });
    if (found) throw new Error(`the audit found\n${found}`);
  }
  return { dir, url, port, env, npm, run: runIn, pm2, ask, key, pids, logs, books, end };
}
