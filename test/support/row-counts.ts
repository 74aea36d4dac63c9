import { z } from 'zod';
import { type Database, sql } from '../../sql/database.ts';

/** How many rows every table of the studio and of the queue holds, by name. */
export async function rowCounts(db: Database): Promise<Record<string, number>> {
  const tables = await db.any(sql.type(z.object({ schema: z.string(), name: z.string() }))`
    select schemaname as schema, tablename as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') order by 1, 2`);
  const counted = await Promise.all(
    tables.map(async ({ schema, name }) => {
      const count = await db.oneFirst(sql.type(z.object({ count: z.int() }))`
        select count(*)::int as count from ${sql.identifier([schema, name])}`);
      return [`${schema}.${name}`, count] as const;
    }),
  );
  return Object.fromEntries(counted);
}
