import type { ErrorRequestHandler, RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { callerOf } from '../auth/authenticate.ts';
import { Problem } from './problems.ts';

/**
 * After so many misses an address gets 429 for the rest of the minute. A key that is known is never held up by them:
 * behind a proxy everybody has one address, and a forgotten script with an old key must not lock the others out.
 */
export function guessLimit(perMinute: number): ErrorRequestHandler {
  const count = limit({ limit: perMinute, standardHeaders: false, legacyHeaders: true });
  return (error, request, response, next) => {
    if (!(error instanceof Problem && error.status === 401)) return next(error);
    count(request, response, (refused) => next(refused ?? error));
  };
}

/** So many requests a minute for each caller, whatever addresses they come from. */
export const callerLimit = (perMinute: number): RequestHandler =>
  limit({ limit: perMinute, keyGenerator: (_request, response) => callerOf(response).name });

const limit = (options: Parameters<typeof rateLimit>[0]) =>
  rateLimit({
    windowMs: 60_000,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: { keyGeneratorIpFallback: false },
    handler: (_request, _response, next) =>
      next(new Problem(429, 'too many requests in this minute; Retry-After says when to go on')),
    ...options,
  });
