import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/**
 * Takes or renews a lease for `seconds`, by the database's clock. False while somebody else holds it.
 * A lease only saves work: whoever acts on a stale one is stopped by the unique keys of what it writes.
 */
export async function takeLease(db: Sql, name: string, holder: string, seconds: number): Promise<boolean> {
  const held = await db.maybeOneFirst(sql.type(z.object({ holder: z.string() }))`
    insert into leases (name, holder, expires_at) values (${name}, ${holder}, now() + make_interval(secs => ${seconds}))
    on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
    where leases.holder = excluded.holder or leases.expires_at < now()
    returning holder`);
  return held !== null;
}

/** Gives a lease back, so that another scheduler need not wait for its end. */
export const dropLease = (db: Sql, name: string, holder: string) =>
  db.query(sql.unsafe`delete from leases where name = ${name} and holder = ${holder}`);

/** Who holds a lease now, or null. */
export const leaseHolder = (db: Sql, name: string) =>
  db.maybeOneFirst(sql.type(z.object({ holder: z.string() }))`
    select holder from leases where name = ${name} and expires_at > now()`);
