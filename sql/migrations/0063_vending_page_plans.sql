-- settle_sales as before, with plans that hold for a page of any size: what the planner takes for one row (sales named by an array) met
-- itself in nested loops, a page's time grew with the square of its sales.
-- What its rows are compared with is hashed, an owner's machines are read once.

-- Makes the stock what the given sales, as they were read last, say it is (V13-V16, V18-V20). What was deducted for a line that is no
-- longer poured, or is another item, quantity or machine now, comes back by contra entries; then lines that are poured and not deducted
-- leave, in the order of their sales, as far as there is something to take. A sale that a count has seen leaves the row alone: an entry
-- of 0 notes it. Call it with the owner locked; asked twice for the same sales it does nothing the second time.
-- missing: items without a recipe that nobody was told of before, as [{terminal_id, machine_item_id}].
create or replace function settle_sales(whose integer, ids bigint[], who text,
  out deducted integer, out came_back integer, out needs_recipe integer, out unknown_item integer, out unknown_terminal integer,
  out terminals integer[], out missing jsonb) language plpgsql as $$
declare
  returns_stock boolean := (select refund_returns_stock from vending_owners where id = whose);
begin
  perform from inventories where (place_id, ingredient_id) in (
      select place.id, item.ingredient_id
      from vending_transactions sale
      join vending_terminals terminal on terminal.owner_id = whose and terminal.vendista_id = sale.terminal_vendista_id
      join stock_places place on place.terminal_id = terminal.id and place.kind = 'machine'
      join recipes on recipes.terminal_id = terminal.id
      join recipe_items item on item.recipe_id = recipes.id
      where sale.owner_id = whose and sale.vendista_id = any(ids)
      union
      select place_id, ingredient_id from stock_entries where owner_id = whose and vendista_id = any(ids) and reason = 'sale'
    ) order by place_id, ingredient_id for update;

  with machine as materialized (
    select terminal.vendista_id, terminal.id, place.id as place_id
    from vending_terminals terminal
    left join stock_places place on place.terminal_id = terminal.id and place.kind = 'machine'
    where terminal.owner_id = whose
  ), sale as materialized (
    select sale.vendista_id, sale.happened_at, sale.is_historic, machine.id as terminal_id, machine.place_id,
      sale.result = 1 and sale.status <> 4 and sale.sum_minor >= 0
        and not (returns_stock and sale.reverse_id <> 0) and not sale.is_historic as is_poured
    from vending_transactions sale left join machine on machine.vendista_id = sale.terminal_vendista_id
    where sale.owner_id = whose and sale.vendista_id = any(ids)
  ), line as materialized (
    select sale.*, item.line_no, item.machine_item_id, item.quantity, item.stock_state
    from sale join vending_transaction_items item on item.owner_id = whose and item.vendista_id = sale.vendista_id
  ), live as materialized (
    select entry.id, entry.vendista_id, entry.line_no, entry.ingredient_id, entry.place_id, entry.delta_milli, entry.round,
      (entry.vendista_id, entry.line_no, entry.place_id, entry.machine_item_id, entry.portions)
        in (select vendista_id, line_no, place_id, machine_item_id, quantity from line where is_poured) as is_kept
    from stock_entries entry
    where entry.owner_id = whose and entry.vendista_id = any(ids) and entry.reason = 'sale'
      and not exists (select from stock_entries back where back.reverses_id = entry.id)
  ), back as materialized (
    select live.*, case when sale.happened_at <= stock.counted_at then 0 else -live.delta_milli end as delta
    from live join sale using (vendista_id)
    left join inventories stock on stock.place_id = live.place_id and stock.ingredient_id = live.ingredient_id
    where not is_kept
  ), need as materialized (
    select line.vendista_id, line.line_no, line.happened_at, line.machine_item_id, line.quantity, line.place_id, part.ingredient_id,
      part.quantity_milli * line.quantity as wanted,
      coalesce(line.happened_at <= stock.counted_at, false) as is_counted,
      coalesce(stock.quantity_milli, 0) + coalesce((
        select sum(back.delta) from back where back.place_id = line.place_id and back.ingredient_id = part.ingredient_id), 0) as there,
      1 + coalesce((
        select max(earlier.round) from stock_entries earlier
        where earlier.owner_id = whose and earlier.vendista_id = line.vendista_id and earlier.line_no = line.line_no
          and earlier.reason = 'sale'), 0) as round
    from line
    join recipes on recipes.terminal_id = line.terminal_id and recipes.machine_item_id = line.machine_item_id and not is_hidden
    join recipe_items part on part.recipe_id = recipes.id
    left join inventories stock on stock.place_id = line.place_id and stock.ingredient_id = part.ingredient_id
    where line.is_poured and line.stock_state is distinct from 'ignored'
      and (line.vendista_id, line.line_no) not in (select vendista_id, line_no from live where is_kept)
  ), before as (
    select need.*, coalesce(sum(wanted) filter (where not is_counted) over (
        partition by place_id, ingredient_id order by happened_at, vendista_id, line_no rows between unbounded preceding and 1 preceding), 0)
      as gone
    from need
  ), left_there as (
    select before.*, case when is_counted then 0 else least(wanted, greatest(there - gone, 0)) end as taken from before
  ), entered as (
    insert into stock_entries (owner_id, place_id, ingredient_id, delta_milli, shortfall_milli, reason, vendista_id, line_no,
      machine_item_id, portions, round, reverses_id, created_by)
    select whose, place_id, ingredient_id, delta, 0, 'return', vendista_id, line_no, null, null, round, id, who from back
    union all
    select whose, place_id, ingredient_id, -taken, case when is_counted then 0 else wanted - taken end, 'sale', vendista_id, line_no,
      machine_item_id, quantity, round, null, who from left_there
    returning reason, vendista_id, line_no
  )
  select count(distinct (vendista_id, line_no)) filter (where reason = 'sale'),
    count(distinct (vendista_id, line_no)) filter (where reason = 'return')
  into deducted, came_back from entered;

  with machine as materialized (
    select vendista_id, id from vending_terminals where owner_id = whose
  ), sale as materialized (
    select sale.vendista_id, machine.id as terminal_id, sale.is_historic, sale.stock_state as was,
      sale.result = 1 and sale.status <> 4 and sale.sum_minor >= 0 and not (returns_stock and sale.reverse_id <> 0) as is_poured
    from vending_transactions sale left join machine on machine.vendista_id = sale.terminal_vendista_id
    where sale.owner_id = whose and sale.vendista_id = any(ids)
  ), deducted as materialized (
    select vendista_id, line_no from stock_entries entry
    where entry.owner_id = whose and entry.vendista_id = any(ids) and entry.reason = 'sale'
      and not exists (select from stock_entries back where back.reverses_id = entry.id)
  ), judged as materialized (
    select sale.vendista_id, sale.terminal_id, sale.was as sale_was, is_historic, is_poured,
      item.line_no, item.machine_item_id, item.stock_state as was,
      case
        when item.line_no is null then null
        when is_historic then 'historic'
        when not is_poured then 'not_poured'
        when sale.terminal_id is null then 'unknown_terminal'
        when (item.vendista_id, item.line_no) in (select vendista_id, line_no from deducted) then 'deducted'
        when recipes.is_hidden or item.stock_state = 'ignored' then 'ignored'
        else 'needs_recipe'
      end as state
    from sale
    left join vending_transaction_items item on item.owner_id = whose and item.vendista_id = sale.vendista_id
    left join recipes on recipes.terminal_id = sale.terminal_id and recipes.machine_item_id = item.machine_item_id
  ), lines as (
    update vending_transaction_items item set stock_state = judged.state from judged
    where item.owner_id = whose and item.vendista_id = judged.vendista_id and item.line_no = judged.line_no
      and judged.was is distinct from judged.state
  ), whole as materialized (
    select vendista_id, terminal_id, sale_was as was,
      case
        when is_historic then 'historic'
        when not is_poured then 'not_poured'
        when terminal_id is null then 'unknown_terminal'
        when count(state) = 0 then 'unknown_item'
        when bool_or(state = 'needs_recipe') then 'needs_recipe'
        when bool_or(state = 'deducted') then 'deducted'
        else 'ignored'
      end as state
    from judged
    group by vendista_id, terminal_id, sale_was, is_historic, is_poured
  ), rows as (
    update vending_transactions sale set stock_state = whole.state from whole
    where sale.owner_id = whose and sale.vendista_id = whole.vendista_id and whole.was <> whole.state
  ), told as (
    insert into vending_missing_recipes (owner_id, terminal_id, machine_item_id)
    select distinct whose, terminal_id, machine_item_id from judged where state = 'needs_recipe'
    on conflict do nothing
    returning terminal_id, machine_item_id
  )
  select
    count(*) filter (where state = 'needs_recipe'), count(*) filter (where state = 'unknown_item'),
    count(*) filter (where state = 'unknown_terminal'),
    coalesce(array_agg(distinct terminal_id) filter (where terminal_id is not null), '{}'),
    coalesce((select jsonb_agg(to_jsonb(told) order by terminal_id, machine_item_id) from told), '[]')
  into needs_recipe, unknown_item, unknown_terminal, terminals, missing
  from whole;
end $$;
