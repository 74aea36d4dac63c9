import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Nobody is left waiting for longer, whatever a service asks for. */
export const LONGEST_WAIT_SECONDS = 900;
/** Until when the gate is closed. What lies further ahead than anybody can have asked for was written by a clock that went back since. */
const closedUntil = sql.fragment`case when gate.closed_until <= clock_timestamp() + make_interval(secs => ${LONGEST_WAIT_SECONDS})
  then gate.closed_until else '-infinity' end`;

/**
 * Takes the next turn to call a service: `ms` from the start of one call to the start of the next, for the whole fleet (V4). Returns
 * the milliseconds until then; wait for them outside of transactions, then look whether {@link gateClosedFor}. A turn further ahead than
 * twenty and a minute is believed as little as a gate that is closed for too long.
 */
export const takeGateTurn = (db: Sql, service: string, ms: number): Promise<number> => {
  const turn = sql.fragment`make_interval(secs => ${ms / 1_000}::float8)`;
  const soonest = sql.fragment`greatest(${closedUntil}, clock_timestamp())`;
  return db.oneFirst(sql.type(z.object({ wait: z.number() }))`
    insert into vending_gates as gate (service, free_at) values (${service}, clock_timestamp() + ${turn})
    on conflict (service) do update
      set free_at = ${turn} + greatest(${soonest}, case when gate.free_at <= ${soonest} + ${turn} * 20 + interval '1 minute' then gate.free_at end)
    returning greatest(extract(epoch from gate.free_at - clock_timestamp())::float8 * 1000 - ${ms}, 0)::float8 as wait`);
};

/** Milliseconds for which nobody calls the service, because it wants to be left alone; 0: it may be called. */
export const gateClosedFor = (db: Sql, service: string): Promise<number> =>
  db.oneFirst(sql.type(z.object({ wait: z.number() }))`
    select coalesce(max(greatest(extract(epoch from ${closedUntil} - clock_timestamp())::float8 * 1000, 0)), 0)::float8 as wait
    from vending_gates gate where service = ${service} and ${closedUntil} > clock_timestamp()`);

/** The service wants to be left alone for so many seconds, by everybody (V5). */
export const shutGate = (db: Sql, service: string, seconds: number) =>
  db.query(sql.unsafe`
    insert into vending_gates as gate (service, closed_until) values (${service}, clock_timestamp() + make_interval(secs => ${seconds}))
    on conflict (service) do update set closed_until = greatest(${closedUntil}, excluded.closed_until)`);
