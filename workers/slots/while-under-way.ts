/**
 * Does something once for all who ask for the very same while it is under way: they get one answer, whose beginning lies before their
 * own question. Returns what asks under a key; nothing is kept once the answer is there.
 */
export function whileUnderWay<T>() {
  const underWay = new Map<string, Promise<T>>();
  return (key: string, work: () => Promise<T>): Promise<T> => {
    const known = underWay.get(key);
    if (known) return known;
    const mine = work().finally(() => underWay.delete(key));
    underWay.set(key, mine);
    return mine;
  };
}
