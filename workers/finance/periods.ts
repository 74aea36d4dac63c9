import type { Sql } from '../../sql/database/database.ts';
import { closedThrough } from '../../sql/finance/periods.ts';
import { notAcceptable } from '../refusal.ts';

/**
 * Throws `invalid` for a business day on which nothing may be entered: one to come, or one of a closed period. A period that is
 * being closed right now is waited for.
 * @param field of the body that names the day
 */
export async function demandOpenPeriod(transaction: Sql, day: string, today: string, field: string) {
  if (day > today) throw notAcceptable(field, `today (${today}) or before`);
  const through = await closedThrough(transaction);
  if (through !== null && day <= through) throw notAcceptable(field, `a day after ${through}: the period up to it is closed`);
}
