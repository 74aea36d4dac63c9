/** A participation or a booking may be taken back for free until this long before the start, to the second (D17). */
const FREE_UNTIL_MS = 12 * 3_600_000;

/** The clock says whether something has started (D17); its status follows later. At the start it has. */
export const hasStarted = (requestedAt: Date, startsAt: Date) => requestedAt >= startsAt;

/**
 * What cancelling means, judged by when it was asked for.
 * Exactly 12:00:00 before the start is still safe; at the start it is too late for either.
 * @param isFreeUntilStart the studio has moved it so late that cancelling is safe until it begins (R12)
 */
export function judgeCancellation(requestedAt: Date, startsAt: Date, isFreeUntilStart = false): 'safe' | 'late' | 'started' {
  if (hasStarted(requestedAt, startsAt)) return 'started';
  const ahead = startsAt.getTime() - requestedAt.getTime();
  return isFreeUntilStart || ahead >= FREE_UNTIL_MS ? 'safe' : 'late';
}

/** Until when cancelling is free: the last instant, or with `isFreeUntilStart` the start itself. */
export const freeUntil = (startsAt: Date, isFreeUntilStart: boolean): Date =>
  isFreeUntilStart ? startsAt : new Date(startsAt.getTime() - FREE_UNTIL_MS);
