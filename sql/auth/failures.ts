import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Whose failures: an account, by the hash of what was typed, and a device that signed in before, or '' for all others. */
export type Counter = { login: Buffer; device: string };

/** Failures in a row are forgotten this long after the last one. */
const MEMORY = sql.fragment`interval '15 minutes'`;

const standing = z.object({ failures: z.int(), seconds: z.number() });

/** How many failures in a row there are, and for how many seconds they are still remembered. */
export const failuresOf = async (db: Sql, { login, device }: Counter, now: Date) =>
  (await db.maybeOne(sql.type(standing)`
    select failures, extract(epoch from last_at + ${MEMORY} - ${now.toISOString()}::timestamptz)::float8 as seconds
    from sign_in_failures
    where login_hash = ${sql.binary(login)} and device = ${device} and last_at > ${now.toISOString()}::timestamptz - ${MEMORY}`)) ?? {
    failures: 0,
    seconds: 0,
  };

/** Counts a failure before the password is looked at, so that many at once are counted, too. Returns which in a row it is. */
export const countFailure = (db: Sql, { login, device }: Counter, now: Date) =>
  db.oneFirst(sql.type(z.object({ failures: z.int() }))`
    insert into sign_in_failures as had (login_hash, device, failures, last_at)
    values (${sql.binary(login)}, ${device}, 1, ${now.toISOString()}::timestamptz)
    on conflict (login_hash, device) do update set
      failures = case when had.last_at > excluded.last_at - ${MEMORY} then had.failures + 1 else 1 end,
      last_at = excluded.last_at
    returning failures`);

/** Forgets the failures of an account on a device. */
export const forgetFailures = (db: Sql, { login, device }: Counter) =>
  db.query(sql.unsafe`delete from sign_in_failures where login_hash = ${sql.binary(login)} and device = ${device}`);
