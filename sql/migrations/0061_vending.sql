-- Vending machines: whose they are, what was sold, what is in them, and who is to refill them (V1-V31). Every table says whose its
-- rows are, and refers to others together with that, so that no row can point at another owner's (V2). Quantities are whole
-- thousandths of the ingredient's unit.

create table vending_owners (
  id integer generated always as identity primary key,
  user_id integer not null references users constraint vending_owner_is_one_person unique,
  -- Which telemetry service the machines report to.
  service text not null default 'vendista' check (service in ('vendista')),
  -- Encrypted (V3); null: not given.
  login_enc text,
  password_enc text,
  token_enc text,
  credentials text not null default 'valid' check (credentials in ('valid', 'invalid', 'needs_code')),
  credentials_since timestamptz not null default now(),
  setup_date date not null,
  -- Sales before it never touch the stock (V20).
  stock_from timestamptz not null,
  refund_returns_stock boolean not null default false,
  is_active boolean not null default true,
  -- Sales up to here have been read whole.
  read_to timestamptz,
  -- The last complete list of terminals, and what was missing from it, where that is not believed yet (V25).
  synced_at timestamptz,
  vanished bigint[] not null default '{}',
  created_at timestamptz not null default now(),
  check ((login_enc is null) = (password_enc is null))
);

create table vending_terminals (
  id integer generated always as identity primary key,
  owner_id integer not null references vending_owners,
  vendista_id bigint not null,
  name text not null,
  serial_number text,
  is_active boolean not null default true,
  is_online boolean not null default false,
  last_online_at timestamptz,
  assignee_id integer references users,
  synced_at timestamptz not null default now(),
  unique (owner_id, id),
  constraint vending_terminal_is_known_once unique (owner_id, vendista_id)
);

create table ingredients (
  id integer generated always as identity primary key,
  owner_id integer not null references vending_owners,
  name text not null check (char_length(name) between 1 and 100),
  unit text not null check (unit in ('g', 'ml', 'pcs')),
  created_at timestamptz not null default now(),
  unique (owner_id, id)
);

create table recipes (
  id integer generated always as identity primary key,
  owner_id integer not null,
  terminal_id integer not null,
  machine_item_id bigint not null,
  name text not null default '' check (char_length(name) <= 100),
  is_hidden boolean not null default false,
  unique (owner_id, id),
  constraint recipe_is_one_a_terminal_and_item unique (terminal_id, machine_item_id),
  foreign key (owner_id, terminal_id) references vending_terminals (owner_id, id)
);
create table recipe_items (
  id integer generated always as identity primary key,
  owner_id integer not null,
  recipe_id integer not null,
  ingredient_id integer not null,
  quantity_milli bigint not null check (quantity_milli between 1 and 1000000000),
  constraint recipe_names_an_ingredient_once unique (recipe_id, ingredient_id),
  foreign key (owner_id, recipe_id) references recipes (owner_id, id) on delete cascade,
  foreign key (owner_id, ingredient_id) references ingredients (owner_id, id)
);
create index on recipe_items (ingredient_id);

-- One row a sale, refund or failed try, as it was read last (V10). Rows that vanish at the service stay.
create table vending_transactions (
  owner_id integer not null references vending_owners,
  vendista_id bigint not null,
  terminal_vendista_id bigint not null,
  sum_minor bigint not null,
  happened_at timestamptz not null,
  result integer not null,
  status integer not null,
  reverse_id bigint not null default 0,
  card_mask text,
  comment text,
  -- Decided when it is first seen, for ever (V20).
  is_historic boolean not null,
  stock_state text not null default 'not_poured' check (stock_state in
    ('deducted', 'not_poured', 'historic', 'needs_recipe', 'unknown_item', 'unknown_terminal', 'ignored')),
  first_seen_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  primary key (owner_id, vendista_id)
);
create index on vending_transactions (owner_id, happened_at);
create index vending_transactions_waiting on vending_transactions (owner_id, terminal_vendista_id)
  where stock_state in ('needs_recipe', 'unknown_terminal');

create table vending_transaction_items (
  owner_id integer not null,
  vendista_id bigint not null,
  line_no smallint not null,
  machine_item_id bigint not null,
  quantity integer not null check (quantity > 0),
  -- Null: nobody has looked at it since it came or changed.
  stock_state text check (stock_state in ('deducted', 'not_poured', 'historic', 'needs_recipe', 'unknown_terminal', 'ignored')),
  primary key (owner_id, vendista_id, line_no),
  foreign key (owner_id, vendista_id) references vending_transactions
);

create table vending_rejects (
  id bigint generated always as identity primary key,
  owner_id integer not null references vending_owners,
  run_id integer references automated_process_history on delete set null,
  raw jsonb not null,
  reason text not null,
  created_at timestamptz not null default now()
);
-- The same row is rejected at every reading, and kept once.
create unique index vending_reject_is_kept_once on vending_rejects (owner_id, md5(raw::text));
create index on vending_rejects (run_id);

-- What the sales are (V12): whatever counts or sums uses it. A refunded sale and its refund are none; sum 0 is one.
create function is_vending_sale(result integer, status integer, reverse_id bigint) returns boolean language sql immutable as $$
  select result = 1 and status <> 4 and reverse_id = 0
$$;
create view vending_sales as
  select owner_id, vendista_id, terminal_vendista_id, sum_minor, happened_at, stock_state
  from vending_transactions where is_vending_sale(result, status, reverse_id);

-- Which items the owner was told need a recipe, each once (V21).
create table vending_missing_recipes (
  owner_id integer not null,
  terminal_id integer not null,
  machine_item_id bigint not null,
  first_at timestamptz not null default now(),
  primary key (terminal_id, machine_item_id),
  foreign key (owner_id, terminal_id) references vending_terminals (owner_id, id)
);

-- Where things lie: the owner's warehouse, and of each terminal the machine itself and the stand beside it.
create table stock_places (
  id integer generated always as identity primary key,
  owner_id integer not null references vending_owners,
  kind text not null check (kind in ('warehouse', 'stand', 'machine')),
  terminal_id integer,
  unique (owner_id, id),
  constraint a_terminal_has_one_place_of_a_kind unique (terminal_id, kind),
  foreign key (owner_id, terminal_id) references vending_terminals (owner_id, id),
  check ((kind = 'warehouse') = (terminal_id is null))
);
create unique index one_warehouse_an_owner on stock_places (owner_id) where kind = 'warehouse';

create table inventories (
  owner_id integer not null,
  place_id integer not null,
  ingredient_id integer not null,
  quantity_milli bigint not null default 0 constraint stock_is_never_negative check (quantity_milli >= 0),
  capacity_milli bigint not null default 0 check (capacity_milli >= 0),
  critical_milli bigint not null default 0 check (critical_milli >= 0),
  counted_at timestamptz,
  primary key (place_id, ingredient_id),
  foreign key (owner_id, place_id) references stock_places (owner_id, id),
  foreign key (owner_id, ingredient_id) references ingredients (owner_id, id)
);
create index on inventories (owner_id);
create index on inventories (ingredient_id);

-- Append-only: what came and went (V14). Of a sale, `delta_milli` is what was there to take and `shortfall_milli` what was not (V18).
create table stock_entries (
  id bigint generated always as identity primary key,
  owner_id integer not null,
  place_id integer not null,
  ingredient_id integer not null,
  delta_milli bigint not null,
  shortfall_milli bigint not null default 0 check (shortfall_milli >= 0),
  reason text not null check (reason in ('sale', 'return', 'refill', 'move_out', 'move_in', 'count', 'adjustment')),
  vendista_id bigint,
  line_no smallint,
  -- Of a sale: what was poured, how often. While a line is still that, its deduction stays (V15).
  machine_item_id bigint,
  portions integer,
  round integer,
  reverses_id bigint constraint stock_entry_is_reversed_once unique references stock_entries,
  -- The other half of a move.
  moved_with bigint,
  created_by text not null,
  created_at timestamptz not null default now(),
  notified_at timestamptz,
  foreign key (owner_id, place_id) references stock_places (owner_id, id),
  foreign key (owner_id, ingredient_id) references ingredients (owner_id, id),
  foreign key (owner_id, vendista_id) references vending_transactions,
  check ((reason in ('sale', 'return')) = (vendista_id is not null and line_no is not null and round is not null)),
  check ((reason = 'return') = (reverses_id is not null)),
  check (reason <> 'sale' or (delta_milli <= 0 and machine_item_id is not null and portions > 0)),
  check (reason not in ('return', 'refill', 'move_in') or delta_milli >= 0),
  check (reason <> 'move_out' or delta_milli <= 0),
  check ((reason in ('move_out', 'move_in')) = (moved_with is not null))
);
create unique index sale_is_deducted_once_a_round on stock_entries (owner_id, vendista_id, line_no, ingredient_id, round) where reason = 'sale';
create index on stock_entries (place_id, ingredient_id);
create index stock_entries_untold on stock_entries (owner_id) where notified_at is null;
create index on stock_entries (moved_with) where moved_with is not null;
create sequence stock_moves as bigint;

create function stock_entries_are_append_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or to_jsonb(new) - 'notified_at' <> to_jsonb(old) - 'notified_at' then
    raise exception 'stock_entries is append-only: enter the opposite instead' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger append_only before delete on stock_entries for each row execute function stock_entries_are_append_only();
create trigger append_only_but_notified before update of owner_id, place_id, ingredient_id, delta_milli, shortfall_milli, reason, vendista_id,
  line_no, machine_item_id, portions, round, reverses_id, moved_with, created_by, created_at on stock_entries
  for each row execute function stock_entries_are_append_only();

-- A quantity is the sum of its entries: it moves when they are entered, and by nothing else (V17).
create function inventories_follow() returns trigger language plpgsql as $$
begin
  if exists (
    select from entered where delta_milli <> 0
      and not exists (select from inventories kept where kept.place_id = entered.place_id and kept.ingredient_id = entered.ingredient_id)
  ) then
    raise exception 'there is no inventory of this ingredient at this place' using errcode = 'integrity_constraint_violation';
  end if;
  update inventories kept set quantity_milli = quantity_milli + moved.sum
  from (select place_id, ingredient_id, sum(delta_milli) as sum from entered group by 1, 2 having sum(delta_milli) <> 0) moved
  where kept.place_id = moved.place_id and kept.ingredient_id = moved.ingredient_id;
  return null;
end $$;
create trigger inventories_follow after insert on stock_entries
  referencing new table as entered for each statement execute function inventories_follow();

create function quantities_are_not_set() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() < 2 then
    raise exception 'a quantity follows its entries: enter a stock entry instead' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger quantities_are_not_set before update of quantity_milli on inventories for each row
  when (new.quantity_milli <> old.quantity_milli) execute function quantities_are_not_set();
create trigger quantities_begin_at_nothing before insert on inventories for each row
  when (new.quantity_milli <> 0) execute function quantities_are_not_set();

create table vending_tasks (
  id integer generated always as identity primary key,
  owner_id integer not null,
  terminal_id integer not null,
  kind text not null default 'restock' check (kind = 'restock'),
  origin text not null check (origin in ('auto', 'manual')),
  status text not null default 'pending' check (status in ('pending', 'completed', 'cancelled')),
  assignee_id integer references users,
  comment text check (char_length(comment) <= 500),
  created_by text not null,
  created_at timestamptz not null default now(),
  completed_at timestamptz,
  completed_by text,
  hidden_at timestamptz,
  unique (owner_id, id),
  foreign key (owner_id, terminal_id) references vending_terminals (owner_id, id),
  check ((status = 'pending') = (completed_at is null))
);
create unique index one_open_restock_task_a_terminal on vending_tasks (terminal_id) where origin = 'auto' and status = 'pending';
create index on vending_tasks (owner_id, id);
create index vending_tasks_done on vending_tasks (completed_at) where hidden_at is null and completed_at is not null;

create table vending_task_items (
  owner_id integer not null,
  task_id integer not null,
  ingredient_id integer not null,
  added_at timestamptz not null default now(),
  primary key (task_id, ingredient_id),
  foreign key (owner_id, task_id) references vending_tasks (owner_id, id),
  foreign key (owner_id, ingredient_id) references ingredients (owner_id, id)
);

-- All calls of the fleet to a service pass here, one after the other (V4); after "too many" nobody calls until `closed_until` (V5).
create table vending_gates (
  service text primary key,
  free_at timestamptz not null default '-infinity',
  closed_until timestamptz not null default '-infinity'
);

-- A key that sees one owner's machines and nothing else (V30).
alter table api_keys add vending_owner_id integer references vending_owners;

-- Who may be invited.
alter table sign_in_links drop constraint sign_in_links_role_check;
alter table sign_in_links add constraint sign_in_links_role_check check (role in ('owner', 'admin', 'trainer', 'client', 'vending_owner'));

do $$
declare
  kept record;
begin
  for kept in
    select * from (values
      ('vending_owners', 'vending owner', 'login_enc,password_enc,token_enc,read_to,synced_at,vanished'),
      ('ingredients', 'ingredient', ''),
      ('recipes', 'recipe', ''),
      ('recipe_items', 'recipe item', '')
    ) as list (relation, record, bookkeeping)
  loop
    execute format('create trigger log_created after insert on %I referencing new table as entered for each statement
      execute function log_created(%L, %L, %L)', kept.relation, kept.record, 'id', kept.bookkeeping);
    execute format('create trigger log_changed after update on %I referencing old table as leaving new table as entered for each statement
      execute function log_changed(%L, %L, %L)', kept.relation, kept.record, 'id', kept.bookkeeping);
    execute format('create trigger log_deleted after delete on %I referencing old table as leaving for each statement
      execute function log_deleted(%L, %L, %L)', kept.relation, kept.record, 'id', kept.bookkeeping);
  end loop;
end $$;
