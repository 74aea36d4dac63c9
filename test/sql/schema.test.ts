import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { migrations, schemaVersion } from '../../sql/database/migrate.ts';
import { checkSchema } from '../../sql/database/schema.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
afterEach(async () => {
  await database.db.query(sql.unsafe`delete from schema_migrations`);
  const rows = migrations.map(({ version, name, checksum }) => [version, name, checksum]);
  await database.db.query(sql.unsafe`
    insert into schema_migrations (version, name, checksum) select * from ${sql.unnest(rows, ['int4', 'text', 'text'])}`);
});

const forget = (version: number) => database.db.query(sql.unsafe`delete from schema_migrations where version = ${version}`);
const add = (version: number) =>
  database.db.query(sql.unsafe`insert into schema_migrations (version, name, checksum) values (${version}, 'later.sql', '')`);

test('a database with the migrations of this code is one it can work with', async () => {
  await expect(checkSchema(database.db)).resolves.toBeUndefined();
});

test('one that lacks the last of them is behind', async () => {
  await forget(schemaVersion);
  await expect(checkSchema(database.db)).rejects.toThrow(`this code needs ${schemaVersion}: run "npm run migrate"`);
});

test('one that lacks any other is behind as well, whatever its highest number', async () => {
  const lacking = migrations.at(-2);
  await forget(lacking?.version ?? 0);
  await expect(checkSchema(database.db, { mayBeAhead: true })).rejects.toThrow(`the database lacks ${lacking?.name}`);
});

test('an empty one is at 0', async () => {
  await database.db.query(sql.unsafe`delete from schema_migrations`);
  await expect(checkSchema(database.db)).rejects.toThrow(`the database is at schema 0, this code needs ${schemaVersion}`);
});

test('a newer one ends a start, and not what works already', async () => {
  await add(schemaVersion + 1);
  await expect(checkSchema(database.db)).rejects.toThrow(`this code knows only ${schemaVersion}: update the code`);
  await expect(checkSchema(database.db, { mayBeAhead: true })).resolves.toBeUndefined();
});
