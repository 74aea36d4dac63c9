import { whoIsFree } from '../bookings/book.ts';
import type { WantedOffer } from '../bookings/offer.ts';
import { demandStart } from '../bookings/slots.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { type Deal, dealFor } from './book-held.ts';

/**
 * What a start costs a client as it is now, by whoever would give it: without a named specialist the first who is free. Nothing is held:
 * who books says the price as `most_minor`. Throws `invalid` for what cannot be booked, a `conflict` where nobody is free.
 */
export async function dealOfStart(wish: WantedOffer, context: CallContext): Promise<Deal & { specialist_id: number }> {
  demandStart(wish.starts_at, context);
  const [first] = wish.specialist_id === undefined ? await whoIsFree(wish, context) : [wish.specialist_id];
  if (first === undefined) throw new Refused('conflict', 'nobody is free at that time');
  return { ...(await dealFor({ ...wish, specialist_id: first }, wish.client_id, context)), specialist_id: first };
}
