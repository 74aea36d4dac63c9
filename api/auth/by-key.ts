import { timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { isScope } from '../../queues/jobs/scopes.ts';
import { log } from '../../queues/log/log.ts';
import { type ApiKey, hashOf, touchKey } from '../../sql/auth/api-keys.ts';
import type { Database } from '../../sql/database/database.ts';
import { mayDo } from '../../workers/rights.ts';
import type { Caller } from '../http/caller.ts';
import { Problem } from '../http/problems.ts';
import { scopesOf } from '../http/route.ts';
import type { countGuesses } from './guesses.ts';
import type { KeyRing } from './key-ring.ts';
import { unknownCaller } from './unknown-caller.ts';

/** Keys are read again when they are this old, so a revoked one is refused within a second. */
const FRESH_MS = 1_000;
/** The same for who is being answered for longer: together with how often that is looked at, within a second. */
const FRESH_FOR_STREAMS_MS = 400;

/**
 * Whoever sends this key. Throws a 401 for one that is not known or has ended, a 429 for an address of many wrong ones.
 * @param basic whether a browser may be asked for the key as a password
 */
export async function byKey(
  db: Database,
  keys: KeyRing,
  secret: string,
  request: Request,
  { guesses, basic }: { guesses: ReturnType<typeof countGuesses>; basic: boolean },
): Promise<Caller> {
  const address = request.ip ?? '';
  const rest = guesses.restOf(address);
  if (rest > 0) {
    throw new Problem(429, 'too many wrong keys came from this address; Retry-After says when the next one is judged', {
      headers: { 'Retry-After': String(rest) },
    });
  }
  const now = performance.now();
  const hash = hashOf(secret);
  // A key that is not among the ones at hand may have been made a moment ago.
  const key = match(await keys(now - FRESH_MS), hash) ?? match(await keys(now), hash);
  if (!key) {
    guesses.miss(address);
    throw unknownCaller('this key is not known', basic);
  }
  const ended = whyEnded(key, hash, new Date());
  if (ended) throw unknownCaller(ended, basic);
  noteUse(db, key);
  return keyCaller(keys, key, hash);
}

function keyCaller(keys: KeyRing, key: ApiKey, hash: Buffer): Caller {
  const caller: Caller = {
    id: `#${key.id}`,
    name: key.name,
    scopes: key.scopes.filter(isScope),
    ...(key.vending_owner_id === null ? {} : { vendingOwnerId: key.vending_owner_id }),
    isStillLetIn: async ({ scope }) => {
      const now = await renewedKey(keys, key, hash);
      return now !== null && (scope === null || mayDo(now, ...scopesOf({ scope })));
    },
    renewed: () => renewedKey(keys, key, hash),
  };
  return caller;
}

/** A key as it is now, or null where it would be let in no more. While the database is away nobody can tell, and nobody is turned out. */
async function renewedKey(keys: KeyRing, before: ApiKey, hash: Buffer): Promise<Caller | null> {
  const known = await keys(performance.now() - FRESH_FOR_STREAMS_MS).catch(() => undefined);
  const key = known ? known.find((candidate) => candidate.id === before.id && isSecretOf(candidate, hash)) : before;
  return key && !whyEnded(key, hash, new Date()) ? keyCaller(keys, key, hash) : null;
}

/** Compares with every key and the secret before its rotation, each in constant time: how long it takes tells nothing. */
const match = (keys: readonly ApiKey[], hash: Buffer) => keys.filter((key) => isSecretOf(key, hash))[0];

function isSecretOf(key: ApiKey, hash: Buffer): boolean {
  const isNow = timingSafeEqual(key.key_hash, hash);
  const wasBefore = timingSafeEqual(key.previous_hash ?? key.key_hash, hash);
  return isNow || wasBefore;
}

/** Why a known secret is not valid any more, or null while it is. */
function whyEnded(key: ApiKey, hash: Buffer, now: Date): string | null {
  const isPast = (instant: string | null) => instant !== null && new Date(instant) <= now;
  if (!key.key_hash.equals(hash)) {
    return isPast(key.previous_until)
      ? `this secret of the key "${key.name}" was replaced; it ended at ${key.previous_until}`
      : null;
  }
  return isPast(key.expires_at) ? `the key "${key.name}" expired at ${key.expires_at}` : null;
}

const NOTED_MS = 60_000;
const noted = new WeakMap<Database, Map<number, number>>();

/** Notes once a minute that a key was used. What is at hand of the key is older than its first use, so that is remembered here. */
function noteUse(db: Database, { id, last_used_at }: ApiKey) {
  const uses = noted.get(db) ?? new Map<number, number>();
  noted.set(db, uses);
  const now = Date.now();
  if (now - Math.max(uses.get(id) ?? 0, last_used_at ? Date.parse(last_used_at) : 0) < NOTED_MS) return;
  uses.set(id, now);
  touchKey(db, id).catch((error) => log.debug({ err: error }, 'the use of a key was not noted'));
}
