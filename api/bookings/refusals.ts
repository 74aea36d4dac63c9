import { IntegrityConstraintViolationError } from 'slonik';
import { dayOf } from '../../queues/calendar.ts';
import { slotLockOf, slotName } from '../../queues/slot-lock.ts';
import type { SlotClaim } from '../../sql/bookings.ts';
import { Problem } from '../problems.ts';
import type { Context } from '../route.ts';
import { freeStarts, type Times } from './slots.ts';

/** Why a slot could not be had; an expected outcome, not an error. */
export type Refusal = { refused: string };

/** A lock is given back long before; this is for those who die with it. */
export const LOCK_MS = 5_000;

/** Does something while nobody else is at the slot; refuses at once when somebody is. */
export async function whileLocked<T>(of: Slot, { fleet, db }: Context, work: () => Promise<T>): Promise<T | Refusal> {
  const lock = slotLockOf(fleet, db);
  const slot = slotName(of.specialistId, of.startsAt);
  const token = await lock.acquire(slot, LOCK_MS);
  if (token === null) return beingBooked;
  return work().finally(() => lock.release(slot, token));
}

/**
 * The same for work whose own statements can take the lock and give it back, where it lies in the book: they get the claim. Work
 * says whether it has given the lock back already.
 */
export async function whileClaimed<T extends { isGivenBack: boolean }>(
  of: Slot,
  context: Context,
  work: (claim?: SlotClaim) => Promise<T>,
): Promise<T | Refusal> {
  const lock = slotLockOf(context.fleet, context.db);
  const claim = lock.claim?.(slotName(of.specialistId, of.startsAt), LOCK_MS);
  if (!claim) return whileLocked(of, context, () => work());
  let isGivenBack = false;
  try {
    const done = await work(claim);
    isGivenBack = done.isGivenBack;
    return done;
  } finally {
    if (!isGivenBack) await lock.release(claim.slot, claim.token);
  }
}

type Slot = { specialistId: number; startsAt: string };
export const beingBooked: Refusal = { refused: 'somebody is booking this slot right now' };

/** An exclusion constraint or its like across two tables has refused; anything else is thrown on. */
export function ofExclusion(error: unknown): Refusal {
  const isExclusion =
    error instanceof IntegrityConstraintViolationError && (error.cause as { code?: string } | undefined)?.code === '23P01';
  if (!isExclusion) throw error;
  return { refused: (error.constraint ?? 'the time is taken').replaceAll('_', ' ') };
}

type Asked = { ids: readonly number[]; startsAt: Date; times: Times };

/** The 409 of those who come too late, with the starts that are still free that day. */
export async function taken(why: string, { ids, startsAt, times }: Asked, { db, fleet: { settings }, now }: Context) {
  const after = new Date(now.getTime() + settings.bookingNoticeMinutes * 60_000);
  const free = await freeStarts(db, ids.slice(0, 10), dayOf(startsAt, settings.zone), times, settings.zone, after);
  return new Problem(409, why, { slots: free.filter((start) => start !== startsAt.toISOString()) });
}
