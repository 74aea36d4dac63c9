import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/**
 * Takes the next turn to call a service: `ms` from the start of one call to the start of the next, for the whole fleet (V4). Returns
 * the milliseconds until then; wait for them outside of transactions, then look whether {@link gateClosedFor}.
 */
export const takeGateTurn = (db: Sql, service: string, ms: number): Promise<number> =>
  db.oneFirst(sql.type(z.object({ wait: z.number() }))`
    insert into vending_gates as gate (service, free_at) values (${service}, clock_timestamp() + make_interval(secs => ${ms / 1_000}::float8))
    on conflict (service) do update
      set free_at = greatest(gate.free_at, gate.closed_until, clock_timestamp()) + make_interval(secs => ${ms / 1_000}::float8)
    returning greatest(extract(epoch from gate.free_at - clock_timestamp())::float8 * 1000 - ${ms}, 0)::float8 as wait`);

/** Milliseconds for which nobody calls the service, because it wants to be left alone; 0: it may be called. */
export const gateClosedFor = (db: Sql, service: string): Promise<number> =>
  db.oneFirst(sql.type(z.object({ wait: z.number() }))`
    select coalesce(max(greatest(extract(epoch from closed_until - clock_timestamp())::float8 * 1000, 0)), 0)::float8 as wait
    from vending_gates where service = ${service} and closed_until > clock_timestamp()`);

/** The service wants to be left alone for so many seconds, by everybody (V5). */
export const shutGate = (db: Sql, service: string, seconds: number) =>
  db.query(sql.unsafe`
    insert into vending_gates as gate (service, closed_until) values (${service}, clock_timestamp() + make_interval(secs => ${seconds}))
    on conflict (service) do update set closed_until = greatest(gate.closed_until, excluded.closed_until)`);
