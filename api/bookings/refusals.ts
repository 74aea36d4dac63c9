import { IntegrityConstraintViolationError } from 'slonik';
import { dayOf } from '../../queues/calendar.ts';
import { slotLockOf, slotName } from '../../queues/slot-lock.ts';
import { Problem } from '../problems.ts';
import type { Context } from '../route.ts';
import { freeStarts, type Sought } from './slots.ts';

/** Why a slot could not be had; an expected outcome, not an error. */
export type Refusal = { refused: string };

/** A lock is given back long before; this is for those who die with it. */
export const LOCK_MS = 5_000;
/** A refusal does not read the calendars of more than these. */
const MOST_SPECIALISTS = 10;

/** Does something while nobody else is at the slot; refuses at once when somebody is. */
export async function whileLocked<T>(
  of: { specialistId: number; startsAt: string },
  { fleet, db }: Context,
  work: () => Promise<T>,
): Promise<T | Refusal> {
  const lock = slotLockOf(fleet, db);
  const slot = slotName(of.specialistId, of.startsAt);
  const token = await lock.acquire(slot, LOCK_MS);
  if (token === null) return { refused: 'somebody is booking this slot right now' };
  return work().finally(() => lock.release(slot, token));
}

/** An exclusion constraint or its like across two tables has refused; anything else is thrown on. */
export function ofExclusion(error: unknown): Refusal {
  const isExclusion =
    error instanceof IntegrityConstraintViolationError && (error.cause as { code?: string } | undefined)?.code === '23P01';
  if (!isExclusion) throw error;
  return { refused: (error.constraint ?? 'the time is taken').replaceAll('_', ' ') };
}

type Asked = Sought & { starts_at: string };

/** The 409 of those who come too late, with the other starts of that day that they could still have. */
export async function taken(why: string, asked: Asked, { db, fleet: { settings }, now }: Context) {
  const startsAt = new Date(asked.starts_at);
  const after = new Date(now.getTime() + settings.bookingNoticeMinutes * 60_000);
  const few = { ...asked, specialists: asked.specialists.slice(0, MOST_SPECIALISTS) };
  const free = await freeStarts(db, few, dayOf(startsAt, settings.zone), settings.zone, after);
  return new Problem(409, why, { slots: free.filter((start) => start !== startsAt.toISOString()) });
}
