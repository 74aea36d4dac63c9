import { z } from 'zod';
import type { Sql } from '../../sql/database/database.ts';
import { lockWallets } from '../../sql/finance/settle.ts';
import { futureBookings, lockBookings } from '../../sql/people/bookings.ts';
import { bookingCancelled, cancelBooking, type cancellers } from '../bookings/cancel.ts';
import type { CallContext } from '../call-context.ts';

const sums = z.object({
  bookings: z.int(),
  late: z.int().meta({ description: 'of these, cancelled less than 12 h before the start: what was paid is kept' }),
  refunded_minor: z.int(),
  cancelled_minor: z.int(),
  units: z.int(),
  sessions: z.int(),
});
/** What cancelling all bookings to come of a client brings, and each of them with its own way back. */
export const bookingsCancelled = sums.extend({ items: z.array(bookingCancelled) });

/**
 * Cancels a client's bookings to come, each as if alone (D17, D47), all of them or none, in the caller's transaction.
 * Bookings are locked by id, then the wallets that get something back.
 */
export async function cancelBookings(
  transaction: Sql,
  clientId: number,
  wish: { reason: string; by: (typeof cancellers)[number] },
  context: CallContext,
): Promise<z.output<typeof bookingsCancelled>> {
  const ids = await futureBookings(transaction, clientId, context.now.toISOString());
  const payers = await lockBookings(transaction, ids);
  if (payers.length > 0) await lockWallets(transaction, payers);
  const items: z.output<typeof bookingCancelled>[] = [];
  for (const id of ids) items.push(await cancelBooking(transaction, id, wish, context));
  const sum = (of: 'refunded_minor' | 'cancelled_minor' | 'units' | 'sessions') =>
    items.reduce((total, { returned }) => total + returned[of], 0);
  return {
    bookings: items.length,
    late: items.filter(({ outcome }) => outcome === 'late').length,
    refunded_minor: sum('refunded_minor'),
    cancelled_minor: sum('cancelled_minor'),
    units: sum('units'),
    sessions: sum('sessions'),
    items,
  };
}
