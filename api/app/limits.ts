import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { callerOf } from '../auth/authenticate.ts';
import type { Caller } from '../http/caller.ts';
import { Problem } from '../http/problems.ts';

/** So many requests a minute for each caller, whatever addresses they come from. */
export const callerLimit = (perMinute: number): RequestHandler =>
  rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    keyGenerator: (_request, response) => callerOf(response).id,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: { keyGeneratorIpFallback: false },
    handler: (_request, _response, next) =>
      next(new Problem(429, 'too many requests in this minute; Retry-After says when to go on')),
  });

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
