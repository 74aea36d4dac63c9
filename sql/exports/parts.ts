import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Forgets every file that was made before. */
export const forgetParts = (db: Sql) => db.query(sql.unsafe`delete from export_parts`);

/** Keeps the next part of a run's file, from 1 on. */
export const keepPart = (db: Sql, { runId, n, bytes }: { runId: number; n: number; bytes: Buffer }) =>
  db.query(sql.unsafe`insert into export_parts (run_id, n, bytes) values (${runId}, ${n}, ${sql.binary(bytes)})`);

/** Forgets files that are older than an instant. Returns how many parts they had. */
export const forgetOldParts = async (db: Sql, before: string) =>
  (await db.query(sql.unsafe`delete from export_parts where made_at < ${before}::timestamptz`)).rowCount;

const whole = z.object({ parts: z.int(), bytes: z.int() });
/** How large the file of a run is that has ended well; without parts there is none, or none any more. */
export const measureParts = (db: Sql, runId: number) =>
  db.one(sql.type(whole)`
    select count(*)::int as parts, coalesce(sum(octet_length(bytes)), 0)::int8 as bytes
    from export_parts where run_id = (select id from automated_process_history where id = ${runId} and process_type = 'export' and status = 'success')`);

const part = z.object({ bytes: z.instanceof(Buffer) });
/** Null where it was forgotten meanwhile. */
export const readPart = (db: Sql, runId: number, n: number) =>
  db.maybeOneFirst(sql.type(part)`select bytes from export_parts where run_id = ${runId} and n = ${n}`);
