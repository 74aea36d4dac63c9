import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const totp = z.object({
  /** Encrypted. */
  secret: z.instanceof(Buffer),
  confirmed_at: z.iso.datetime().nullable(),
  /** The time step of the last code that was used. */
  last_step: z.int().nullable(),
});

/** A person's second factor, or null. Until it is confirmed it is not in force. */
export const findTotp = (db: Sql, userId: number) =>
  db.maybeOne(sql.type(totp)`select secret, confirmed_at, last_step from totp_secrets where user_id = ${userId}`);

/** Whether a person has a second factor in force. */
export const hasTotp = (db: Sql, userId: number) =>
  db.exists(sql.unsafe`select from totp_secrets where user_id = ${userId} and confirmed_at is not null`);

/** Keeps a new secret, in place of one that was never confirmed. False where one is in force. */
export async function putTotp(db: Sql, userId: number, secret: Buffer): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`
    insert into totp_secrets (user_id, secret) values (${userId}, ${sql.binary(secret)})
    on conflict (user_id) do update set secret = excluded.secret, made_at = now(), last_step = null
    where totp_secrets.confirmed_at is null`);
  return rowCount > 0;
}

/** Uses up the code of a time step, and all before it. False where it was used already: of two at once one gets it. */
export async function useTotpStep(db: Sql, userId: number, step: number): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`
    update totp_secrets set last_step = ${step}::bigint where user_id = ${userId} and (last_step is null or last_step < ${step}::bigint)`);
  return rowCount > 0;
}

/** Puts a second factor in force, with the hashes of its recovery codes. False where it was in force already. */
export async function confirmTotp(transaction: Sql, userId: number, codes: readonly Buffer[]): Promise<boolean> {
  const { rowCount } = await transaction.query(sql.unsafe`
    update totp_secrets set confirmed_at = now() where user_id = ${userId} and confirmed_at is null`);
  if (rowCount === 0) return false;
  await transaction.query(sql.unsafe`
    insert into recovery_codes (user_id, code_hash)
    select ${userId}, code from ${sql.unnest(
      codes.map((code) => [code]),
      ['bytea'],
    )} as given (code)`);
  return true;
}

/** Uses a recovery code up. False where it is none, or was used. */
export async function useRecoveryCode(db: Sql, userId: number, hash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`
    update recovery_codes set used_at = now()
    where user_id = ${userId} and code_hash = ${sql.binary(hash)} and used_at is null`);
  return rowCount > 0;
}

/** How many recovery codes are left. */
export const recoveryCodesLeft = (db: Sql, userId: number) =>
  db.oneFirst(sql.type(z.object({ count: z.int() }))`
    select count(*)::int as count from recovery_codes where user_id = ${userId} and used_at is null`);

/** Takes a second factor away. False where there was none. */
export async function deleteTotp(db: Sql, userId: number): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`delete from totp_secrets where user_id = ${userId}`);
  return rowCount > 0;
}
