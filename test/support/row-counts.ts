import { z } from 'zod';
import { type Database, sql } from '../../sql/database/database.ts';

/** How many rows every table of the studio holds, by name; `of` may add the queue's, `bullmq`: jobs are enqueued for a moment after an answer. */
export async function rowCounts(db: Database, schemas = ['public']): Promise<Record<string, number>> {
  const tables = await db.any(sql.type(z.object({ schema: z.string(), name: z.string() }))`
    select schemaname as schema, tablename as name from pg_tables
    where schemaname = any(${sql.array(schemas, 'text')}) order by 1, 2`);
  const counts = tables.map(
    ({ schema, name }) =>
      sql.fragment`select ${`${schema}.${name}`} as name, count(*)::int as count from ${sql.identifier([schema, name])}`,
  );
  const counted = await db.any(sql.type(z.object({ name: z.string(), count: z.int() }))`
    ${sql.join(counts, sql.fragment` union all `)}`);
  return Object.fromEntries(counted.map(({ name, count }) => [name, count]));
}
