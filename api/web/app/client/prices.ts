/** The starts that have a mark: those that leave no gap, where not all do, or where they cost less. */
export function marked(starts: readonly string[], fitting: readonly string[], less: number): ReadonlySet<string> {
  const those = starts.filter((start) => fitting.includes(start));
  return new Set(less > 0 || those.length < starts.length ? those : []);
}

/** What somebody pays in money: nothing where a package or a subscription pays. */
export const costOf = ({ price_minor }: { price_minor: number }, way: string) =>
  way === 'package' || way === 'subscription' ? 0 : price_minor;
