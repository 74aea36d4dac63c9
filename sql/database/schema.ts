import { z } from 'zod';
import { type Sql, sql } from './database.ts';
import { migrations, schemaVersion } from './migrate.ts';

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

/**
 * Throws {@link SchemaMismatch} unless the database has the migrations of this code and no others. Numbers have gaps, which are filled
 * later: the highest one does not tell.
 * @param options.mayBeAhead a process that works already goes on on a newer schema, which only adds to its own
 */
export async function checkSchema(db: Sql, { mayBeAhead = false } = {}) {
  const applied = new Set(await appliedVersions(db));
  const missing = migrations.find(({ version }) => !applied.has(version));
  if (missing) {
    const at = Math.max(0, ...applied);
    throw new SchemaMismatch(
      missing.version > at
        ? `the database is at schema ${at}, this code needs ${schemaVersion}: run "npm run migrate"`
        : `the database lacks ${missing.name}: run "npm run migrate"`,
    );
  }
  const unknown = [...applied].find((version) => !migrations.some((migration) => migration.version === version));
  if (unknown !== undefined && !mayBeAhead) {
    throw new SchemaMismatch(`the database is at schema ${unknown}, this code knows only ${schemaVersion}: update the code`);
  }
}

async function appliedVersions(db: Sql): Promise<readonly number[]> {
  if ((await currentVersion(db)) === 0) return [];
  return db.anyFirst(sql.type(z.object({ version: z.int() }))`select version from schema_migrations order by version`);
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
