/**
 * The rules of sales and stock once more, plain and slow: one owner, one machine place a terminal, everything in maps. A page of rows is
 * taken as a whole, as the rules say: first what is no longer poured comes back, then what is poured leaves, by time of the sale (V13-V21).
 */
export type ModelRow = {
  id: number;
  term: number;
  at: number;
  sum: number;
  result: number;
  status: number;
  reverse: number;
  comment: string;
  items: [item: number, quantity: number][];
};
type Part = { ingredient: number; quantity: number };
type Live = { line: number; term: number; item: number; portions: number; ingredient: number; taken: number };
type Kept = { row: ModelRow; isHistoric: boolean; live: Live[]; ignored: Set<number>; state: string };
type Stock = { quantity: number; countedAt: number };

export function vendingModel(options: { stockFrom: number; refundReturns: boolean; terminals: readonly number[] }) {
  const rows = new Map<number, Kept>();
  const stock = new Map<string, Stock>();
  const recipes = new Map<string, { hidden: boolean; parts: Part[] }>();
  const key = (...parts: number[]) => parts.join(':');
  const isSeen = (row: ModelRow, at: Stock | undefined) => at !== undefined && row.at <= at.countedAt;
  const isPoured = ({ row, isHistoric }: Kept) =>
    !isHistoric && row.result === 1 && row.status !== 4 && row.sum >= 0 && !(options.refundReturns && row.reverse !== 0);

  /** @param touched sales that are new or changed, or are looked at again */
  function settle(touched: readonly Kept[]) {
    for (const kept of touched) {
      const stays = (live: Live) => {
        const [item, quantity] = kept.row.items[live.line] ?? [];
        return isPoured(kept) && live.term === kept.row.term && live.item === item && live.portions === quantity;
      };
      for (const live of kept.live.filter((one) => !stays(one))) {
        const at = stock.get(key(live.term, live.ingredient));
        if (at && !isSeen(kept.row, at)) at.quantity += live.taken;
      }
      kept.live = kept.live.filter(stays);
    }
    const wanted: { kept: Kept; line: number; part: Part; portions: number; item: number }[] = [];
    for (const kept of touched) {
      if (!isPoured(kept) || !options.terminals.includes(kept.row.term)) continue;
      for (const [line, [item, portions]] of kept.row.items.entries()) {
        const recipe = recipes.get(key(kept.row.term, item));
        if (kept.live.some((live) => live.line === line) || kept.ignored.has(line) || !recipe || recipe.hidden) continue;
        for (const part of recipe.parts) wanted.push({ kept, line, part, portions, item });
      }
    }
    wanted.sort((a, b) => a.kept.row.at - b.kept.row.at || a.kept.row.id - b.kept.row.id || a.line - b.line);
    for (const { kept, line, part, portions, item } of wanted) {
      const at = stock.get(key(kept.row.term, part.ingredient));
      const need = part.quantity * portions;
      const taken = at && !isSeen(kept.row, at) ? Math.min(at.quantity, need) : 0;
      if (at) at.quantity -= taken;
      kept.live.push({ line, term: kept.row.term, item, portions, ingredient: part.ingredient, taken });
    }
    for (const kept of touched) kept.state = stateOf(kept);
  }

  function stateOf(kept: Kept): string {
    if (kept.isHistoric) return 'historic';
    if (!isPoured(kept)) return 'not_poured';
    if (!options.terminals.includes(kept.row.term)) return 'unknown_terminal';
    if (kept.row.items.length === 0) return 'unknown_item';
    const lines = kept.row.items.map(([item], line) => {
      if (kept.live.some((live) => live.line === line)) return 'deducted';
      if (kept.ignored.has(line) || recipes.get(key(kept.row.term, item))?.hidden) {
        kept.ignored.add(line);
        return 'ignored';
      }
      return 'needs_recipe';
    });
    return lines.includes('needs_recipe') ? 'needs_recipe' : lines.includes('deducted') ? 'deducted' : 'ignored';
  }

  return {
    page(given: readonly ModelRow[]) {
      const touched: Kept[] = [];
      for (const row of given) {
        const before = rows.get(row.id);
        if (before && JSON.stringify(before.row) === JSON.stringify(row)) continue;
        const kept = before ?? { row, isHistoric: row.at < options.stockFrom, live: [], ignored: new Set<number>(), state: '' };
        for (const line of [...kept.ignored])
          if (JSON.stringify(kept.row.items[line]) !== JSON.stringify(row.items[line])) kept.ignored.delete(line);
        // A line that is not poured is judged anew when it is.
        kept.row = row;
        if (!isPoured(kept)) kept.ignored.clear();
        rows.set(row.id, kept);
        touched.push(kept);
      }
      settle(touched);
    },
    recipe(term: number, item: number, hidden: boolean, parts: Part[]) {
      recipes.set(key(term, item), { hidden, parts });
    },
    deduct() {
      settle([...rows.values()].filter(({ state }) => state === 'needs_recipe').sort((a, b) => a.row.id - b.row.id));
    },
    refill(term: number, ingredient: number, quantity: number) {
      const at = stock.get(key(term, ingredient)) ?? { quantity: 0, countedAt: Number.NEGATIVE_INFINITY };
      stock.set(key(term, ingredient), { ...at, quantity: at.quantity + quantity });
    },
    count(term: number, ingredient: number, quantity: number, at: number) {
      stock.set(key(term, ingredient), { quantity, countedAt: at });
    },
    rows: () =>
      [...rows.values()].sort((a, b) => a.row.id - b.row.id).map(({ row, state }) => [row.id, row.status, row.sum, state]),
    sold: () => {
      const sales = [...rows.values()].filter(({ row }) => row.result === 1 && row.status !== 4 && row.reverse === 0);
      return { sales: sales.length, revenue: sales.reduce((sum, { row }) => sum + row.sum, 0) };
    },
    stock: () => [...stock].map(([at, { quantity }]) => [at, quantity]).sort(),
  };
}
