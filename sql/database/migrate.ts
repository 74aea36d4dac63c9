import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { runMigrations } from 'bullmq';
import type pg from 'pg';
import { PrimaryClient } from './hosts.ts';
import { grantRows } from './role.ts';

const folder = new URL('../migrations/', import.meta.url);
const LOCK = 7_382_915;
/** For another host that migrates, and for each table somebody works with. */
const LONGEST_WAIT_MS = 600_000;

/** The migrations this code was written for, in order. */
export const migrations = readdirSync(folder)
  .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
  .sort()
  .map((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    return { version: Number(file.slice(0, 4)), name: file, text, checksum: createHash('sha256').update(text).digest('hex') };
  });

export const schemaVersion = migrations.at(-1)?.version ?? 0;

/**
 * Brings the studio's schema and the queue's own to what this code needs; safe to call from several hosts at once.
 * Each file is one transaction. Returns the names applied now.
 * Throws when an applied file was changed afterwards, or when the database is ahead of this code.
 * @param url where PostgreSQL is, as a user who may change tables
 * @param options.grantTo the role that is to read and write rows, where it is not that user
 */
export async function migrate(url: string, options: { grantTo?: string } = {}): Promise<string[]> {
  const client = new PrimaryClient({
    connectionString: url,
    application_name: 'studio-fleet migrate',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    lock_timeout: LONGEST_WAIT_MS,
  });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    const applied = await applyPending(client);
    await runMigrations(client);
    if (options.grantTo !== undefined) await grantRows(client, options.grantTo);
    return applied;
  } finally {
    await client.end();
  }
}

async function applyPending(client: pg.Client) {
  await client.query(`create table if not exists schema_migrations (
    version integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`);
  const { rows } = await client.query<{ version: number; name: string; checksum: string }>(
    'select version, name, checksum from schema_migrations order by version',
  );
  refuseSurprises(rows);
  const pending = migrations.filter((migration) => !rows.some((row) => row.version === migration.version));
  for (const { version, name, text, checksum } of pending) {
    await client.query('begin');
    try {
      await client.query(text);
      await client.query('insert into schema_migrations (version, name, checksum) values ($1, $2, $3)', [
        version,
        name,
        checksum,
      ]);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      throw new Error(`migration ${name} failed and was rolled back: ${(error as Error).message}`, { cause: error });
    }
  }
  return pending.map((migration) => migration.name);
}

function refuseSurprises(applied: { version: number; name: string; checksum: string }[]) {
  for (const row of applied) {
    const known = migrations.find((migration) => migration.version === row.version);
    if (!known) throw new Error(`the database has migration ${row.name}, which this version does not know: update the code`);
    if (known.checksum !== row.checksum)
      throw new Error(`migration ${row.name} was changed after it was applied: add a new file instead`);
  }
}
