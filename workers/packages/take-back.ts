import { z } from 'zod';
import {
  bookingsHolding,
  endPackage,
  giveBackPrice,
  lockClientPackage,
  lockPackageBill,
  unitsOf,
} from '../../sql/bookings/take-back.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { keptMinor } from './policy.ts';

export const packageTakenBack = z
  .object({
    client_package_id: z.int(),
    status: z.literal('cancelled'),
    cancelled_at: z.iso.datetime(),
    reason: z.string(),
    units: z.object({ used: z.int(), cancelled: z.int() }),
    invoice_id: z
      .int()
      .nullable()
      .meta({ description: 'the invoice that was live until then; null: it was waived, or there was none' }),
    kept_minor: z.int().meta({ description: "the used units' share of the price" }),
    returned: z.object({ refunded_minor: z.int(), cancelled_minor: z.int() }),
  })
  .meta({ id: 'PackageCancellation' });

/**
 * Takes a package back in the caller's transaction. A second time gets the first answer. Throws `missing` when the client has no such
 * package, a `conflict` that lists the bookings to come that hold its units: they are cancelled first, by their own rules.
 */
export async function takeBackPackage(
  { db, now }: Pick<CallContext, 'db' | 'now'>,
  request: { clientId: number; id: number; reason: string },
) {
  const sold = await lockClientPackage(db, request.clientId, request.id);
  if (!sold) throw new Refused('missing', `the client ${request.clientId} has no package ${request.id}`);
  if (sold.cancellation) return packageTakenBack.parse(sold.cancellation);
  if (sold.status === 'cancelled') throw new Refused('conflict', 'the package is cancelled');
  const at = now.toISOString();
  const bookings = await bookingsHolding(db, request.id, at);
  if (bookings.length > 0)
    throw new Refused('conflict', 'bookings to come hold units of the package: cancel them first', { bookings });
  const { granted, used, left } = await unitsOf(db, request.id);
  const bill = await lockPackageBill(db, request.id);
  const kept = bill ? Math.min(bill.amount_minor, keptMinor(sold.price_minor, granted, used)) : 0;
  const rest = bill ? bill.amount_minor - kept : 0;
  const wasPaid = bill?.status === 'PAID';
  const result: z.output<typeof packageTakenBack> = {
    client_package_id: request.id,
    status: 'cancelled',
    cancelled_at: at,
    reason: request.reason,
    units: { used, cancelled: left },
    invoice_id: bill?.id ?? null,
    kept_minor: kept,
    returned: { refunded_minor: wasPaid ? rest : 0, cancelled_minor: wasPaid ? 0 : rest },
  };
  await endPackage(db, { id: request.id, at, reason: request.reason, answer: result });
  if (bill) await giveBackPrice(db, bill, kept, request.reason);
  return result;
}
