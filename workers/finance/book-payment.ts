import type { Sql } from '../../sql/database/database.ts';
import { paymentOfProvider, receivePayment } from '../../sql/finance/payments.ts';
import { lockWallets } from '../../sql/finance/settle.ts';
import { Refused } from '../refusal.ts';

/**
 * Receives a payment. One that an outside service tells of twice is booked once (R18): the second time answers the first payment. Throws
 * a `conflict` where it is of another amount or payer then.
 */
export async function bookPayment(transaction: Sql, received: Parameters<typeof receivePayment>[1]) {
  if (received.providerId === undefined) return receivePayment(transaction, received);
  // Whoever is told the same in the same moment waits here for the one before.
  await lockWallets(transaction, [received.payerId]);
  const known = await paymentOfProvider(transaction, received.providerId);
  if (!known) return receivePayment(transaction, received);
  if (known.payer_id !== received.payerId || known.amount_minor !== received.amountMinor)
    throw new Refused('conflict', `the payment ${known.id} has this provider_id, with another payer or amount`, {
      payment_id: known.id,
    });
  return { payment: known, paid: 0 };
}
