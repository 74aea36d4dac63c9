import { DAY_MS } from '../database/instants.ts';

/** A portion that a machine of the demo studio sold. */
export type DemoSale = { id: number; terminal: number; item: number; sum: number; at: Date };

export const DEMO_MACHINES = ['Холл', 'Второй этаж', 'Раздевалка'];
/** Items by number: name, price in minor units. */
export const DEMO_DRINKS = [
  { item: 1, name: 'Эспрессо', price: 12_000 },
  { item: 2, name: 'Капучино', price: 18_000 },
];

const HALF_HOUR_MS = 30 * 60_000;
/** Machines sell from 08:00 to 20:00 by Moscow time, which has been three hours ahead of UTC all year since 2014. */
const OPENS_MS = 5 * 3_600_000;
const SLOTS = 24;

/**
 * What the demo's machines sell between two instants, both included, the oldest first: about twenty portions a day and machine, always
 * the same ones, so that whoever reads the same days again reads the same rows.
 */
export function demoSales(from: Date, to: Date): DemoSale[] {
  const sales: DemoSale[] = [];
  for (let day = Math.floor(from.getTime() / DAY_MS); day * DAY_MS <= to.getTime(); day += 1)
    for (let slot = 0; slot < SLOTS; slot += 1)
      for (const terminal of DEMO_MACHINES.keys()) {
        const chance = (day * 7 + slot * 5 + terminal * 3) % 11;
        const at = new Date(day * DAY_MS + OPENS_MS + slot * HALF_HOUR_MS + (terminal * 9 + chance) * 60_000);
        if (chance < 2 || at < from || at > to) continue;
        const drink = DEMO_DRINKS[(day + slot + terminal) % DEMO_DRINKS.length] as (typeof DEMO_DRINKS)[number];
        sales.push({
          id: day * 1_000 + (terminal + 1) * 100 + slot,
          terminal: terminal + 1,
          item: drink.item,
          sum: drink.price,
          at,
        });
      }
  return sales.sort((a, b) => a.at.getTime() - b.at.getTime() || a.id - b.id);
}
