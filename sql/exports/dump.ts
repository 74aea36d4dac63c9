import type pg from 'pg';
import { migrations } from '../database/migrate.ts';

/** Rows of a statement, and of a look at the table. */
const ROWS = 200;
const NOTE = `-- A studio in SQL. To read it back into an empty database, as a superuser (its rows come in whatever order):
--   createdb studio && psql -v ON_ERROR_STOP=1 -d studio -f studio.sql
-- The fleet starts on it: DATABASE_URL=postgres://.../studio npm start
-- Left out is what only lets people in, so everybody needs a new password or link (npm run invite). A copy with these, too, is a backup: npm run backup
`;

/**
 * The studio as SQL, of the moment of the client's transaction: its schema as the migrations make it, then the rows of these tables, each value
 * as the server writes it. No program of PostgreSQL is needed, neither for this nor to read it.
 * @param leftOut tables that stay empty; they are named at the top
 */
export async function* sqlDump(client: pg.Client, tables: readonly string[], leftOut: readonly string[]): AsyncGenerator<Buffer> {
  yield Buffer.from(
    `${NOTE}-- Left out: ${leftOut.join(', ')}\n\nset client_encoding = 'UTF8';\nset standard_conforming_strings = on;\n`,
  );
  yield Buffer.from(
    'create table schema_migrations (version integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now());\n',
  );
  for (const { name, text } of migrations) yield Buffer.from(`\n-- ${name}\nbegin;\n${text}\n;commit;\n`);
  yield Buffer.from('\nbegin;\nset local session_replication_role = replica;\n');
  const names = tables.map((table) => tableOf(client, table));
  if (names.length > 0)
    yield Buffer.from(`truncate ${[...names, ...leftOut.map((table) => tableOf(client, table))].join(', ')};\n`);
  for (const table of tables) yield* rowsOf(client, table);
  const { rows } = await client.query<{ sequence: string; last: string }>(
    `select format('%I.%I', schemaname, sequencename) as sequence, last_value::text as last from pg_sequences
     where schemaname = 'public' and last_value is not null order by 1`,
  );
  for (const { sequence, last } of rows) yield Buffer.from(`select setval(${client.escapeLiteral(sequence)}, ${last});\n`);
  yield Buffer.from('commit;\n');
}

const tableOf = (client: pg.Client, table: string) => `public.${client.escapeIdentifier(table)}`;

async function* rowsOf(client: pg.Client, table: string): AsyncGenerator<Buffer> {
  const columns = await columnsOf(client, table);
  const into = `${tableOf(client, table)} (${columns.map((name) => client.escapeIdentifier(name)).join(', ')})`;
  for await (const rows of valuesOf(client, table, columns)) {
    const values = rows.map(
      (row) => `(${row.map((value) => (value === null ? 'null' : client.escapeLiteral(value))).join(', ')})`,
    );
    yield Buffer.from(`insert into ${into} overriding system value values\n${values.join(',\n')};\n`);
  }
}

/**
 * A table as CSV with a head, of the moment of the client's transaction, as COPY writes it: null is nothing, no words are "". What is not
 * taken yet stays with the server.
 */
export async function* csvDump(client: pg.Client, table: string): AsyncGenerator<Buffer> {
  const columns = await columnsOf(client, table);
  yield Buffer.from(lineOf(columns));
  for await (const rows of valuesOf(client, table, columns)) yield Buffer.from(rows.map(lineOf).join(''));
}
const lineOf = (values: readonly (string | null)[]) => `${values.map(cellOf).join(',')}\n`;
const cellOf = (value: string | null) =>
  value === null ? '' : value === '' || /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;

/** A table's columns in their order, without those that are worked out of others. */
async function columnsOf(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
    [tableOf(client, table)],
  );
  return rows.map(({ name }) => name);
}

/** As the server writes them. */
const unread = { getTypeParser: () => (value: string) => value };

/** All rows of a table, some at a time. Of one table after the other: they are read through a cursor of one name. */
async function* valuesOf(client: pg.Client, table: string, columns: readonly string[]): AsyncGenerator<(string | null)[][]> {
  const names = columns.map((name) => client.escapeIdentifier(name)).join(', ');
  await client.query(`declare dumped no scroll cursor for select ${names} from ${tableOf(client, table)}`);
  const fetch = { text: `fetch ${ROWS} from dumped`, rowMode: 'array', types: unread } as const;
  for (;;) {
    const { rows } = await client.query<(string | null)[]>(fetch);
    if (rows.length === 0) break;
    yield rows;
  }
  await client.query('close dumped');
}
