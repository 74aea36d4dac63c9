/** The starts that have a mark: those that leave no gap, where not all do, or where they cost less. */
export function marked(starts: readonly string[], fitting: readonly string[], less: number): ReadonlySet<string> {
  const those = starts.filter((start) => fitting.includes(start));
  return new Set(less > 0 || those.length < starts.length ? those : []);
}

/** The starts as they stand: the first three of those with a mark, where not all have one, and then all others, each by its time. */
export function ranked(starts: readonly string[], marks: ReadonlySet<string>): string[][] {
  const first = marks.size < starts.length ? starts.filter((start) => marks.has(start)).slice(0, 3) : [];
  return [first, starts.filter((start) => !first.includes(start))].filter((row) => row.length > 0);
}

/** What somebody pays in money: nothing where a package or a subscription pays. */
export const costOf = ({ price_minor }: { price_minor: number }, way: string) =>
  way === 'package' || way === 'subscription' ? 0 : price_minor;
