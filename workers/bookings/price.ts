import type { Discount } from '../../sql/bookings/offer-to-book.ts';

/** One discount as it was taken: what it took off. */
type Taken = { id: number; kind: 'percent' | 'fixed'; basisPoints: number | null; discountMinor: number };

/**
 * What a service costs a client (D22). The discounts apply one after the other in the given order, each to what the one before
 * left: a percentage of it, rounded half up, or a fixed amount; the price never falls below zero.
 * @param priceMinor of the service
 */
export function priceOf(priceMinor: number, discounts: readonly Discount[]): { priceMinor: number; taken: Taken[] } {
  let left = priceMinor;
  const taken = discounts.map(({ id, kind, basis_points, amount_minor }): Taken => {
    const wanted = kind === 'percent' ? percentOf(left, basis_points ?? 0) : (amount_minor ?? 0);
    const discountMinor = Math.min(left, wanted);
    left -= discountMinor;
    return { id, kind, basisPoints: basis_points, discountMinor };
  });
  return { priceMinor: left, taken: taken.filter((discount) => discount.discountMinor > 0) };
}

/** In whole numbers throughout: 10^12 minor units times 10^4 is more than a float holds exactly. */
const percentOf = (minor: number, basisPoints: number) => Number((BigInt(minor) * BigInt(basisPoints) + 5_000n) / 10_000n);
