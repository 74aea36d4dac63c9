import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { withBreaker } from '../../queues/backend/circuit-breaker.ts';
import { withTimeout } from '../../queues/backend/with-timeout.ts';
import { log } from '../../queues/log/log.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { giveSlot, type SlotClaim, takeSlot } from '../../sql/bookings/slot-locks.ts';
import type { Sql } from '../../sql/database/database.ts';

/**
 * A lock on a slot while it is being booked. It has a token and an expiry, and only its owner releases it. It makes refusals
 * fast and is no authority: where it is off or out of order, the constraints of the database refuse (D33).
 */
export type SlotLock = {
  /** A token, or null when somebody else holds the slot. */
  acquire(slot: string, ms: number): Promise<string | null>;
  /** Gives the slot back, unless it has expired and is somebody else's by now. */
  release(slot: string, token: string): Promise<void>;
  /** Where the lock lies in the database itself: what taking and giving it back is, as parts of the caller's own statements. */
  claim?(slot: string, ms: number): SlotClaim;
};

/** The slot of a specialist that begins at an instant. The braces keep all keys of a specialist together on Redis Cluster. */
export const slotName = (specialistId: number, startsAt: string) => `slot_lock:{${specialistId}}:${startsAt}`;

/**
 * The lock this fleet uses: on Redis where it has Redis, else in PostgreSQL.
 * @param db what the caller works on. A transaction does without a lock in PostgreSQL: its own would be seen by nobody before it
 * ends, and one on a second connection could wait for ever behind others that hold their first.
 */
export function slotLockOf({ settings, backend, db: pool }: Pick<Fleet, 'settings' | 'backend' | 'db'>, db: Sql): SlotLock {
  if (settings.slotLock === 'off') return noLock;
  if (backend.redis) return yielding(patient(redisSlotLock(backend.redis), backend.redis));
  return db === pool ? yielding(tableSlotLock(pool)) : noLock;
}

const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;

export const redisSlotLock = (redis: Redis): SlotLock => ({
  async acquire(slot, ms) {
    const token = randomUUID();
    return (await redis.set(slot, token, 'PX', ms, 'NX')) === 'OK' ? token : null;
  },
  async release(slot, token) {
    await redis.eval(RELEASE, 1, slot, token);
  },
});

export const tableSlotLock = (db: Sql): SlotLock => ({
  async acquire(slot, ms) {
    const token = randomUUID();
    return (await takeSlot(db, { slot, token, ms })) ? token : null;
  },
  async release(slot, token) {
    await giveSlot(db, { slot, token });
  },
  claim: (slot, ms) => ({ slot, token: randomUUID(), ms }),
});

const UNLOCKED = 'unlocked';
export const noLock: SlotLock = { acquire: async () => UNLOCKED, release: async () => undefined };

/** Nobody who books waits longer than this for a lock. */
const MOST_MS = 1_000;

/** A lock on a server that may keep silent. One that it grants when nobody waits for it any more is given back. */
const patient = (lock: SlotLock, server: object): SlotLock => ({
  async acquire(slot, ms) {
    let isAwaited = true;
    const asking = withBreaker(server, MOST_MS, async () => {
      const token = await lock.acquire(slot, ms);
      if (token !== null && !isAwaited) await lock.release(slot, token);
      return token;
    });
    return asking.finally(() => {
      isAwaited = false;
    });
  },
  release: (slot, token) => withTimeout(MOST_MS, lock.release(slot, token)),
});

/** A lock that is out of order must not keep anybody from booking: it is logged and the booking goes on without it. */
const yielding = (lock: SlotLock): SlotLock => ({
  ...lock,
  acquire: (slot, ms) =>
    lock.acquire(slot, ms).catch((error) => {
      log.warn({ err: error, slot }, 'the slot lock is out of order; booking without it');
      return UNLOCKED;
    }),
  async release(slot, token) {
    if (token === UNLOCKED) return;
    await lock
      .release(slot, token)
      .catch((error) => log.warn({ err: error, slot }, 'a slot lock was not released; it will expire'));
  },
});
