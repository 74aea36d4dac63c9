import type { Discount } from '../../sql/bookings/offer-to-book.ts';
import { Refused } from '../refusal.ts';

/** One discount as it was taken: what it took off. */
type Taken = { id: number | null; kind: 'percent' | 'fixed' | 'fitting'; basisPoints: number | null; discountMinor: number };

/**
 * What a service costs a client (D22). The discounts apply one after the other in the given order, each to what the one before
 * left: a percentage of it, rounded half up, or a fixed amount; the price never falls below zero. What the studio gives for a start that
 * fits its day is given instead of a client's own discounts, where it is more than all of them, and never beside them.
 * @param priceMinor of the service
 * @param fitting in hundredths of a percent; 0: the start does not fit, or nothing is given for it
 */
export function priceOf(priceMinor: number, discounts: readonly Discount[], fitting = 0): { priceMinor: number; taken: Taken[] } {
  const own = priceWith(priceMinor, discounts);
  const less = percentOf(priceMinor, fitting);
  if (priceMinor - less >= own.priceMinor) return own;
  return {
    priceMinor: priceMinor - less,
    taken: [{ id: null, kind: 'fitting', basisPoints: fitting, discountMinor: less }],
  };
}

function priceWith(priceMinor: number, discounts: readonly Discount[]): { priceMinor: number; taken: Taken[] } {
  let left = priceMinor;
  const taken = discounts.map(({ id, kind, basis_points, amount_minor }): Taken => {
    const wanted = kind === 'percent' ? percentOf(left, basis_points ?? 0) : (amount_minor ?? 0);
    const discountMinor = Math.min(left, wanted);
    left -= discountMinor;
    return { id, kind, basisPoints: basis_points, discountMinor };
  });
  return { priceMinor: left, taken: taken.filter((discount) => discount.discountMinor > 0) };
}

/** Nothing is taken; it only costs more than was said. */
export class CostsMore extends Refused {
  constructor() {
    super('conflict', 'the price is another one by now');
  }
}

/** Throws {@link CostsMore} where a price is more than was said. */
export function demandPrice(priceMinor: number, mostMinor = Number.POSITIVE_INFINITY) {
  if (priceMinor > mostMinor) throw new CostsMore();
}

/** In whole numbers throughout: 10^12 minor units times 10^4 is more than a float holds exactly. */
const percentOf = (minor: number, basisPoints: number) => Number((BigInt(minor) * BigInt(basisPoints) + 5_000n) / 10_000n);
