/** A participation or a booking may be taken back for free until this long before the start, to the second (D17). */
const FREE_UNTIL_MS = 12 * 3_600_000;
/** Whoever was promoted from a waitlist later than that may decline for so long, to the second (R15). */
const DECLINE_MS = 3_600_000;

/**
 * The last instant at which a place is given up for free.
 * @param promotedAt when the place came from the waitlist; null: it did not
 */
export function freeUntil(startsAt: Date, promotedAt: Date | null = null): Date {
  const usual = startsAt.getTime() - FREE_UNTIL_MS;
  return new Date(promotedAt === null ? usual : Math.max(usual, promotedAt.getTime() + DECLINE_MS));
}
