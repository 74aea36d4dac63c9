import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/**
 * A worker has consumed a canary from its own queue: its latest sign of life.
 * @param skewMs the database's clock less the host's; null where that is not known
 */
export const noteHeartbeat = (db: Sql, worker: string, host: string, skewMs: number | null = null) =>
  db.query(sql.unsafe`
    insert into worker_beats (worker, host, pid, seen_at, skew_ms) values (${worker}, ${host}, ${process.pid}, now(), ${skewMs})
    on conflict (worker, host) do update set pid = excluded.pid, seen_at = excluded.seen_at, skew_ms = excluded.skew_ms`);

/** Seconds since each worker's last sign of life on any host. A worker never seen is absent. */
export const workersLastSeen = (db: Sql) =>
  db.any(sql.type(z.object({ worker: z.string(), seconds: z.number(), seen_at: z.iso.datetime() }))`
    select worker, extract(epoch from now() - max(seen_at))::float8 as seconds, max(seen_at) as seen_at
    from worker_beats group by worker`);
