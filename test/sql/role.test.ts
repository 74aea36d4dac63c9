import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import { readSettings } from '../../queues/process/settings.ts';
import { type Database, openDatabase, sql } from '../../sql/database/database.ts';
import { migrate } from '../../sql/database/migrate.ts';
import { isSuperuser, makeRole } from '../../sql/database/role.ts';
import { migrateDatabase } from '../../workers/fleet/migrate-database.ts';
import { admin, type TestDatabase, testDatabase } from '../support/database.ts';

const PASSWORD = 'of-the-role-of-this-test';
let database: TestDatabase;
let role: string;
let url: URL;
let db: Database;

beforeAll(async () => {
  database = await testDatabase();
  url = new URL(database.url);
  role = `role_${url.pathname.slice(1)}`;
  await makeRole(database.url, role, PASSWORD);
  await migrate(database.url, { grantTo: role });
  url.username = role;
  url.password = PASSWORD;
  db = await openDatabase(url.href, { max: 1 });
});
afterAll(async () => {
  await db.end();
  await database.db.query(sql.unsafe`drop owned by ${sql.identifier([role])}`);
  await database.close();
  await admin(`drop role ${role}`);
});

test('the role is no superuser, and the owner is', async () => {
  expect({ role: await isSuperuser(db), owner: await isSuperuser(database.db) }).toEqual({ role: false, owner: true });
});

test('it may read and write the rows of every table, use every sequence and every function', async () => {
  const missing = sql.type(z.object({ what: z.string() }))`
    select 'table ' || relation.oid::regclass as what
    from pg_class relation join pg_namespace space on space.oid = relation.relnamespace
    cross join unnest(array['select', 'insert', 'update', 'delete']) as privilege
    where space.nspname in ('public', 'bullmq') and relation.relkind in ('r', 'p') and relation.relname <> 'schema_migrations'
      and not has_table_privilege(relation.oid, privilege)
    union all
    select 'sequence ' || sequencename from pg_sequences
    where schemaname in ('public', 'bullmq') and not has_sequence_privilege(format('%I.%I', schemaname, sequencename), 'usage')
    union all
    select 'function ' || routine.oid::regprocedure
    from pg_proc routine join pg_namespace space on space.oid = routine.pronamespace
    where space.nspname in ('public', 'bullmq') and not has_function_privilege(routine.oid, 'execute')`;
  expect(await db.any(missing)).toEqual([]);
  const { rows } = await db.query(sql.type(z.object({ id: z.int() }))`
    insert into users (first_name, last_name) values ('A', 'B') returning id`);
  expect(rows).toHaveLength(1);
});

describe('it may not', () => {
  test.each([
    ['run a program on the server', `copy (select 1) to program 'true'`],
    ['read a program’s output', `copy schema_migrations (name) from program 'id'`],
    ['read a file of the server', `select pg_read_file('/etc/passwd')`],
    ['write a file of the server', `copy (select 1) to '/tmp/a-file-of-this-test'`],
    ['make a table', 'create table mine (id integer)'],
    ['change a table', 'alter table users add column mine integer'],
    ['switch a trigger off', 'alter table session_entries disable trigger all'],
    ['empty a table at one stroke', 'truncate users cascade'],
    ['drop a table', 'drop table users cascade'],
    ['pretend a migration was made', 'delete from schema_migrations'],
    ['make another role', 'create role friend superuser'],
    ['become the owner', 'set role fleet'],
    ['go around triggers', `set session_replication_role = 'replica'`],
  ])('%s', async (_, statement) => {
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
    } finally {
      await client.end();
    }
  });
});

test('its sessions wait for no lock and no statement without end', async () => {
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const { rows } = await client.query(
    `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement,
      current_setting('idle_in_transaction_session_timeout') as idle`,
  );
  await client.end();
  expect(rows).toEqual([{ lock: '40s', statement: '1min', idle: '1min' }]);
});

test('MIGRATE_DATABASE_URL migrates as the owner and grants what is new to the user of DATABASE_URL', async () => {
  await database.db.query(sql.unsafe`create table of_an_update (id integer)`);
  const settings = readSettings({ DATABASE_URL: url.href, MIGRATE_DATABASE_URL: database.url }, '/nowhere/.env');
  expect(await migrateDatabase(settings)).toEqual([]);
  const mayWrite = sql.type(z.object({ may: z.boolean() }))`select has_table_privilege('of_an_update', 'insert') as may`;
  expect(await db.oneFirst(mayWrite)).toBe(true);
  await expect(migrateDatabase({ ...settings, migrateUrl: undefined })).rejects.toMatchObject({ code: '42501' });
});

test('a table of a later migration is granted with the next one', async () => {
  await database.db.query(sql.unsafe`create table later (id integer)`);
  const mayRead = sql.type(z.object({ may: z.boolean() }))`select has_table_privilege('later', 'insert') as may`;
  expect(await db.oneFirst(mayRead)).toBe(false);
  await migrate(database.url, { grantTo: role });
  expect(await db.oneFirst(mayRead)).toBe(true);
});
