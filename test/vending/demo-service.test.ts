import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import { demoSales } from '../../sql/demo/vending-sales.ts';
import { startDemoService } from '../../workers/vending/demo-service.ts';
import { knownServices } from '../../workers/vending/services.ts';
import { type VendingStage, vendingStage, vendingWorld } from './stage.ts';

const OUTSIDE = 'http://127.0.0.1:9';
const count = z.object({ count: z.int() });
let stage: VendingStage;
let today: string;
/** The day around which the demo was loaded: sales of the days from it on are still to be read. */
let loaded: string;

beforeAll(async () => {
  stage = await vendingStage();
  today = dayOf(new Date(), 'UTC');
  loaded = addDays(today, -1);
  await loadDemo(stage.database.db, { today: loaded });
});
afterAll(() => stage.close());

test('the demo sells the same to everybody who asks, and no id twice', () => {
  const [from, to] = [new Date('2026-03-01T00:00:00Z'), new Date('2026-03-15T00:00:00Z')];
  const sales = demoSales(from, to);
  expect(sales.length).toBeGreaterThan(600);
  expect(new Set(sales.map(({ id }) => id)).size).toBe(sales.length);
  const middle = new Date('2026-03-07T12:10:00Z');
  expect([...demoSales(from, middle), ...demoSales(new Date(middle.getTime() + 1), to)]).toEqual(sales);
  const last = sales.at(-1)?.at as Date;
  expect(demoSales(last, last)).toHaveLength(1);
  expect(demoSales(new Date(last.getTime() + 1), to)).toEqual([]);
});

test('the service listens on this machine’s loopback alone, and never tells what is still to come', async () => {
  const now = new Date(`${today}T12:00:00Z`);
  const root = await startDemoService(() => now);
  expect(new URL(root).hostname).toBe('127.0.0.1');
  const query = `DateFrom=${today}T00:00:00&DateTo=${addDays(today, 1)}T00:00:00&PageNumber=1&ItemsOnPage=500`;
  const { items } = (await (await fetch(`${root}/transactions?${query}`)).json()) as { items: { id: number }[] };
  expect(items.map(({ id }) => id)).toEqual(demoSales(new Date(`${today}T00:00:00Z`), now).map(({ id }) => id));
});

test('the demo’s machines are read by the worker as any others, and what was loaded is read again as it is', async () => {
  const { db } = stage.database;
  const world = vendingWorld(db, stage.fake, { ...stage.settings, vendingApiRoot: OUTSIDE, vendingKeys: [] }, knownServices);
  const at = new Date();
  const from = new Date(`${addDays(loaded, -1)}T00:00:00Z`);
  const of = (table: ReturnType<typeof sql.fragment>) =>
    db.oneFirst(sql.type(count)`select count(*)::int as count from ${table}`);
  const before = await of(sql.fragment`vending_transactions`);
  expect(before).toBe(demoSales(new Date(`${addDays(loaded, -14)}T00:00:00Z`), new Date(Date.parse(loaded) - 1)).length);

  expect(await world.run('vending_terminals', {}, { at })).toMatchObject({
    status: 'success',
    result: { terminals: 3, added: 0 },
  });
  const [known, sold] = [
    demoSales(from, new Date(Date.parse(loaded) - 1)).length,
    demoSales(new Date(Date.parse(loaded)), at).length,
  ];
  const body = { from: from.toISOString(), to: at.toISOString() };
  expect(await world.run('vending_import', body, { at })).toMatchObject({
    status: 'success',
    result: { added: sold, updated: 0, unchanged: known, deducted: sold, needs_recipe: 0, owners: 1 },
  });
  expect(await world.run('vending_import', body, { at })).toMatchObject({
    status: 'success',
    result: { added: 0, updated: 0, unchanged: known + sold, deducted: 0 },
  });
  expect(await of(sql.fragment`vending_transactions`)).toBe(before + sold);
  expect(stage.fake.asked).toEqual([]);
});
