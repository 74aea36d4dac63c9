import type pg from 'pg';

/** What a database held at an instant: rows a table of the studio's, and the migration it was at. */
export type Contents = { schema_version: number; row_counts: Record<string, number> };

/** Counts every row of the studio's tables; call it in a transaction, so that all are of one instant. */
export async function contentsOf(client: pg.ClientBase): Promise<Contents> {
  const { rows: tables } = await client.query<{ name: string }>(`
    select quote_ident(relname) as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and relpersistence = 'p' order by relname`);
  const counts = tables.map(
    ({ name }) => `select '${name.replaceAll("'", "''")}' as name, count(*)::int8::text as rows from public.${name}`,
  );
  const { rows } = await client.query<{ name: string; rows: string }>(counts.join(' union all '));
  const { rows: versions } = await client.query<{ version: number }>(
    'select coalesce(max(version), 0)::int as version from schema_migrations',
  );
  return {
    schema_version: versions[0]?.version ?? 0,
    row_counts: Object.fromEntries(rows.map((row) => [row.name, Number(row.rows)])),
  };
}

const TRIES = 100;
const PAUSE_MS = 20;

/** A place of the write-ahead log and what the database held there; `is_exact` unless somebody always wrote meanwhile. */
export type Known = Contents & { lsn: string; is_exact: boolean };

/**
 * Looks for an instant at which nobody writes, so that what is counted is what a recovery up to that place of the log brings: the log
 * has not grown while the snapshot was taken, and no transaction was under way that might have been written and not yet seen.
 */
export async function quietInstant(client: pg.Client): Promise<Known> {
  for (let tries = 1; ; tries += 1) {
    const { rows: before } = await client.query<{ lsn: string }>('select pg_current_wal_insert_lsn()::text as lsn');
    await client.query('begin isolation level repeatable read read only');
    try {
      const { rows } = await client.query<{ lsn: string; is_quiet: boolean }>(`
        select pg_current_wal_insert_lsn()::text as lsn, pg_snapshot_xmin(shot) = pg_snapshot_xmax(shot) as is_quiet
        from pg_current_snapshot() as shot`);
      const lsn = rows[0]?.lsn ?? '';
      const is_exact = lsn === before[0]?.lsn && rows[0]?.is_quiet === true;
      if (is_exact || tries === TRIES) return { ...(await contentsOf(client)), lsn, is_exact };
    } finally {
      await client.query('commit');
    }
    await new Promise((next) => setTimeout(next, PAUSE_MS));
  }
}
