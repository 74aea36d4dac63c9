import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrations } from '../../sql/database/migrate.ts';
import { admin } from './database.ts';

/** A database as it was before a migration, and a connection to it. `migrate(url)` brings it up to date. Close it when the test is over. */
export async function databaseBefore(version: number) {
  const url = new URL(process.env.TEST_DATABASE_URL as string);
  const name = `test_${randomBytes(6).toString('hex')}`;
  url.pathname = `/${name}`;
  await admin(`create database ${name}`);
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`create table schema_migrations (
    version integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`);
  for (const earlier of migrations.filter((migration) => migration.version < version)) {
    await client.query(earlier.text);
    const applied = [earlier.version, earlier.name, earlier.checksum];
    await client.query('insert into schema_migrations (version, name, checksum) values ($1, $2, $3)', applied);
  }
  return {
    url: url.href,
    client,
    async close() {
      await client.end();
      await admin(`drop database ${name} with (force)`);
    },
  };
}
