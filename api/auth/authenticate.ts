import { timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { isScope } from '../../queues/jobs/scopes.ts';
import { log } from '../../queues/log/log.ts';
import { type ApiKey, hashOf, touchKey } from '../../sql/auth/api-keys.ts';
import type { Database } from '../../sql/database/database.ts';
import { mayDo } from '../../workers/rights.ts';
import { Problem } from '../http/problems.ts';
import { type Caller, type Route, scopesOf } from '../http/route.ts';
import type { countGuesses } from './guesses.ts';
import type { KeyRing } from './key-ring.ts';

/** Keys are read again when they are this old, so a revoked one is refused within a second. */
const FRESH_MS = 1_000;
/** The same for who is being answered for longer: together with how often that is looked at, within a second. */
const FRESH_FOR_STREAMS_MS = 400;

const NOTED_MS = 60_000;

type Options = { guesses: ReturnType<typeof countGuesses>; basic?: boolean };

/** Lets only known keys in and remembers the caller for the handlers. `basic` also takes a browser's HTTP Basic password. */
export function authenticate(db: Database, keys: KeyRing, { guesses, basic = false }: Options): RequestHandler {
  const noteUse = noteUses(db);
  return async (request, response, next) => {
    const secret = request.get('x-api-key') || (basic ? basicPassword(request) : undefined);
    if (!secret) throw unknown('a key is needed: header X-API-Key', basic);
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
      throw unknown('this key is not known', basic);
    }
    const ended = whyEnded(key, hash, new Date());
    if (ended) throw unknown(ended, basic);
    noteUse(key);
    const caller: Caller = {
      id: key.id,
      name: key.name,
      scopes: key.scopes.filter(isScope),
      isStillLetIn: (scope) => isStillLetIn(keys, key.id, hash, scope),
    };
    response.locals.caller = caller;
    next();
  };
}

export const callerOf = (response: Response): Caller => response.locals.caller;

/** Compares with every key and the secret before its rotation, each in constant time: how long it takes tells nothing. */
const match = (keys: readonly ApiKey[], hash: Buffer) => keys.filter((key) => isSecretOf(key, hash))[0];

function isSecretOf(key: ApiKey, hash: Buffer): boolean {
  const isNow = timingSafeEqual(key.key_hash, hash);
  const wasBefore = timingSafeEqual(key.previous_hash ?? key.key_hash, hash);
  return isNow || wasBefore;
}

/** Whether a key that was let in would be so now. While the database is away nobody can tell, and nobody is turned out. */
async function isStillLetIn(keys: KeyRing, id: number, hash: Buffer, scope: Route['scope']): Promise<boolean> {
  const known = await keys(performance.now() - FRESH_FOR_STREAMS_MS).catch(() => undefined);
  const key = known?.find((candidate) => candidate.id === id && isSecretOf(candidate, hash));
  if (!known) return true;
  if (!key || whyEnded(key, hash, new Date())) return false;
  return mayDo({ name: key.name, scopes: key.scopes.filter(isScope) }, ...scopesOf({ scope }));
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

/** Notes when a key was used, once a minute: what is at hand of it is older than the first of several uses. */
function noteUses(db: Database) {
  const noted = new Map<number, number>();
  return ({ id, last_used_at }: ApiKey) => {
    const now = Date.now();
    const last = Math.max(noted.get(id) ?? 0, last_used_at ? Date.parse(last_used_at) : 0);
    if (now - last < NOTED_MS) return;
    noted.set(id, now);
    touchKey(db, id).catch((error) => log.debug({ err: error }, 'the use of a key was not noted'));
  };
}

function unknown(detail: string, basic: boolean) {
  const challenge = basic
    ? 'Basic realm="Studio Fleet: any name, the key as password", charset="UTF-8"'
    : 'ApiKey header="X-API-Key"';
  return new Problem(401, detail, { headers: { 'WWW-Authenticate': challenge } });
}

function basicPassword(request: Request): string | undefined {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(request.get('authorization') ?? '') ?? [];
  return encoded && Buffer.from(encoded, 'base64').toString().split(':').slice(1).join(':');
}
