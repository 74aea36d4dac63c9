import type { Request } from 'express';

/**
 * Whether whoever asks has this very version already. That they say `no-cache` as well, as calendars and some programs do at once with
 * `If-None-Match`, changes nothing.
 */
export const isKnown = (request: Request, etag: string): boolean =>
  (request.get('if-none-match') ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .includes(etag);
