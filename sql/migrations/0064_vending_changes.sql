-- Pages that show vending machines are told when something of theirs changed: what was sold, what is in the machines, tasks, recipes.
-- The quantities themselves change with their entries, so these alone are told of.
do $$
declare
  told text;
begin
  foreach told in array array['vending_owners', 'vending_terminals', 'vending_transactions', 'vending_tasks', 'recipes', 'ingredients', 'stock_entries'] loop
    execute format('create trigger changes_of_new_vending after insert on %I referencing new table as touched
      for each statement execute function changes_at_all(''vending'')', told);
    if told <> 'stock_entries' then
      execute format('create trigger changes_of_vending after update on %I referencing new table as touched
        for each statement execute function changes_at_all(''vending'')', told);
    end if;
  end loop;
end $$;
