import { dayOf } from '../../queues/time/calendar.ts';
import type { About, WhyKind } from '../../sql/why/rows.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import type { Explanation } from './answer.ts';
import { whyBooking, whyInvoice, whyVisit } from './charges.ts';
import { whySeats, whyWritten } from './counts.ts';
import { whyPayment, whyRefund, whyTransaction } from './payments.ts';
import { whySession } from './sessions.ts';
import { whyBalance, whyOwed, whySessions } from './sums.ts';
import { whyTill } from './till.ts';
import { whyUnit, whyUnits } from './units.ts';

type Asked = Pick<CallContext, 'db' | 'fleet' | 'now'>;
/** A till's is of a day in the studio. */
type When = { day: string; zone: string; now: Date };
const ways: Record<WhyKind, (db: Asked['db'], id: number, when: When) => Promise<Explanation | null>> = {
  balance: whyBalance,
  owed: whyOwed,
  sessions: whySessions,
  units: whyUnits,
  till: whyTill,
  seats: whySeats,
  run: whyWritten('run'),
  run_sessions: whyWritten('run_sessions'),
  run_invoices: whyWritten('run_invoices'),
  run_places: whyWritten('run_places'),
  transaction: whyTransaction,
  session: whySession,
  unit: whyUnit,
  invoice: whyInvoice,
  payment: whyPayment,
  refund: whyRefund,
  visit: whyVisit,
  booking: whyBooking,
};

/** Why an amount or a count is what it is, from what the ledgers say. Refused (missing) where there is no such thing. */
export async function explain({ db, fleet, now }: Asked, { of, id, day }: About): Promise<Explanation> {
  const { zone } = fleet.settings;
  const found = await ways[of](db, id, { day: day ?? dayOf(now, zone), zone, now });
  if (!found) throw new Refused('missing', `there is no ${of} ${id}`);
  return found;
}
