import { sql } from '../database/database.ts';

export const stockRules = ['stock_sum', 'stock_twice', 'stock_move', 'stock_state'] as const;

/**
 * What is amiss with the stock of vending machines (V31), as rows of rule, id and detail: a quantity that is not the sum of its entries
 * or below zero; a line with two live deductions of one ingredient; a move that does not net to zero; a line whose state and entries
 * do not fit.
 */
export const stockNotSquare = sql.fragment`
  with live as materialized (
    select owner_id, vendista_id, line_no, ingredient_id from stock_entries entry
    where reason = 'sale' and not exists (select from stock_entries back where back.reverses_id = entry.id)
  ), summed as (
    select place_id, ingredient_id, sum(delta_milli) as sum from stock_entries group by 1, 2
  )
  select 'stock_sum' as rule, coalesce(stock.place_id, summed.place_id) as id,
    format('ingredient %s: %s, entries %s', coalesce(stock.ingredient_id, summed.ingredient_id), quantity_milli, coalesce(sum, 0)) as detail
  from inventories stock full join summed using (place_id, ingredient_id)
  where coalesce(quantity_milli, 0) <> coalesce(sum, 0) or quantity_milli < 0
  union all
  select 'stock_twice', owner_id, format('sale %s, line %s: %s deductions of ingredient %s', vendista_id, line_no, count(*), ingredient_id)
  from live group by owner_id, vendista_id, line_no, ingredient_id having count(*) > 1
  union all
  select 'stock_move', min(owner_id), format('move %s: %s', moved_with, sum(delta_milli))
  from stock_entries where moved_with is not null group by moved_with
  having sum(delta_milli) <> 0 or count(*) <> 2 or count(distinct ingredient_id) <> 1 or count(distinct owner_id) <> 1
  union all
  select 'stock_state', owner_id, format('sale %s, line %s: %s, deducted: %s', vendista_id, line_no, stock_state, is_live)
  from (
    select owner_id, vendista_id, line_no, item.stock_state, live.is_live is not null as is_live
    from vending_transaction_items item
    full join (select distinct owner_id, vendista_id, line_no, true as is_live from live) live using (owner_id, vendista_id, line_no)
  ) line
  where is_live <> (coalesce(stock_state, '') = 'deducted')
  union all
  select 'stock_state', owner_id, format('sale %s: %s without a deduction', vendista_id, stock_state)
  from vending_transactions sale
  where stock_state = 'deducted'
    and not exists (select from live where live.owner_id = sale.owner_id and live.vendista_id = sale.vendista_id)
  union all
  select 'stock_state', owner_id, format('sale %s: %s with a deduction', vendista_id, stock_state)
  from vending_transactions sale
  where stock_state in ('not_poured', 'historic', 'unknown_terminal', 'unknown_item', 'ignored')
    and exists (select from live where live.owner_id = sale.owner_id and live.vendista_id = sale.vendista_id)`;
