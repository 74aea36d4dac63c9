/** Days after its due date on which an unpaid renewal is recalled. */
const RECALLS = [0, 3, 7] as const;
/** A recall or a lapse that could not be told on its day is told up to so many days later, and then no more. */
const CAUGHT_UP_DAYS = 21;

/** Unpaid renewals older than this need no look. */
export const oldestUnpaid = (graceDays: number) => Math.max(graceDays + 1, 7) + CAUGHT_UP_DAYS;

export type Dunning = { say: 'unpaid'; recall: (typeof RECALLS)[number] } | { say: 'lapsed' };

/** The key under which it is said once for an invoice. */
export const dunningKey = (invoiceId: number, dunning: Dunning) =>
  dunning.say === 'lapsed' ? `renewal_lapsed:${invoiceId}` : `renewal_unpaid:${invoiceId}:${dunning.recall}`;

/**
 * What a night says about an unpaid renewal: the latest recall that is due, or, on the first night after its grace, that it has
 * lapsed. One thing a night at most, so nights that were missed are not made up for one by one. Null: nothing, or it was told.
 * @param daysLate days from the due date to the night's day
 * @param graceDays how long after its due date it stays usable
 */
export function judgeUnpaid(invoiceId: number, daysLate: number, graceDays: number, told: readonly string[]): Dunning | null {
  const isDue = (day: number) => daysLate >= day && daysLate <= day + CAUGHT_UP_DAYS;
  const isNew = (dunning: Dunning) => !told.includes(dunningKey(invoiceId, dunning));
  const lapsed: Dunning = { say: 'lapsed' };
  if (isDue(graceDays + 1) && isNew(lapsed)) return lapsed;
  const recall = RECALLS.findLast((day) => daysLate >= day);
  if (recall === undefined || !isDue(recall) || (recall <= graceDays && daysLate > graceDays)) return null;
  const unpaid: Dunning = { say: 'unpaid', recall };
  return isNew(unpaid) ? unpaid : null;
}
