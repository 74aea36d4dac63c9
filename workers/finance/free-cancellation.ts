import { freeUntil, type Grace } from '../free-until.ts';

/** The clock says whether something has started (D17); its status follows later. At the start it has. */
export const hasStarted = (requestedAt: Date, startsAt: Date) => requestedAt >= startsAt;

/**
 * What cancelling means, judged by when it was asked for.
 * Exactly 12:00:00 before the start is still safe; at the start it is too late for either.
 * @param grace what lets it be free for longer
 */
export function judgeCancellation(requestedAt: Date, startsAt: Date, grace: Grace = {}): 'safe' | 'late' | 'started' {
  if (hasStarted(requestedAt, startsAt)) return 'started';
  return requestedAt <= freeUntil(startsAt, grace) ? 'safe' : 'late';
}
