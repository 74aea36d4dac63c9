import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type Database, openDatabase } from '../../sql/database/database.ts';

/** A private copy of the migrated, empty database. Close it when the file's tests are over: a leaked connection fails the drop. */
export type TestDatabase = { db: Database; url: string; close(): Promise<void> };

/** A machine that runs three test files at a time may take long to let somebody in: only the product's own pools mind. */
const PATIENT = { statementMs: 60_000, connectMs: 60_000 };

export async function testDatabase(options: { max?: number; forLife?: boolean } = {}): Promise<TestDatabase> {
  const template = new URL(process.env.TEST_DATABASE_URL as string);
  const name = `test_${randomBytes(6).toString('hex')}`;
  await admin(`create database ${name} template ${template.pathname.slice(1)}`);
  const url = new URL(template);
  url.pathname = `/${name}`;
  const db = await openDatabase(url.href, { name, limits: PATIENT, ...options });
  return {
    db,
    url: url.href,
    async close() {
      await db.end();
      await admin(`drop database ${name}`);
    },
  };
}

/** Runs a statement on the server's `postgres` database. */
export async function admin(statement: string) {
  const url = new URL(process.env.TEST_DATABASE_URL as string);
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}
