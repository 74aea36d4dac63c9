import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { exportEverything } from '../../workers/exports/everything.ts';
import { salon } from '../bookings/salon.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { today } from '../support/days.ts';
import { studio } from '../support/studio.ts';

const dir = mkdtempSync(join(tmpdir(), 'export-'));
const path = process.env.PATH;
let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  process.env.PATH = path;
  await database.close();
});

/** A client program that says it is new, and prints what it is given. */
function program(version: number) {
  const folder = join(dir, `programs-${version}`);
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'pg_dump'),
    `#!/bin/sh\nif [ "$1" = --version ]; then echo "pg_dump (PostgreSQL) ${version}.1"; exit; fi\necho "-- $@"\n`,
  );
  chmodSync(join(folder, 'pg_dump'), 0o755);
  process.env.PATH = `${folder}:${path}`;
}

test('everything is taken out: each table row by row, the audit’s line, the dump; and no secret', async () => {
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
  program(99);
  const folder = join(dir, 'all');
  const done = await exportEverything(db, url, folder, { today: today(), zone: 'Europe/Moscow' });
  expect(done).toMatchObject({ audit: 'all square', tables: expect.any(Number) });
  expect(done.noDump).toBeUndefined();
  expect(readFileSync(join(folder, 'audit.txt'), 'utf8')).toBe('all square\n');
  expect(readFileSync(join(folder, 'studio.sql'), 'utf8')).toMatch(/^-- --format=plain --no-owner --snapshot=\S+/);
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

test('without a program for it there is no dump, and it is said why', async () => {
  program(3);
  const done = await exportEverything(database.db, database.url, join(dir, 'no-dump'), { today: today(), zone: 'Europe/Moscow' });
  const version = z.object({ server_version_num: z.string() });
  const number = await database.db.oneFirst(sql.type(version)`show server_version_num`);
  if (Number(number) >= 160_000) expect(done.noDump).toMatch(/older than the server/);
  expect(readdirSync(join(dir, 'no-dump'))).toContain('users.csv');
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
