import { count, day, money } from '../../../kit/formats.ts';
import { t } from '../../../kit/i18n.ts';
import { addDays, type Day } from '../../../kit/zone.ts';

export const WAYS = ['day', 'terminal', 'item'] as const;
export type Way = (typeof WAYS)[number];
export type SalesLine = {
  owner_id: number;
  day: string | null;
  terminal_id: number | null;
  terminal: string | null;
  machine_item_id: number | null;
  item: string | null;
  sales: number;
  portions: number;
  revenue_minor: number;
};
export type Bar = { key: string; title: string; sales: number; portions: number; revenue: number };

const empty = (key: string, title: string): Bar => ({ key, title, sales: 0, portions: 0, revenue: 0 });

/** Lines of several owners together, a bar each: every day of the period, the machines or items by what they brought. */
export function barsOf(lines: readonly SalesLine[], way: Way, from: Day, to: Day): Bar[] {
  const bars = new Map<string, Bar>();
  if (way === 'day') for (let date = from; date <= to; date = addDays(date, 1)) bars.set(date, empty(date, day(date)));
  for (const line of lines) {
    const [key, title] = nameOf(line, way);
    const bar = bars.get(key) ?? empty(key, title);
    bars.set(key, {
      ...bar,
      sales: bar.sales + line.sales,
      portions: bar.portions + line.portions,
      revenue: bar.revenue + line.revenue_minor,
    });
  }
  const all = [...bars.values()];
  return way === 'day' ? all : all.sort((a, b) => b.revenue - a.revenue || a.key.localeCompare(b.key));
}

function nameOf(line: SalesLine, way: Way): [key: string, title: string] {
  if (way === 'day') return [line.day ?? '', day(line.day ?? '')];
  const machine = line.terminal ?? t('vending.unknown_machine');
  if (way === 'terminal') return [`${line.owner_id} ${line.terminal_id}`, machine];
  const { machine_item_id: item } = line;
  const drink = line.item ?? (item === null ? t('vending.unknown_item') : t('vending.item', { item }));
  return [`${line.owner_id} ${line.terminal_id} ${item}`, `${drink}, ${machine}`];
}

/** A bar's figures, as a table and a chart say them. */
export const shown = (bar: Omit<Bar, 'key' | 'title'>) => ({
  sales: count(bar.sales),
  portions: count(bar.portions),
  revenue: money(bar.revenue),
});

export const totalOf = (bars: readonly Bar[]) => ({
  sales: bars.reduce((sum, bar) => sum + bar.sales, 0),
  portions: bars.reduce((sum, bar) => sum + bar.portions, 0),
  revenue: bars.reduce((sum, bar) => sum + bar.revenue, 0),
});
