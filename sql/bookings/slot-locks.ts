import { z } from 'zod';
import { type Sql, sql } from '../database.ts';

const nothing = z.strictObject({});

/** Takes a slot for `ms` unless somebody else has it; what has expired is anybody's. Returns whether it was taken. */
export async function takeSlot(db: Sql, slot: string, token: string, ms: number): Promise<boolean> {
  const { rowCount } = await db.query(sql.prepared('take_slot', nothing)`
    insert into slot_locks (slot, token, expires_at) values (${slot}, ${token}, clock_timestamp() + make_interval(secs => ${ms / 1_000}))
    on conflict (slot) do update set token = excluded.token, expires_at = excluded.expires_at
      where slot_locks.expires_at <= clock_timestamp()`);
  return rowCount > 0;
}

/** Gives a slot back, if it is still this token's. */
export const giveSlot = (db: Sql, slot: string, token: string) =>
  db.query(sql.prepared('give_slot', nothing)`delete from slot_locks where slot = ${slot} and token = ${token}`);

/** Forgets the locks that nobody gave back. */
export const forgetSlotLocks = (db: Sql) => db.query(sql.unsafe`delete from slot_locks where expires_at <= clock_timestamp()`);
