/**
 * Splits templates into waves: within one, no template waits for another, and each stands in a later wave than every
 * template it waits for. The order of D5 is thereby kept where it matters, in few statements.
 * @param ids templates in the order of D5
 * @param waits pairs of templates that share a student at the same time, the earlier one first
 */
export function waves(ids: readonly number[], waits: readonly { earlier: number; later: number }[]): number[][] {
  const waitsFor = Map.groupBy(waits, (pair) => pair.later);
  const depth = new Map<number, number>();
  const result: number[][] = [];
  for (const id of ids) {
    const before = (waitsFor.get(id) ?? []).map((pair) => depth.get(pair.earlier) ?? -1);
    const wave = Math.max(-1, ...before) + 1;
    depth.set(id, wave);
    result[wave] = [...(result[wave] ?? []), id];
  }
  return result;
}
