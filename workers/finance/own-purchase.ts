import type { Day } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import { unpaidPurchase } from '../../sql/finance/invoices.ts';
import { lockWallets } from '../../sql/finance/settle.ts';
import type { Caller } from '../call-context.ts';
import { notAcceptable, Refused } from '../refusal.ts';
import { demandWallet } from '../rights.ts';

type Purchase = { caller: Caller; holderId: number; payerId: number; payFrom: 'wallet' | 'later'; start: Day; today: Day };

/**
 * What somebody may buy without the studio, for oneself or for whom one looks after: from a wallet that is theirs to spend (D45), from
 * today on, and on an invoice only while nothing that was bought so before is owed, since what is bought is usable at once (D23).
 * Locks the payer's wallet. Throws `not_allowed`, `invalid`, or a `conflict` that names the invoice.
 */
export async function demandOwnPurchase(transaction: Sql, { caller, holderId, payerId, payFrom, start, today }: Purchase) {
  demandWallet(caller, payerId, holderId);
  if (start < today) throw notAcceptable('start_date', `${today} or later`);
  await lockWallets(transaction, [payerId]);
  const owed = payFrom === 'later' ? await unpaidPurchase(transaction, payerId) : null;
  if (owed !== null) throw new Refused('conflict', `the invoice ${owed} has to be paid first`, { invoice_id: owed });
}
