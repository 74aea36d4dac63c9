import type pg from 'pg';
import { z } from 'zod';
import { type Sql, sql } from './database.ts';
import { PrimaryClient } from './hosts.ts';
import { SET_UP_LIMITS } from './set-up-limits.ts';

/**
 * What the role's sessions begin with. A lock is waited for longer than a transaction of ours may stand idle with one (30 s), so
 * that whoever died holding it is outlived; then the statement fails (55P03) and its job is tried again. No chunk of a run takes
 * much more than a second, so a minute ends only what has gone wrong. The routes set shorter limits for themselves.
 */
const SESSION = { lock_timeout: '40s', statement_timeout: '60s', idle_in_transaction_session_timeout: '60s' };

/** Makes a role that can log in and nothing else, or gives the one there is this password. To be asked of the server's owner. */
export async function makeRole(url: string | pg.ClientConfig, role: string, password: string) {
  await asOwner(url, async (client) => {
    const name = client.escapeIdentifier(role);
    const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
    if (!rowCount) await client.query(`create role ${name}`);
    await client.query(
      `alter role ${name} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password ${client.escapeLiteral(password)}`,
    );
    for (const [setting, value] of Object.entries(SESSION)) await client.query(`alter role ${name} set ${setting} = '${value}'`);
  });
}

/** The schemas with rows of ours: the studio's, and the queue's where it lies in PostgreSQL. */
const SCHEMAS = ['public', 'bullmq'];

/**
 * Lets a role read and write every row of the studio and of the queue, and look at the migrations; it may change no table and
 * make none. To be repeated after each migration.
 */
export async function grantRows(client: pg.Client, role: string) {
  const name = client.escapeIdentifier(role);
  const { rows } = await client.query<{ nspname: string }>('select nspname from pg_namespace where nspname = any($1)', [SCHEMAS]);
  for (const { nspname } of rows) {
    await client.query(`grant usage on schema ${nspname} to ${name}`);
    await client.query(`grant select, insert, update, delete on all tables in schema ${nspname} to ${name}`);
    await client.query(`grant usage, select, update on all sequences in schema ${nspname} to ${name}`);
    await client.query(`grant execute on all routines in schema ${nspname} to ${name}`);
  }
  await client.query(`revoke insert, update, delete on schema_migrations from ${name}`);
}

async function asOwner(url: string | pg.ClientConfig, work: (client: pg.Client) => Promise<void>) {
  const address = typeof url === 'string' ? { connectionString: url } : url;
  const client = new PrimaryClient({ ...address, application_name: 'studio-fleet set-up', ...SET_UP_LIMITS });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** True when the connection's user is a superuser, whom no grant limits: an injected statement could run programs. */
export const isSuperuser = (db: Sql): Promise<boolean> =>
  db.oneFirst(sql.type(z.object({ rolsuper: z.boolean() }))`select rolsuper from pg_roles where rolname = current_user`);
