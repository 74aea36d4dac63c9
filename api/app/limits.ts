import type { RequestHandler } from 'express';
import { MemoryStore, rateLimit } from 'express-rate-limit';
import { callerOf } from '../auth/authenticate.ts';
import type { Caller } from '../http/caller.ts';
import { Problem } from '../http/problems.ts';

/** So many requests a minute for each caller, whatever addresses and whichever way they come from. */
export function callerLimit(perMinute: number) {
  const store = new MemoryStore();
  const byHttp: RequestHandler = rateLimit({
    store,
    windowMs: 60_000,
    limit: perMinute,
    keyGenerator: (_request, response) => callerOf(response).id,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: { keyGeneratorIpFallback: false },
    handler: (_request, _response, next) => next(tooMany()),
  });
  return {
    byHttp,
    /** Counts a request that came over the socket. Throws a 429 for one too many. */
    async count({ id }: Caller) {
      const { totalHits, resetTime } = await store.increment(id);
      if (totalHits <= perMinute) return;
      const seconds = Math.max(1, Math.ceil(((resetTime?.getTime() ?? Date.now()) - Date.now()) / 1_000));
      throw tooMany({ headers: { 'Retry-After': String(seconds) } });
    },
  };
}

const tooMany = (extra = {}) => new Problem(429, 'too many requests in this minute; Retry-After says when to go on', extra);

/** Counts the requests of each caller that are being answered. `enter` throws a 429 for one too many, or says how to count it out. */
export function inFlight(most: number) {
  const counts = new Map<string, number>();
  return {
    enter({ id }: Caller): () => void {
      const own = counts.get(id) ?? 0;
      if (own >= most) {
        throw new Problem(429, `${most} requests of this caller are being answered right now; wait for them`, {
          headers: { 'Retry-After': '1' },
        });
      }
      counts.set(id, own + 1);
      return () => {
        const left = (counts.get(id) ?? 1) - 1;
        if (left > 0) counts.set(id, left);
        else counts.delete(id);
      };
    },
  };
}
