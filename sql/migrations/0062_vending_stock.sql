-- Whoever changes stock, recipes or terminals of an owner takes this first, so that one thing happens after the other.
create function lock_vending_owner(whose integer) returns void language sql as $$
  select from vending_owners where id = whose for no key update
$$;

-- Makes the stock what the given sales, as they were read last, say it is (V13-V16, V18-V20). What was deducted for a line that is no
-- longer poured, or is another item, quantity or machine now, comes back by contra entries; then lines that are poured and not deducted
-- leave, in the order of their sales, as far as there is something to take. A sale that a count has seen leaves the row alone: an entry
-- of 0 notes it. Call it with the owner locked; asked twice for the same sales it does nothing the second time.
-- missing: items without a recipe that nobody was told of before, as [{terminal_id, machine_item_id}].
create function settle_sales(whose integer, ids bigint[], who text,
  out deducted integer, out came_back integer, out needs_recipe integer, out unknown_item integer, out unknown_terminal integer,
  out terminals integer[], out missing jsonb) language plpgsql as $$
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

  with sale as materialized (
    select sale.vendista_id, sale.happened_at, sale.is_historic, terminal.id as terminal_id, place.id as place_id,
      sale.result = 1 and sale.status <> 4 and sale.sum_minor >= 0
        and not (owner.refund_returns_stock and sale.reverse_id <> 0) and not sale.is_historic as is_poured
    from vending_transactions sale
    join vending_owners owner on owner.id = sale.owner_id
    left join vending_terminals terminal on terminal.owner_id = whose and terminal.vendista_id = sale.terminal_vendista_id
    left join stock_places place on place.terminal_id = terminal.id and place.kind = 'machine'
    where sale.owner_id = whose and sale.vendista_id = any(ids)
  ), line as materialized (
    select sale.*, item.line_no, item.machine_item_id, item.quantity, item.stock_state
    from sale join vending_transaction_items item on item.owner_id = whose and item.vendista_id = sale.vendista_id
  ), live as materialized (
    select entry.id, entry.vendista_id, entry.line_no, entry.ingredient_id, entry.place_id, entry.delta_milli, entry.round,
      exists (
        select from line where line.vendista_id = entry.vendista_id and line.line_no = entry.line_no and line.is_poured
          and line.place_id = entry.place_id and line.machine_item_id = entry.machine_item_id and line.quantity = entry.portions
      ) as is_kept
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
      and not exists (
        select from live where is_kept and live.vendista_id = line.vendista_id and live.line_no = line.line_no)
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

  with sale as materialized (
    select sale.vendista_id, terminal.id as terminal_id, sale.is_historic,
      sale.result = 1 and sale.status <> 4 and sale.sum_minor >= 0 and not (owner.refund_returns_stock and sale.reverse_id <> 0) as is_poured
    from vending_transactions sale
    join vending_owners owner on owner.id = sale.owner_id
    left join vending_terminals terminal on terminal.owner_id = whose and terminal.vendista_id = sale.terminal_vendista_id
    where sale.owner_id = whose and sale.vendista_id = any(ids)
  ), judged as materialized (
    select item.vendista_id, item.line_no, item.machine_item_id, sale.terminal_id, item.stock_state as was,
      case
        when is_historic then 'historic'
        when not is_poured then 'not_poured'
        when sale.terminal_id is null then 'unknown_terminal'
        when exists (
          select from stock_entries entry
          where entry.owner_id = whose and entry.vendista_id = item.vendista_id and entry.line_no = item.line_no and entry.reason = 'sale'
            and not exists (select from stock_entries back where back.reverses_id = entry.id)
        ) then 'deducted'
        when recipes.is_hidden or item.stock_state = 'ignored' then 'ignored'
        else 'needs_recipe'
      end as state
    from sale
    join vending_transaction_items item on item.owner_id = whose and item.vendista_id = sale.vendista_id
    left join recipes on recipes.terminal_id = sale.terminal_id and recipes.machine_item_id = item.machine_item_id
  ), lines as (
    update vending_transaction_items item set stock_state = judged.state from judged
    where item.owner_id = whose and item.vendista_id = judged.vendista_id and item.line_no = judged.line_no
      and judged.was is distinct from judged.state
  ), whole as materialized (
    select sale.vendista_id, sale.terminal_id,
      case
        when is_historic then 'historic'
        when not is_poured then 'not_poured'
        when sale.terminal_id is null then 'unknown_terminal'
        when count(judged.state) = 0 then 'unknown_item'
        when bool_or(judged.state = 'needs_recipe') then 'needs_recipe'
        when bool_or(judged.state = 'deducted') then 'deducted'
        else 'ignored'
      end as state
    from sale left join judged using (vendista_id)
    group by sale.vendista_id, sale.terminal_id, is_historic, is_poured
  ), rows as (
    update vending_transactions sale set stock_state = whole.state from whole
    where sale.owner_id = whose and sale.vendista_id = whole.vendista_id and sale.stock_state <> whole.state
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

-- A machine's ingredients that are critical (V22): at or below their mark, or in a shown recipe without any inventory row.
create function critical_ingredients(terminals integer[])
returns table (owner_id integer, terminal_id integer, ingredient_id integer, quantity_milli bigint, critical_milli bigint, is_missing boolean)
language sql stable as $$
  select place.owner_id, place.terminal_id, stock.ingredient_id, stock.quantity_milli, stock.critical_milli, false
  from stock_places place join inventories stock on stock.place_id = place.id
  where place.terminal_id = any(terminals) and place.kind = 'machine'
    and stock.capacity_milli > 0 and stock.quantity_milli <= stock.critical_milli
  union all
  select distinct recipes.owner_id, recipes.terminal_id, part.ingredient_id, 0::bigint, 0::bigint, true
  from recipes
  join recipe_items part on part.recipe_id = recipes.id
  join stock_places place on place.terminal_id = recipes.terminal_id and place.kind = 'machine'
  where recipes.terminal_id = any(terminals) and not recipes.is_hidden
    and not exists (
      select from inventories stock where stock.place_id = place.id and stock.ingredient_id = part.ingredient_id)
$$;

-- Opens, extends and completes the automatic tasks of terminals (V22, V23); part of every transaction that changes their stock.
-- fresh: tasks with ingredients that nobody was told of, as [{task_id, terminal_id, ingredient_ids}]; done: tasks completed now.
create function settle_restock_tasks(terminals integer[], who text, out fresh jsonb, out created integer, out done integer[]) language plpgsql as $$
begin
  with over as (
    update vending_tasks task set status = 'completed', completed_at = now(), completed_by = who
    where task.terminal_id = any(terminals) and task.origin = 'auto' and task.status = 'pending'
      and not exists (
        select from vending_task_items item join critical_ingredients(terminals) critical
          on critical.terminal_id = task.terminal_id and critical.ingredient_id = item.ingredient_id
        where item.task_id = task.id)
    returning id
  )
  select coalesce(array_agg(id order by id), '{}') into done from over;

  with opened as (
    insert into vending_tasks (owner_id, terminal_id, origin, assignee_id, created_by)
    select distinct terminal.owner_id, terminal.id, 'auto', terminal.assignee_id, who
    from critical_ingredients(terminals) critical join vending_terminals terminal on terminal.id = critical.terminal_id
    where terminal.is_active
    order by terminal.id
    on conflict (terminal_id) where origin = 'auto' and status = 'pending' do nothing
    returning id
  )
  select count(*) into created from opened;

  with joined as (
    insert into vending_task_items (owner_id, task_id, ingredient_id)
    select task.owner_id, task.id, critical.ingredient_id
    from critical_ingredients(terminals) critical
    join vending_tasks task on task.terminal_id = critical.terminal_id and task.origin = 'auto' and task.status = 'pending'
    order by task.id, critical.ingredient_id
    on conflict do nothing
    returning task_id, ingredient_id
  ), news as (
    select task_id, terminal_id, jsonb_agg(ingredient_id order by ingredient_id) as ingredient_ids
    from joined join vending_tasks task on task.id = task_id group by task_id, terminal_id
  )
  select coalesce(jsonb_agg(to_jsonb(news) order by task_id), '[]') into fresh from news;
end $$;
