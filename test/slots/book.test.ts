import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { openDatabase, sql } from '../../sql/database/database.ts';
import { migrate } from '../../sql/database/migrate.ts';
import { type OwnServer, ownPostgres } from '../support/own-servers.ts';
import { readBook } from './book.ts';

const [SYSTEM, TIMELINE, DATABASE, TABLE] = [0, 1, 2, 3];

describe('which book it is', () => {
  let server: OwnServer;
  let before: string;
  beforeAll(async () => {
    server = await ownPostgres();
    await migrate(server.url);
    before = await bookAt(server.url);
  });
  afterAll(() => server.close());

  async function bookAt(url: string) {
    const db = await openDatabase(url);
    const book = await readBook(db);
    await db.end();
    return book;
  }
  async function run(statement: string, database = 'fleet') {
    const client = new pg.Client({ connectionString: named(database) });
    await client.connect();
    const { rows } = await client.query(statement);
    await client.end();
    return rows;
  }
  const named = (database: string) => Object.assign(new URL(server.url), { pathname: `/${database}` }).href;
  /** The parts in which a database is not the one it was. */
  const otherParts = (book: string) => {
    const parts = book.split('.');
    expect(parts).toHaveLength(4);
    return parts.flatMap((part, n) => (part === before.split('.')[n] ? [] : [n]));
  };

  test('is text that a stored day can carry', () => expect(before).toMatch(/^[\w.]+$/));

  test('a restart keeps it', async () => {
    await server.stop();
    await server.start();
    expect(await bookAt(server.url)).toBe(before);
  });

  test('so does a crash', async () => {
    await server.stop('SIGKILL');
    await server.start();
    expect(await bookAt(server.url)).toBe(before);
  });

  test('a role with no rights may ask', async () => {
    await run(`create role guest login password 'guest' nosuperuser`);
    const url = Object.assign(new URL(server.url), { username: 'guest', password: 'guest' }).href;
    expect(await bookAt(url)).toBe(before);
  });

  test('another database of the cluster is another, even a copy', async () => {
    await run('create database copied template fleet', 'postgres');
    expect(otherParts(await bookAt(named('copied')))).toEqual([DATABASE]);
  });

  test('a database whose tables were dropped and restored is another, also to whoever was connected', async () => {
    await run('create database restored template fleet', 'postgres');
    const db = await openDatabase(named('restored'), { max: 1 });
    const ask = () => readBook(db);
    expect(otherParts(await ask())).toEqual([DATABASE]);
    await db.query(sql.unsafe`alter table bookings rename to former`);
    await db.query(sql.unsafe`create table bookings (like former)`);
    expect(otherParts(await ask())).toEqual([DATABASE, TABLE]);
    await db.end();
  });

  test('another cluster is another', async () => {
    const other = await ownPostgres();
    await migrate(other.url);
    expect(otherParts(await bookAt(other.url))).toContain(SYSTEM);
    await other.close();
  });

  test('a recovered database is another', async () => {
    const [{ data_directory: folder }] = await run('show data_directory');
    await server.stop();
    writeFileSync(join(folder, 'postgresql.auto.conf'), `restore_command = 'false'\n`);
    writeFileSync(join(folder, 'recovery.signal'), '');
    await server.start();
    expect(otherParts(await bookAt(server.url))).toEqual([TIMELINE]);
  });
});
