import { setTimeout as pause } from 'node:timers/promises';
import { type ApiKey, liveKeys } from '../../sql/auth/api-keys.ts';
import type { Database } from '../../sql/database/database.ts';

export type KeyRing = (since: number) => Promise<readonly ApiKey[]>;

/** Reads are at least this far apart; whoever asks meanwhile waits for the next one together. */
const APART_MS = 100;

/**
 * The live keys as the database had them at an instant of the monotonic clock or later: a wall clock set back must not
 * keep a revoked key alive. However many ask, the database is asked ten times a second at most.
 */
export function keyRing(db: Database): KeyRing {
  let keys: Promise<readonly ApiKey[]> | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let next: Promise<readonly ApiKey[]> | undefined;
  const read = () => {
    next = undefined;
    readAt = performance.now();
    keys = liveKeys(db);
    keys.catch(() => (keys = undefined));
    return keys;
  };
  return (since) => {
    if (keys && readAt >= since) return keys;
    const wait = readAt + APART_MS - performance.now();
    next ??= wait > 0 ? pause(wait).then(read) : Promise.resolve().then(read);
    return next;
  };
}
