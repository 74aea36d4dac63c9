import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { DAY_MS } from '../database/instants.ts';
import { DEMO_DRINKS, DEMO_MACHINES, demoSales } from './vending-sales.ts';

const id = sql.type(z.object({ id: z.int() }));

/** What is in the machines, by name, unit, thousandths a portion of each drink, capacity and mark. */
const INGREDIENTS = [
  ['Кофе в зёрнах', 'g', 9_000, 2_000_000, 400_000],
  ['Молоко', 'ml', 120_000, 10_000_000, 2_000_000],
  ['Стаканы', 'pcs', 1_000, 400_000, 60_000],
] as const;
/** What a portion of each item takes: espresso takes no milk. */
const PARTS: Readonly<Record<number, readonly number[]>> = { 1: [0, 2], 2: [0, 1, 2] };
/** Days of sales, and of those the last ones that the stock knows of. */
const DAYS = 14;
const STOCK_DAYS = 2;

/**
 * Three machines of an owner, with recipes, stock, and two weeks of sales, of whose last two days the stock is told. They report to the
 * demo's own service, on this machine's loopback, which goes on selling. Returns how many machines there are.
 */
export async function insertVending(db: Sql, ownerUserId: number, today: string): Promise<number> {
  await db.query(
    sql.unsafe`insert into user_roles (user_id, role) values (${ownerUserId}, 'vending_owner') on conflict do nothing`,
  );
  const owner = await db.oneFirst(id`
    insert into vending_owners (user_id, service, setup_date, stock_from, synced_at)
    values (${ownerUserId}, 'demo', ${today}::date - ${DAYS}::int, (${today}::date - ${STOCK_DAYS}::int)::timestamp at time zone 'UTC', null) returning id`);
  const warehouse = await db.oneFirst(id`insert into stock_places (owner_id, kind) values (${owner}, 'warehouse') returning id`);
  const ingredients: number[] = [];
  for (const [name, unit] of INGREDIENTS)
    ingredients.push(
      await db.oneFirst(id`insert into ingredients (owner_id, name, unit) values (${owner}, ${name}, ${unit}) returning id`),
    );
  for (const [n, name] of DEMO_MACHINES.entries()) {
    const terminal = await db.oneFirst(id`
      insert into vending_terminals (owner_id, vendista_id, name) values (${owner}, ${n + 1}, ${name}) returning id`);
    const machine = await db.oneFirst(id`
      with places as (
        insert into stock_places (owner_id, kind, terminal_id) values (${owner}, 'machine', ${terminal}), (${owner}, 'stand', ${terminal})
        returning id, kind)
      select id from places where kind = 'machine'`);
    for (const { item, name: drink } of DEMO_DRINKS) {
      const recipe = await db.oneFirst(id`
        insert into recipes (owner_id, terminal_id, machine_item_id, name) values (${owner}, ${terminal}, ${item}, ${drink}) returning id`);
      for (const part of PARTS[item] ?? [])
        await db.query(sql.unsafe`
          insert into recipe_items (owner_id, recipe_id, ingredient_id, quantity_milli)
          values (${owner}, ${recipe}, ${ingredients[part]!}, ${INGREDIENTS[part]?.[2] ?? 0})`);
    }
    for (const [part, [, , , capacity, critical]] of INGREDIENTS.entries()) {
      // The last machine is about to run low.
      const filled = n === DEMO_MACHINES.length - 1 ? critical + Math.round(critical / 10) : capacity;
      for (const [place, room, mark, quantity] of [
        [machine, capacity, critical, filled],
        [warehouse, 0, 0, n === 0 ? capacity * 3 : 0],
      ] as const) {
        if (quantity === 0) continue;
        await db.query(sql.unsafe`
          insert into inventories (owner_id, place_id, ingredient_id, capacity_milli, critical_milli)
          values (${owner}, ${place}, ${ingredients[part]!}, ${room}, ${mark})`);
        await db.query(sql.unsafe`
          insert into stock_entries (owner_id, place_id, ingredient_id, delta_milli, reason, created_by, notified_at)
          values (${owner}, ${place}, ${ingredients[part]!}, ${quantity}, 'refill', 'demo', now())`);
      }
    }
  }
  await insertSales(db, owner, today);
  return DEMO_MACHINES.length;
}

/** What was sold on the days before, and what it took from the stock: the rows that the demo's service tells of, too. */
async function insertSales(db: Sql, owner: number, today: string) {
  const midnight = Date.parse(today);
  const sales = demoSales(new Date(midnight - DAYS * DAY_MS), new Date(midnight - 1));
  await db.query(sql.unsafe`
    insert into vending_transactions (owner_id, vendista_id, terminal_vendista_id, sum_minor, happened_at, result, status, is_historic)
    select owner.id, given.id, terminal, sum, happened_at, 1, 1, happened_at < owner.stock_from
    from vending_owners owner, ${sql.unnest(
      sales.map(({ id, terminal, sum, at }) => [id, terminal, sum, at.toISOString()]),
      ['int8', 'int8', 'int8', 'timestamptz'],
    )} as given (id, terminal, sum, happened_at)
    where owner.id = ${owner} order by given.id`);
  await db.query(sql.unsafe`
    insert into vending_transaction_items (owner_id, vendista_id, line_no, machine_item_id, quantity)
    select ${owner}::int, given.id, 0, item, 1
    from ${sql.unnest(
      sales.map(({ id, item }) => [id, item]),
      ['int8', 'int8'],
    )} as given (id, item) order by given.id`);
  await db.query(sql.unsafe`
    select settle_sales(${owner}::int, (select array_agg(vendista_id) from vending_transactions where owner_id = ${owner}), 'demo')`);
  await db.query(sql.unsafe`
    select settle_restock_tasks((select array_agg(id) from vending_terminals where owner_id = ${owner}), 'demo')`);
  await db.query(sql.unsafe`update stock_entries set notified_at = now() where owner_id = ${owner} and notified_at is null`);
}
