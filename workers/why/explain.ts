import type { About, WhyKind } from '../../sql/why/rows.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import type { Explanation } from './answer.ts';
import { whyBooking, whyInvoice, whyVisit } from './charges.ts';
import { whyPayment, whyRefund, whyTransaction } from './payments.ts';
import { whySession } from './sessions.ts';
import { whyBalance, whyOwed, whySessions } from './sums.ts';

type Asked = Pick<CallContext, 'db'>;
const ways: Record<WhyKind, (db: Asked['db'], id: number) => Promise<Explanation | null>> = {
  balance: whyBalance,
  owed: whyOwed,
  sessions: whySessions,
  transaction: whyTransaction,
  session: whySession,
  invoice: whyInvoice,
  payment: whyPayment,
  refund: whyRefund,
  visit: whyVisit,
  booking: whyBooking,
};

/** Why an amount or a count is what it is, from what the ledgers say. Refused (missing) where there is no such thing. */
export async function explain({ db }: Asked, { of, id }: About): Promise<Explanation> {
  const found = await ways[of](db, id);
  if (!found) throw new Refused('missing', `there is no ${of} ${id}`);
  return found;
}
