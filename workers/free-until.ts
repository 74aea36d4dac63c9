/** A participation or a booking may be taken back for free until this long before the start, to the second (D17). */
const FREE_UNTIL_MS = 12 * 3_600_000;
/** Whoever was promoted from a waitlist later than that may decline for so long, to the second (R15). */
const DECLINE_MS = 3_600_000;

/** What may let a cancellation be free for longer. */
export type Grace = {
  /** The studio has moved it so late that cancelling is safe until it begins (R12). */
  isFreeUntilStart?: boolean;
  /** The instant at which the place came from the waitlist; null: it did not. */
  promotedAt?: string | null;
};

/** Until when cancelling is free: the last instant, or with `isFreeUntilStart` the start itself. */
export function freeUntil(startsAt: Date, { isFreeUntilStart = false, promotedAt = null }: Grace = {}): Date {
  if (isFreeUntilStart) return startsAt;
  const usual = startsAt.getTime() - FREE_UNTIL_MS;
  return new Date(promotedAt === null ? usual : Math.max(usual, Date.parse(promotedAt) + DECLINE_MS));
}
