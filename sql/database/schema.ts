import { z } from 'zod';
import { type Sql, sql } from './database.ts';
import { schemaVersion } from './migrate.ts';

/** The version the database is at; 0 for an empty one. */
export async function currentVersion(db: Sql): Promise<number> {
  const exists = await db.oneFirst(sql.type(z.object({ exists: z.boolean() }))`
    select to_regclass('schema_migrations') is not null as exists`);
  if (!exists) return 0;
  return db.oneFirst(sql.type(z.object({ version: z.int() }))`
    select coalesce(max(version), 0)::int as version from schema_migrations`);
}

/** The database is at a version this code cannot work with. */
export class SchemaMismatch extends Error {
  override name = 'SchemaMismatch';
}

/** Throws {@link SchemaMismatch} unless the database is at the version of this code. */
export async function checkSchema(db: Sql) {
  const version = await currentVersion(db);
  if (version < schemaVersion) {
    throw new SchemaMismatch(`the database is at schema ${version}, this code needs ${schemaVersion}: run "npm run migrate"`);
  }
  if (version > schemaVersion) {
    throw new SchemaMismatch(`the database is at schema ${version}, this code knows only ${schemaVersion}: update the code`);
  }
}

/** Waits for a database that is away or behind; throws at once if it is ahead. Tells `onWait` at the first miss and every 10 s. */
export async function waitForSchema(db: Sql, onWait: (error: unknown) => void) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await checkSchema(db);
    } catch (error) {
      if (error instanceof SchemaMismatch && error.message.includes('knows only')) throw error;
      if (tries % 10 === 0) onWait(error);
      await new Promise((next) => setTimeout(next, 1_000));
    }
  }
}
