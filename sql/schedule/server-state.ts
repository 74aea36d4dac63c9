import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** How many clients the server has now, and how many it takes. */
export const connectionsOf = (db: Sql) =>
  db.one(sql.type(z.object({ used: z.int(), most: z.int() }))`
    select count(*)::int as used,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most
    from pg_stat_activity where backend_type = 'client backend'`);

/** An answer that took longer than this says too little of the clock. */
const PROMPT_MS = 500;

/**
 * The database's clock less this host's, in milliseconds: as far as is certain, so 0 within half of what the answer took. Null where
 * the answer took too long to say.
 */
export async function clockSkew(db: Sql): Promise<number | null> {
  const began = Date.now();
  const at = await db.oneFirst(sql.type(z.object({ at: z.number() }))`
    select extract(epoch from clock_timestamp())::float8 * 1000 as at`);
  const took = Date.now() - began;
  if (took < 0 || took > PROMPT_MS) return null;
  const skew = at - (began + took / 2);
  return Math.round(Math.sign(skew) * Math.max(0, Math.abs(skew) - took / 2));
}

/** By how much the clock of each host differed from the database's, at most, in the last minute. */
export const skewedHosts = (db: Sql) =>
  db.any(sql.type(z.object({ host: z.string(), skew_ms: z.int() }))`
    select distinct on (host) host, skew_ms from worker_beats
    where skew_ms is not null and seen_at > now() - interval '1 minute'
    order by host, abs(skew_ms) desc`);
