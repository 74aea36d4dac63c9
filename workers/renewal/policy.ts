/** Days after its due date on which an unpaid renewal is recalled. */
const RECALLS = [0, 3, 7] as const;
/** A recall or a lapse that could not be sent on its day is sent up to so many days later, and then no more. */
const CAUGHT_UP_DAYS = 21;

/** Unpaid renewals older than this need no look. */
export const oldestUnpaid = (graceDays: number) => Math.max(graceDays + 1, 7) + CAUGHT_UP_DAYS;

export type Dunning = { say: 'unpaid'; recall: (typeof RECALLS)[number] } | { say: 'lapsed' };

/** What is owed: an invoice, how often it had been paid before, and the days since its due date and since it became owed, if that is later. */
export type Owed = { invoiceId: number; owedNo: number; daysLate: number; daysOwed: number };

/** The key under which it is said once for an invoice each time it became owed. */
export function dunningKey({ invoiceId, owedNo }: Pick<Owed, 'invoiceId' | 'owedNo'>, dunning: Dunning) {
  const owed = owedNo > 0 ? `${invoiceId}.${owedNo}` : `${invoiceId}`;
  return dunning.say === 'lapsed' ? `renewal_lapsed:${owed}` : `renewal_unpaid:${owed}:${dunning.recall}`;
}

/**
 * What a night says about an unpaid renewal: the latest recall that is due, or, on the first night after its grace, that it has
 * lapsed. One thing a night at most, so nights that were missed are not made up for one by one. Null: nothing, or it was sent already.
 * What was paid and is owed again, as after a payment that was taken back, is recalled anew from the day it became owed.
 * @param graceDays how long after its due date it stays usable
 */
export function judgeUnpaid(owed: Owed, graceDays: number, notified: readonly string[]): Dunning | null {
  const { daysLate, daysOwed } = owed;
  const isDue = (day: number) => daysOwed >= day && daysOwed <= day + CAUGHT_UP_DAYS;
  const isNew = (dunning: Dunning) => !notified.includes(dunningKey(owed, dunning));
  const lapsed: Dunning = { say: 'lapsed' };
  const becameOwed = daysLate - daysOwed;
  if (daysLate > graceDays && isDue(Math.max(0, graceDays + 1 - becameOwed)) && isNew(lapsed)) return lapsed;
  const recall = RECALLS.findLast((day) => daysOwed >= day);
  if (recall === undefined || !isDue(recall) || (recall <= graceDays && daysLate > graceDays)) return null;
  const unpaid: Dunning = { say: 'unpaid', recall };
  return isNew(unpaid) ? unpaid : null;
}
