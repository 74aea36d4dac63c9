import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const id = sql.type(z.object({ id: z.int() }));

/** What is in the machines, by name, unit, thousandths a portion of each drink, capacity and mark. */
const INGREDIENTS = [
  ['Кофе в зёрнах', 'g', 9_000, 2_000_000, 400_000],
  ['Молоко', 'ml', 120_000, 10_000_000, 2_000_000],
  ['Стаканы', 'pcs', 1_000, 400_000, 60_000],
] as const;
const TERMINALS = ['Холл', 'Второй этаж', 'Раздевалка'];
/** Espresso takes no milk. */
const DRINKS = [
  [1, 'Эспрессо', [0, 2], 12_000],
  [2, 'Капучино', [0, 1, 2], 18_000],
] as const;

/**
 * Three machines of an owner, with recipes, stock, and two days of sales of which the stock is told. Nothing is read from outside: the
 * owner has no credentials. Returns how many machines there are.
 */
export async function insertVending(db: Sql, ownerUserId: number, today: string): Promise<number> {
  await db.query(
    sql.unsafe`insert into user_roles (user_id, role) values (${ownerUserId}, 'vending_owner') on conflict do nothing`,
  );
  const owner = await db.oneFirst(id`
    insert into vending_owners (user_id, setup_date, stock_from, synced_at)
    values (${ownerUserId}, ${today}::date - 30, ${today}::date - 3, null) returning id`);
  const warehouse = await db.oneFirst(id`insert into stock_places (owner_id, kind) values (${owner}, 'warehouse') returning id`);
  const ingredients: number[] = [];
  for (const [name, unit] of INGREDIENTS)
    ingredients.push(
      await db.oneFirst(id`insert into ingredients (owner_id, name, unit) values (${owner}, ${name}, ${unit}) returning id`),
    );
  for (const [n, name] of TERMINALS.entries()) {
    const terminal = await db.oneFirst(id`
      insert into vending_terminals (owner_id, vendista_id, name) values (${owner}, ${n + 1}, ${name}) returning id`);
    const machine = await db.oneFirst(id`
      with places as (
        insert into stock_places (owner_id, kind, terminal_id) values (${owner}, 'machine', ${terminal}), (${owner}, 'stand', ${terminal})
        returning id, kind)
      select id from places where kind = 'machine'`);
    for (const [item, drink, parts] of DRINKS) {
      const recipe = await db.oneFirst(id`
        insert into recipes (owner_id, terminal_id, machine_item_id, name) values (${owner}, ${terminal}, ${item}, ${drink}) returning id`);
      for (const part of parts)
        await db.query(sql.unsafe`
          insert into recipe_items (owner_id, recipe_id, ingredient_id, quantity_milli)
          values (${owner}, ${recipe}, ${ingredients[part]!}, ${INGREDIENTS[part][2]})`);
    }
    for (const [part, [, , , capacity, critical]] of INGREDIENTS.entries()) {
      // The last machine is about to run low.
      const filled = n === TERMINALS.length - 1 ? critical + Math.round(critical / 10) : capacity;
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
  return TERMINALS.length;
}

/** Forty sales a machine on the two days before, and what they took from the stock. */
async function insertSales(db: Sql, owner: number, today: string) {
  await db.query(sql.unsafe`
    insert into vending_transactions (owner_id, vendista_id, terminal_vendista_id, sum_minor, happened_at, result, status, is_historic)
    select ${owner}::int, terminal * 1000 + n, terminal, case when n % 2 = 0 then ${DRINKS[0][3]}::int else ${DRINKS[1][3]}::int end,
      (${today}::date - 1 - n % 2)::timestamp at time zone 'Europe/Moscow' + interval '8 hours' + n * interval '17 minutes', 1, 1, false
    from generate_series(1, ${TERMINALS.length}::int) terminal, generate_series(1, 40) n order by 2`);
  await db.query(sql.unsafe`
    insert into vending_transaction_items (owner_id, vendista_id, line_no, machine_item_id, quantity)
    select owner_id, vendista_id, 0, 1 + vendista_id % 2, 1 from vending_transactions where owner_id = ${owner} order by vendista_id`);
  await db.query(sql.unsafe`
    select settle_sales(${owner}::int, (select array_agg(vendista_id) from vending_transactions where owner_id = ${owner}), 'demo')`);
  await db.query(sql.unsafe`
    select settle_restock_tasks((select array_agg(id) from vending_terminals where owner_id = ${owner}), 'demo')`);
  await db.query(sql.unsafe`update stock_entries set notified_at = now() where owner_id = ${owner} and notified_at is null`);
}
