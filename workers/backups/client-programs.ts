import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UnrecoverableError } from 'bullmq';
import { forLibpq } from '../../sql/database/hosts.ts';

const run = promisify(execFile);
type Program = 'pg_dump' | 'pg_restore';

/** Where Debian and Ubuntu keep the programs of each version. */
const DEBIAN = '/usr/lib/postgresql';

/**
 * A client program of PostgreSQL that is not older than the server: an older one refuses, or leaves out what it does not know. The one
 * on the PATH, else one that Debian keeps beside it. Throws with words that say which to install.
 * @param version of the server, such as 17
 */
export async function findClient(program: Program, version: number): Promise<string> {
  const seen: number[] = [];
  for (const candidate of [program, ...ofDebian(program)]) {
    const own = await versionOf(candidate);
    if (own === undefined) continue;
    if (own >= version) return candidate;
    seen.push(own);
  }
  const what =
    seen.length > 0 ? `${program} ${Math.max(...seen)} is older than the server, which is ${version}` : `there is no ${program}`;
  throw new UnrecoverableError(
    `${what}: install the client programs of PostgreSQL ${version} or newer where the worker "cleanup" runs ` +
      `(Debian and Ubuntu: apt-get install postgresql-client-${version}, from apt.postgresql.org where the system has an older one)`,
  );
}

function ofDebian(program: Program): string[] {
  try {
    const versions = readdirSync(DEBIAN).filter((name) => /^\d+$/.test(name));
    return versions.sort((one, other) => Number(other) - Number(one)).map((name) => join(DEBIAN, name, 'bin', program));
  } catch {
    return [];
  }
}

/** `pg_dump (PostgreSQL) 17.2 (Debian ...)`; undefined where there is no such program. */
async function versionOf(program: string): Promise<number | undefined> {
  try {
    const { stdout } = await run(program, ['--version'], { timeout: 10_000, env: process.env });
    return Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1]) || undefined;
  } catch {
    return undefined;
  }
}

/**
 * A network that swallows packets ends the program after two minutes, whether it connects, waits to be sent something, or sends.
 * What the URL says itself counts instead.
 */
const LIMITS = {
  connect_timeout: '30',
  keepalives_idle: '30',
  keepalives_interval: '10',
  keepalives_count: '3',
  tcp_user_timeout: '120000',
};

/** A URL for a command line, which everybody on the machine can read, with limits to its waiting, and the variables that go with it. */
export function forProgram(url: string): { url: string; env: NodeJS.ProcessEnv } {
  const address = new URL(forLibpq(url));
  for (const [name, limit] of Object.entries(LIMITS)) if (!address.searchParams.has(name)) address.searchParams.set(name, limit);
  const password = decodeURIComponent(address.password);
  address.password = '';
  return { url: address.href, env: { ...process.env, ...(password ? { PGPASSWORD: password } : {}) } };
}
