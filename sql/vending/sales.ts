import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

/** Days of sales are Moscow's, where the service counts them. */
const day = sql.fragment`(happened_at at time zone 'Europe/Moscow')::date`;

export const salesLine = z.object({
  owner_id: z.int(),
  day: z.iso.date().nullable(),
  terminal_id: z.int().nullable(),
  terminal: z.string().nullable(),
  machine_item_id: z.int().nullable().meta({ description: 'null: a sale of unknown items' }),
  item: z.string().nullable(),
  sales: z.int(),
  portions: z.int(),
  revenue_minor: z.int(),
});

type Wanted = { from: string; to: string; by: 'day' | 'terminal' | 'item' };

/**
 * The sales (V12) of Moscow's days, both included, by day, terminal or item. By item, the money of a sale of several items is told
 * with its first one, so that it adds up; portions are each item's own.
 */
export const sumSales = (db: Sql, whose: Whose, { from, to, by }: Wanted) => {
  const [byDay, byTerminal, byItem] = [by === 'day', by !== 'day', by === 'item'];
  return db.any(sql.type(salesLine)`
    with chosen as materialized (
      select sale.owner_id, sale.vendista_id, sum_minor, ${day} as day, terminal.id as terminal_id, terminal.name as terminal
      from vending_sales sale
      join vending_owners owner on owner.id = sale.owner_id
      left join vending_terminals terminal on terminal.owner_id = sale.owner_id and terminal.vendista_id = terminal_vendista_id
      where ${isAmong(whose, 'vending_owner', 'owner')}
        and happened_at >= (${from}::date)::timestamp at time zone 'Europe/Moscow'
        and happened_at < (${to}::date + 1)::timestamp at time zone 'Europe/Moscow'
    ), line as (
      select chosen.*, item.machine_item_id, coalesce(item.quantity, 1) as portions,
        row_number() over (partition by chosen.owner_id, chosen.vendista_id order by item.line_no) = 1 as is_first
      from chosen left join vending_transaction_items item
        on item.owner_id = chosen.owner_id and item.vendista_id = chosen.vendista_id
    ), grouped as (
      select owner_id, case when ${byDay}::boolean then day end as day,
        case when ${byTerminal}::boolean then terminal_id end as terminal_id,
        case when ${byTerminal}::boolean then terminal end as terminal,
        case when ${byItem}::boolean then machine_item_id end as machine_item_id,
        count(*) filter (where is_first)::int as sales, sum(portions)::int as portions,
        coalesce(sum(sum_minor) filter (where is_first), 0)::bigint as revenue_minor
      from line group by 1, 2, 3, 4, 5
    )
    select grouped.*, nullif(recipes.name, '') as item
    from grouped left join recipes on recipes.terminal_id = grouped.terminal_id and recipes.machine_item_id = grouped.machine_item_id
    order by owner_id, day, terminal_id, machine_item_id`);
};

const summary = z.object({
  owner_id: z.int(),
  user_id: z.int(),
  terminals: z.array(z.object({ terminal: z.string(), sales: z.int(), revenue_minor: z.int() })),
});

/** What each active owner's machines sold on a day of Moscow, those by their numbers that no list named yet; owners without terminals are left out. */
export const salesOfDay = (db: Sql, date: string, after: number, limit: number) =>
  db.any(sql.type(summary)`
    select owner.id as owner_id, user_id, coalesce((
      select json_agg(json_build_object('terminal', name, 'sales', sales, 'revenue_minor', revenue) order by revenue desc, name)
      from (
        select coalesce(terminal.name, terminal_vendista_id::text) as name, count(*) as sales, sum(sum_minor) as revenue
        from vending_sales sale left join vending_terminals terminal on terminal.owner_id = sale.owner_id and terminal.vendista_id = terminal_vendista_id
        where sale.owner_id = owner.id
          and happened_at >= (${date}::date)::timestamp at time zone 'Europe/Moscow'
          and happened_at < (${date}::date + 1)::timestamp at time zone 'Europe/Moscow'
        group by terminal.id, terminal_vendista_id
      ) sold), '[]') as terminals
    from vending_owners owner
    where owner.id > ${after} and is_active and exists (select from vending_terminals where owner_id = owner.id and is_active)
    order by owner.id limit ${limit}`);
