/**
 * What the studio keeps of a package's price when it is taken back (D22), in minor units: the price is split over all units that
 * were sold, whatever their service, rounded down, and what is left over goes to the first units, one minor unit each. The units
 * that were used are the first ones. So nothing is kept of an unused package, and the whole price of one that is used up.
 * @param granted units sold, 1 or more; `used` at most as many
 */
export function keptMinor(priceMinor: number, granted: number, used: number): number {
  const leftovers = priceMinor % granted;
  return used * ((priceMinor - leftovers) / granted) + Math.min(used, leftovers);
}
