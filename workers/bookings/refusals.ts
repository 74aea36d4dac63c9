import { setTimeout as pause } from 'node:timers/promises';
import { IntegrityConstraintViolationError } from 'slonik';
import { dayOf } from '../../queues/time/calendar.ts';
import type { SlotClaim } from '../../sql/bookings/slot-locks.ts';
import { isExclusion } from '../../sql/database/outage.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { noLock, slotLockOf, slotName } from './slot-lock.ts';
import { enqueueForSlot } from './slot-queue.ts';
import { readFreeStarts, type Sought } from './slots.ts';

/** Why a slot could not be had; an expected outcome, not an error. */
export type Refusal = {
  refused: string;
  /** What is in the way; the specialist where nothing is said. */
  what?: 'room' | 'client' | 'payment';
  /** Whoever is in the way has not finished and may fail: the slot may be free in a moment. */
  mayPass?: boolean;
  /** Somebody was faster to the room that had been chosen; another one may be free. */
  isOfRoom?: boolean;
};

/** A lock is given back long before; this is for those who die with it. */
export const LOCK_MS = 5_000;
/** Somebody was faster to a room: so many times another one is tried. */
export const MOST_ROOMS = 20;
/** A refusal does not read the calendars of more than these. */
const MOST_SPECIALISTS = 10;

/** Does something while nobody else is at the slot; refuses at once when somebody is. */
export async function whileLocked<T>(place: Slot, { fleet, db }: CallContext, work: () => Promise<T>): Promise<T | Refusal> {
  const lock = slotLockOf(fleet, db);
  const slot = slotName(place.specialistId, place.startsAt);
  return enqueueForSlot(lock === noLock ? null : slot, place.until, async () => {
    const token = await lock.acquire(slot, LOCK_MS);
    if (token === null) return beingBooked;
    return work().finally(() => lock.release(slot, token));
  });
}

/**
 * The same for work whose own statements can take the lock and give it back, where it lies in the database: they get the claim. Work
 * says whether it has given the lock back already.
 */
export async function whileClaimed<T extends { isGivenBack: boolean }>(
  place: Slot,
  context: CallContext,
  work: (claim?: SlotClaim) => Promise<T>,
): Promise<T | Refusal> {
  const lock = slotLockOf(context.fleet, context.db);
  const claim = lock.claim?.(slotName(place.specialistId, place.startsAt), LOCK_MS);
  if (!claim) return whileLocked(place, context, () => work());
  return enqueueForSlot(claim.slot, place.until, async () => {
    let isGivenBack = false;
    try {
      const done = await work(claim);
      isGivenBack = done.isGivenBack;
      return done;
    } finally {
      if (!isGivenBack) await lock.release(claim.slot, claim.token);
    }
  });
}

/** Whoever books takes some milliseconds; that long one waits for those who may yet fail. */
const PATIENCE_MS = 1_000;

/**
 * Tries again for a moment what is refused only because somebody else has not finished. Each attempt gets the instant, of
 * `performance.now()`, until which it may wait. In a caller's transaction nobody waits: it would keep its connection from those
 * who are waited for.
 */
export async function patiently<T>(
  { db, fleet }: CallContext,
  attempt: (until: number) => Promise<T | Refusal>,
): Promise<T | Refusal> {
  const until = performance.now() + (db === fleet.db ? PATIENCE_MS : 0);
  for (;;) {
    const done = await attempt(until);
    if (!(isPassing(done) && performance.now() < until)) return done;
    await pause(20 + Math.random() * 40);
  }
}

const isPassing = (done: unknown) => typeof done === 'object' && done !== null && 'mayPass' in done && done.mayPass === true;

type Slot = { specialistId: number; startsAt: string; until: number };
export const beingBooked: Refusal = { refused: 'somebody is booking this slot right now', mayPass: true };

export const CLIENT_IS_ELSEWHERE = 'the client is elsewhere at that time';

/** An exclusion constraint or the calendar of everybody has refused; anything else is thrown on. The latter says itself what is there. */
export function ofExclusion(error: unknown): Refusal {
  if (!(error instanceof IntegrityConstraintViolationError && isExclusion(error))) throw error;
  const constraint = error.constraint ?? 'the time is taken';
  const { message } = error.cause as Error;
  const isOfRoom = ROOMS.has(constraint);
  const what = isOfRoom ? { what: 'room' as const } : constraint.startsWith('client') ? { what: 'client' as const } : {};
  return { refused: WORDS[constraint] ?? message, isOfRoom, ...what };
}

/** The constraints that do not say it in a client's words. */
const WORDS: Record<string, string> = {
  specialist_is_booked: 'the slot is taken',
  client_is_booked: 'the client has another booking at that time',
  room_is_booked: 'no room is free at that time',
  training_has_the_room: 'no room is free at that time',
  room_is_elsewhere: 'no room is free at that time',
  // Whoever was there has left in the same moment.
  person_is_elsewhere: 'somebody is elsewhere at that time',
  room_is_taken: 'no room is free at that time',
};

/** Those that guard a room, from bookings and from trainings. */
const ROOMS: ReadonlySet<string> = new Set(['room_is_booked', 'training_has_the_room', 'room_is_elsewhere', 'room_is_taken']);

type Asked = Sought & { starts_at: string };

/** The refusal of those who come too late, with the other starts of that day that they could still have. */
export async function refuseTakenSlot(why: string, asked: Asked, { db, fleet: { settings }, now }: CallContext) {
  const startsAt = new Date(asked.starts_at);
  const after = new Date(now.getTime() + settings.bookingNoticeMinutes * 60_000);
  const few = { ...asked, specialists: asked.specialists.slice(0, MOST_SPECIALISTS) };
  const free = await readFreeStarts(db, few, dayOf(startsAt, settings.zone), settings.zone, after);
  return new Refused('conflict', why, { slots: free.filter((start) => start !== startsAt.toISOString()) });
}
