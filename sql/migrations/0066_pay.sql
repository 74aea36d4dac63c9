-- What trainers are paid: cards say what they get, sheets say what a month came to.

-- A card replaces the one before it from its first day on, the newer one of the same day too. One for a training type stands before the
-- one for all types; without any amount it ends.
create table pay_rates (
  id integer generated always as identity primary key,
  trainer_id integer not null references specialists,
  training_type_id integer references training_types,
  valid_from date not null,
  training_minor bigint check (training_minor between 0 and 1000000000000),
  head_minor bigint check (head_minor between 0 and 1000000000000),
  percent_bp integer check (percent_bp between 0 and 10000),
  month_minor bigint check (month_minor between 0 and 1000000000000),
  created_by text not null,
  created_at timestamptz not null default now(),
  constraint month_is_paid_for_all_types check (training_type_id is null or month_minor is null)
);
comment on column pay_rates.training_type_id is 'null: all types that have no card of their own';
comment on column pay_rates.percent_bp is 'hundredths of a percent of what the training earned';
create index on pay_rates (trainer_id, training_type_id, valid_from, id);
create trigger append_only before update or delete on pay_rates for each statement execute function ledgers_are_append_only();

-- A closed month of a trainer. What is not closed has no row: it is computed.
create table pay_sheets (
  id integer generated always as identity primary key,
  trainer_id integer not null references specialists,
  month date not null check (month = date_trunc('month', month::timestamp)::date),
  total_minor bigint not null,
  closed_by text not null,
  closed_at timestamptz not null default now(),
  constraint month_is_closed_already unique (trainer_id, month)
);
create trigger append_only before update or delete on pay_sheets for each statement execute function ledgers_are_append_only();

create table pay_lines (
  id integer generated always as identity primary key,
  sheet_id integer not null references pay_sheets,
  kind text not null check (kind in ('training', 'head', 'percent', 'month')),
  source_id integer not null,
  day date not null,
  is_correction boolean not null,
  rate_id integer references pay_rates,
  quantity integer not null,
  base_minor bigint,
  before_minor bigint,
  amount_minor bigint not null check (amount_minor <> 0),
  basis jsonb not null default '[]'
);
comment on column pay_lines.source_id is 'a training, or of what is paid by the month the month as 202611; no reference: the line outlives it';
comment on column pay_lines.amount_minor is 'of a correction the difference to all that closed sheets have of the source';
comment on column pay_lines.before_minor is 'of a correction what closed sheets had of the source so far';
comment on column pay_lines.quantity is 'heads; days of the month on which the card was valid; else 1. Of a correction as it is now';
comment on column pay_lines.basis is 'registrations that were counted: [id, value in minor units]; of what is paid by the month its cards: [id, days]';
create index on pay_lines (sheet_id);
create trigger append_only before update or delete on pay_lines for each statement execute function ledgers_are_append_only();

-- What was paid out to a trainer, of all that closed sheets came to.
create table pay_payouts (
  id integer generated always as identity primary key,
  trainer_id integer not null references specialists,
  amount_minor bigint not null check (amount_minor between 1 and 1000000000000),
  method text not null check (method in ('cash', 'card', 'transfer', 'online', 'other')),
  person_id integer references users,
  created_by text not null,
  created_at timestamptz not null default now()
);
comment on column pay_payouts.person_id is 'who gave it out; null: a program';
create index on pay_payouts (trainer_id, id);
create index on pay_payouts (created_at);
create trigger append_only before update or delete on pay_payouts for each statement execute function ledgers_are_append_only();

-- Pages of pay ask again. The log of changes has none of it: these rows are never changed, they say who wrote them, and what somebody is
-- paid is not for whoever may read the log.
do $$
declare
  told text;
begin
  foreach told in array array['pay_rates', 'pay_sheets', 'pay_payouts']
  loop
    execute format('create trigger money_has_new_rows after insert on %I referencing new table as touched
      for each statement execute function changes_at_all(%L)', told, 'money');
  end loop;
end $$;
