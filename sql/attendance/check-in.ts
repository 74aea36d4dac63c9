import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Keeps the code by which somebody checks in, in place of the one before. False where somebody else has these digits right now. */
export async function keepCode(
  db: Sql,
  of: { userId: number; digits: string; hash: Buffer; now: Date; expires: Date },
): Promise<boolean> {
  await db.query(
    sql.unsafe`delete from check_in_codes where digits = ${of.digits} and expires_at <= ${of.now.toISOString()}::timestamptz`,
  );
  const { rowCount } = await db.query(sql.unsafe`
    insert into check_in_codes (user_id, digits, token_hash, expires_at)
    select ${of.userId}, ${of.digits}, ${sql.binary(of.hash)}, ${of.expires.toISOString()}::timestamptz
    where not exists (select from check_in_codes where digits = ${of.digits} and user_id <> ${of.userId})
    on conflict (user_id) do update set digits = excluded.digits, token_hash = excluded.token_hash, expires_at = excluded.expires_at`);
  return rowCount > 0;
}

/** Whose code this is, used up in the caller's transaction; null for one that is over, used or nobody's. */
export const useCode = (transaction: Sql, code: { digits: string } | { hash: Buffer }, now: Date) =>
  transaction.maybeOneFirst(sql.type(z.object({ user_id: z.int() }))`
    delete from check_in_codes
    where ${'digits' in code ? sql.fragment`digits = ${code.digits}` : sql.fragment`token_hash = ${sql.binary(code.hash)}`}
      and expires_at > ${now.toISOString()}::timestamptz
    returning user_id`);

/** The trainings that a student could check in to at an instant: with a place, open for marking, not over, soonest first. */
export const openFor = (db: Sql, studentId: number, now: Date, trainerId: number | null) =>
  db.any(sql.type(z.object({ id: z.int(), starts_at: z.iso.datetime(), training_type: z.string() }))`
    select training.id, starts_at, type.name as training_type
    from real_training_students seat
    join real_trainings training on training.id = seat.real_training_id
    join training_types type on type.id = training_type_id
    where seat.student_id = ${studentId} and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT') and training.status <> 'cancelled'
      and starts_at <= ${now.toISOString()}::timestamptz + interval '60 minutes' and ends_at > ${now.toISOString()}::timestamptz
      and (${trainerId}::int is null or trainer_id = ${trainerId}::int)
    order by starts_at, training.id`);
