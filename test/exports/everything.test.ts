import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import pg from 'pg';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { csvDump } from '../../sql/exports/dump.ts';
import { tablesToExport } from '../../sql/exports/tables.ts';
import { exportEverything } from '../../workers/exports/everything.ts';
import { salon } from '../bookings/salon.ts';
import { admin, type TestDatabase, testDatabase } from '../support/database.ts';
import { today } from '../support/days.ts';
import { studio } from '../support/studio.ts';

const dir = mkdtempSync(join(tmpdir(), 'export-'));
let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  await database.close();
  rmSync(dir, { recursive: true, force: true });
});

test('everything is taken out: each table row by row, the audit’s line; and no secret', async () => {
  const { db, url } = database;
  const id = await studio(db).student();
  await db.query(sql.unsafe`update users set notes = ${'"две", строки\nи ; всё'} where id = ${id}`);
  // More than a connection holds back.
  await db.query(sql.unsafe`
    insert into users (first_name, last_name, notes) select 'Ряд', n::text, repeat('x', 500) from generate_series(1, 20000) n`);
  const make = salon(db);
  await make.type();
  const [trainer, year] = [await make.trainer(), Number(today().slice(0, 4))];
  await make.training({ trainer, at: `${year}-12-31T20:30:00Z`, minutes: 15 });
  await make.training({ trainer, at: `${year}-12-31T21:30:00Z` });
  const folder = join(dir, 'all');
  const done = await exportEverything(db, url, folder, { today: today(), zone: 'Europe/Moscow' });
  expect(done).toMatchObject({ audit: 'all square', tables: expect.any(Number) });
  expect(readFileSync(join(folder, 'audit.txt'), 'utf8')).toBe('all square\n');
  const users = parse(readFileSync(join(folder, 'users.csv')), { columns: true }) as Record<string, string>[];
  expect(users).toHaveLength(20_002);
  expect(users.find((row) => row.id === String(id))?.notes).toBe('"две", строки\nи ; всё');
  const tables = await db.anyFirst(sql.type(z.object({ name: z.string() }))`
    select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`);
  const files = readdirSync(folder).filter((name) => name.endsWith('.csv'));
  const missing = tables.filter((name) => !files.includes(`${name}.csv`));
  expect(missing.sort()).toEqual(
    expect.arrayContaining(['api_keys', 'passwords', 'sessions', 'signing_secrets', 'totp_secrets']),
  );
  expect(files).toEqual(expect.arrayContaining(['payments.csv', 'invoices.csv', 'students.csv', 'wallet_transactions.csv']));
  // The year is the studio's.
  expect(done.calendars).toBe(2);
  for (const each of [year, year + 1]) {
    const calendar = readFileSync(join(folder, 'calendars', `trainer-${trainer}-${each}.ics`), 'utf8');
    expect(calendar.match(/BEGIN:VEVENT/g)).toHaveLength(1);
  }
  await expect(exportEverything(db, url, folder, { today: today(), zone: 'Europe/Moscow' })).rejects.toThrow(/is not empty/);
});

test('a table is CSV as COPY writes it, and what is not taken yet stays with the server', async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(`
      create table odd (id int, words text, "the, day" date, is_on boolean, more jsonb, raw bytea, twice int generated always as (id * 2) stored)`);
    await client.query(`insert into odd values
      (1, '', null, true, '{"a": 1}', '\\x00ff'), (2, null, '2026-03-31', false, null, null), (3, e'"two"\n\r', null, null, '"x"', ''),
      (4, e' blank; tab\t\\\\.', null, null, null, null)`);
    await client.query(`insert into odd (id) select n from generate_series(5, 1000) n`);
    await client.query('begin');
    const rows = csvDump(client, 'odd');
    expect(String((await rows.next()).value)).toBe('id,words,"the, day",is_on,more,raw\n');
    const some = String((await rows.next()).value);
    expect(some.split('\n5,')[0]).toBe(
      ['1,"",,t,"{""a"": 1}",\\x00ff', '2,,2026-03-31,f,,', '3,"""two""\n\r",,,"""x""",\\x', '4, blank; tab\t\\.,,,,'].join('\n'),
    );
    expect(some.match(/^\d+,/gm)).toHaveLength(200);
    // Nothing more was asked for: the connection answers something else at once.
    expect((await client.query('select count(*)::int from odd')).rows).toEqual([{ count: 1_000 }]);
    let rest = '';
    for await (const chunk of rows) rest += String(chunk);
    expect([rest.match(/^\d+,/gm)?.length, rest.endsWith('\n1000,,,,,\n')]).toEqual([800, true]);
  } finally {
    await client.query('rollback');
    await client.query('drop table odd');
    await client.end();
  }
});

test('the SQL is read back into an empty database: the same rows, nothing that lets anybody in, and the next number is a new one', async () => {
  const { db } = database;
  const words = "O'Brien \\ n\\n \t; -- $$ /*";
  const id = await studio(db).student();
  await db.query(sql.unsafe`update users set notes = ${words}, birth_date = '1991-02-28' where id = ${id}`);
  await db.query(sql.unsafe`insert into passwords (user_id, hash) values (${id}, '$2b$secret-hash')`);
  await db.query(sql.unsafe`insert into admin_tasks (kind, title, details) values ('x', 'null of JSON', 'null'::jsonb)`);
  const folder = join(dir, 'sql');
  await exportEverything(db, database.url, folder, { today: today(), zone: 'Europe/Moscow' });
  const text = readFileSync(join(folder, 'studio.sql'), 'utf8');
  expect(text).toMatch(/^-- A studio in SQL/);
  expect(text).toMatch(/^-- Left out: .*passwords.*$/m);
  expect(text).not.toContain('secret-hash');

  const url = new URL(database.url);
  url.pathname = `${url.pathname}_back`;
  await admin(`create database ${url.pathname.slice(1)}`);
  const back = new pg.Client({ connectionString: url.href });
  const there = new pg.Client({ connectionString: database.url });
  try {
    await Promise.all([back.connect(), there.connect()]);
    await back.query(text);
    for (const table of await tablesToExport(there)) {
      const rows = `select md5(coalesce(string_agg(line::text, e'\n' order by line::text), '')) as md5, count(*) from ${table} as line`;
      expect({ table, ...(await back.query(rows)).rows[0] }).toEqual({ table, ...(await there.query(rows)).rows[0] });
    }
    expect((await back.query('select count(*)::int from passwords')).rows).toEqual([{ count: 0 }]);
    expect((await back.query('select notes from users where id = $1', [id])).rows).toEqual([{ notes: words }]);
    const next = await back.query(`insert into users (first_name, last_name) values ('Новый', '') returning id`);
    expect(next.rows[0].id).toBeGreaterThan(id);
  } finally {
    await Promise.all([back.end(), there.end()]);
    await admin(`drop database ${url.pathname.slice(1)}`);
  }
});

test('npm run export takes everything into a new folder, says so, and it is noted', async () => {
  const here = mkdtempSync(join(tmpdir(), 'export-'));
  try {
    const env = { ...process.env, DATABASE_URL: database.url };
    const run = () => promisify(execFile)(process.execPath, [resolve('workers/fleet/export.ts'), 'all'], { cwd: here, env });
    const { stdout } = await run();
    expect(stdout).toMatch(/^Exported: \d+ tables, \d+ calendars, [\d.]+ MB, into .*all$/m);
    expect(stdout).toContain('studio.sql');
    expect(readdirSync(join(here, 'all'))).toEqual(expect.arrayContaining(['audit.txt', 'studio.sql', 'users.csv']));
    const note = await database.db.one(sql.unsafe`
      select actor, cause, after ->> 'what' as what from changes_log where record = 'export' order by id desc limit 1`);
    expect(note).toEqual({ actor: 'system', cause: 'npm run export', what: 'everything' });
    await expect(run()).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('is not empty') });
  } finally {
    rmSync(here, { recursive: true, force: true });
  }
});

test.each([[['--help']], [[]], [['one', 'two']]])('the command says what it takes and makes no folder of %j', async (args) => {
  const here = mkdtempSync(join(tmpdir(), 'export-'));
  try {
    const program = [resolve('workers/fleet/export.ts'), ...args];
    const done = await promisify(execFile)(process.execPath, program, {
      cwd: here,
      env: { ...process.env, DATABASE_URL: database.url },
    }).catch((error: { code: number; stderr: string }) => error);
    expect(done).toMatchObject({ code: 1, stderr: expect.stringContaining('npm run export -- FOLDER') });
    expect(readdirSync(here)).toEqual([]);
  } finally {
    rmSync(here, { recursive: true, force: true });
  }
});
