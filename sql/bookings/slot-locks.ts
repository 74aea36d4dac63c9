import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const nothing = z.strictObject({});

/** A slot, whose it is (a token) and for how many milliseconds at most. */
export type SlotClaim = { slot: string; token: string; ms: number };

/** Takes a slot unless somebody else has it; what has expired is anybody's. Returns whether it was taken. */
export async function takeSlot(db: Sql, claim: SlotClaim): Promise<boolean> {
  const { rowCount } = await db.query(sql.prepared('take_slot', nothing)`${slotTaken(claim)}`);
  return rowCount > 0;
}

/** Gives a slot back, if it is still this token's. */
export const giveSlot = (db: Sql, claim: Omit<SlotClaim, 'ms'>) =>
  db.query(sql.prepared('give_slot', nothing)`delete from slot_locks where slot = ${claim.slot} and token = ${claim.token}`);

/** Taking a slot as a part of a statement. */
export const slotTaken = ({ slot, token, ms }: SlotClaim) => sql.fragment`
  insert into slot_locks (slot, token, expires_at) values (${slot}, ${token}, clock_timestamp() + make_interval(secs => ${ms / 1_000}))
  on conflict (slot) do update set token = excluded.token, expires_at = excluded.expires_at
    where slot_locks.expires_at <= clock_timestamp()`;

/** The same for every slot in `asked`, in order, so that no two statements wait for each other; of two who want the same the first gets it. */
export const slotsTaken = sql.fragment`
  insert into slot_locks (slot, token, expires_at)
  select distinct on (slot) slot, token, clock_timestamp() + make_interval(secs => ms / 1000.0) from asked order by slot, n
  on conflict (slot) do update set token = excluded.token, expires_at = excluded.expires_at
    where slot_locks.expires_at <= clock_timestamp()`;

/** Forgets the locks that nobody gave back. */
export const forgetSlotLocks = (db: Sql) => db.query(sql.unsafe`delete from slot_locks where expires_at <= clock_timestamp()`);
