import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/**
 * Forgets every file that was made before; their runs no longer say until when they are kept. Until the transaction ends nothing is kept:
 * whoever makes a file meanwhile waits.
 */
export async function forgetParts(transaction: Sql) {
  await transaction.query(sql.unsafe`lock table export_parts in share row exclusive mode`);
  await transaction.query(sql.unsafe`
    with gone as (delete from export_parts returning run_id)
    update automated_process_history
    set result = (select json_object_agg(key, value) from json_each(result) where key <> 'kept_until')
    where id in (select run_id from gone) and json_typeof(result) = 'object'`);
}

const count = sql.type(z.object({ count: z.int() }));
/** How many people were erased so far. */
export const countErasures = (db: Sql) => db.oneFirst(count`select count(*)::int as count from erasures`);

/** Throws where it is no longer so many who were erased. Whoever is being erased comes first, or after the transaction. */
export async function demandNobodyErased(transaction: Sql, erasures: number) {
  await transaction.query(sql.unsafe`lock table export_parts in row exclusive mode`);
  if ((await countErasures(transaction)) !== erasures)
    throw new Error('somebody was erased meanwhile, and the file would still name them: it is made anew');
}

type Part = { runId: number; n: number; bytes: Buffer; erasures: number };
/** Keeps the next part of a run's file, from 1 on. Throws where it may say what is erased by now: `erasures` is how many there were before. */
export async function keepPart(transaction: Sql, { runId, n, bytes, erasures }: Part) {
  await demandNobodyErased(transaction, erasures);
  await transaction.query(sql.unsafe`insert into export_parts (run_id, n, bytes) values (${runId}, ${n}, ${sql.binary(bytes)})`);
}

/** Forgets files of which the last part is older than an instant. Returns how many parts they had. */
export const forgetOldParts = async (db: Sql, before: string) =>
  (
    await db.query(sql.unsafe`
      delete from export_parts
      where run_id in (select run_id from export_parts group by run_id having max(made_at) < ${before}::timestamptz)`)
  ).rowCount;

const whole = z.object({ parts: z.int(), bytes: z.int(), date: z.iso.date() });
/** How large the file of a run is that has ended well, and of what day; null where there is none, none any more, or not all of it. */
export const measureParts = (db: Sql, runId: number) =>
  db.maybeOne(sql.type(whole)`
    select count(*)::int as parts, sum(octet_length(bytes))::int8 as bytes, process_date::text as date
    from export_parts join automated_process_history run on run.id = run_id
    where run_id = ${runId} and process_type = 'export' and status = 'success'
    group by run.id having max(n) = count(*)`);

const part = z.object({ bytes: z.instanceof(Buffer) });
/** Null where it was forgotten meanwhile. */
export const readPart = (db: Sql, runId: number, n: number) =>
  db.maybeOneFirst(sql.type(part)`select bytes from export_parts where run_id = ${runId} and n = ${n}`);
