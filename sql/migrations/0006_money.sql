create table payments (
  id integer generated always as identity primary key,
  payer_id integer not null references users,
  amount_minor bigint not null check (amount_minor between 1 and 1000000000000),
  method text not null default 'cash' check (method in ('cash', 'card', 'transfer', 'online', 'other')),
  description text check (char_length(description) <= 500),
  created_by text not null default 'system',
  created_at timestamptz not null default now(),
  cancelled_at timestamptz,
  cancellation_reason text check (char_length(cancellation_reason) <= 500),
  check (cancelled_at is not null or cancellation_reason is null)
);
create index on payments (payer_id, id);

create table invoices (
  id integer generated always as identity primary key,
  payer_id integer not null references users,
  student_id integer not null references students,
  type text not null check (type in ('TRAINING', 'SUBSCRIPTION', 'LATE_CANCELLATION_FEE')),
  amount_minor bigint not null check (amount_minor between 1 and 1000000000000),
  status text not null default 'UNPAID' check (status in ('PENDING', 'UNPAID', 'PAID', 'CANCELLED')),
  real_training_student_id integer references real_training_students,
  charge_no smallint,
  student_subscription_id integer references student_subscriptions,
  is_auto_renewal boolean not null default false,
  due_date date,
  run_id integer references automated_process_history on delete set null,
  created_at timestamptz not null default now(),
  paid_at timestamptz,
  cancelled_at timestamptz,
  cancellation_reason text check (char_length(cancellation_reason) <= 500),
  check (status <> 'PAID' or paid_at is not null),
  check ((status = 'CANCELLED') = (cancelled_at is not null)),
  check ((real_training_student_id is null) = (charge_no is null)),
  check (type = 'SUBSCRIPTION' or real_training_student_id is not null),
  -- D16: the nth charge of a registration is one invoice at most.
  constraint registration_is_invoiced_already unique (real_training_student_id, charge_no)
);
create index invoices_owed on invoices (payer_id, created_at, id) where status = 'UNPAID';
create index on invoices (payer_id, id);

create table wallets (
  user_id integer primary key references users,
  balance_minor bigint not null default 0 constraint balance_is_never_negative check (balance_minor >= 0)
);

create table wallet_transactions (
  id integer generated always as identity primary key,
  user_id integer not null references users,
  amount_minor bigint not null check (amount_minor <> 0),
  kind text not null check (kind in ('deposit', 'payment', 'refund', 'adjustment')),
  invoice_id integer references invoices,
  payment_id integer references payments,
  created_at timestamptz not null default now(),
  check (kind not in ('payment', 'refund') or invoice_id is not null),
  check (kind <> 'deposit' or (payment_id is not null and amount_minor > 0))
);
create index on wallet_transactions (user_id, id);
create index on wallet_transactions (invoice_id);

create table session_entries (
  id integer generated always as identity primary key,
  student_subscription_id integer not null references student_subscriptions,
  real_training_student_id integer references real_training_students,
  charge_no smallint,
  delta integer not null,
  reason text not null check (reason in ('granted', 'training', 'returned', 'carried_out', 'carried_in', 'expired', 'adjustment')),
  reverses_id integer constraint session_is_returned_already unique references session_entries,
  run_id integer,
  created_at timestamptz not null default now(),
  check ((reason = 'training') = (charge_no is not null)),
  check (reason <> 'training' or (real_training_student_id is not null and delta in (0, -1))),
  check ((reason = 'returned') = (reverses_id is not null)),
  -- D16: the nth charge of a registration is one session at most.
  constraint registration_took_a_session_already unique (real_training_student_id, charge_no)
);
create index on session_entries (student_subscription_id, id);
comment on column session_entries.run_id is 'no reference: the entry outlives the history row';

-- A registration knows its one live charge. Both kinds at once are impossible; of either kind the ledgers allow one a number.
alter table real_training_students
  add charged_at timestamptz,
  add session_entry_id integer constraint session_pays_one_registration unique references session_entries,
  add invoice_id integer constraint invoice_pays_one_registration unique references invoices,
  add returns smallint not null default 0,
  add cancellation json,
  add constraint charged_once check (num_nonnulls(session_entry_id, invoice_id) <= 1),
  add constraint charge_has_a_time check (charged_at is not null or num_nonnulls(session_entry_id, invoice_id) = 0);
comment on column real_training_students.charged_at is 'when it was decided who pays: a session, an invoice, or (price 0) nobody';
comment on column real_training_students.returns is 'how often its charge was given back: the number of the next one';
comment on column real_training_students.cancellation is 'what the first cancellation answered; a second one answers the same';
create index registrations_undecided on real_training_students (student_id) where charged_at is null;
create index registrations_open on real_training_students (real_training_id) where status = 'REGISTERED';

alter table real_trainings add cancellation json;

alter table automated_process_history
  add part_ids integer[] not null default '{}',
  add after_run_id integer references automated_process_history on delete set null;
comment on column automated_process_history.part_ids is 'the runs this one consists of; it is executed when they are over';
comment on column automated_process_history.after_run_id is 'the run that must be over first, whatever its end';

-- What somebody asked for and waits for: cancelling, adding. The instant of asking decides (D17), not that of doing.
create table finance_requests (
  id integer generated always as identity primary key,
  kind text not null check (kind in ('cancel_training', 'cancel_participation', 'add_student')),
  real_training_id integer not null references real_trainings,
  student_id integer references students,
  reason text check (char_length(reason) <= 500),
  requested_at timestamptz not null,
  requested_by text not null,
  request_id text,
  status text not null default 'open' check (status in ('open', 'done', 'refused')),
  outcome json,
  decided_at timestamptz,
  rings integer not null default 1,
  rung_at timestamptz not null default now(),
  check ((status = 'open') = (decided_at is null)),
  check ((kind = 'cancel_training') = (student_id is null))
);
create index on finance_requests (rung_at) where status = 'open';

-- The ledgers are written once.
create function ledgers_are_append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: enter the opposite instead', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;
create trigger append_only before update or delete on wallet_transactions
  for each statement execute function ledgers_are_append_only();
create trigger append_only before update or delete on session_entries
  for each statement execute function ledgers_are_append_only();

-- A balance is the sum of its transactions: it moves when they are entered, and by nothing else.
create function wallets_follow() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() > 1 then return null; end if;
  insert into wallets (user_id) select distinct user_id from entered order by user_id on conflict do nothing;
  update wallets set balance_minor = balance_minor + sum
  from (select user_id, sum(amount_minor) as sum from entered group by user_id) moved
  where wallets.user_id = moved.user_id;
  return null;
end $$;
create trigger wallets_follow after insert on wallet_transactions
  referencing new table as entered for each statement execute function wallets_follow();

create function balances_are_not_set() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() < 2 and new.balance_minor <> old.balance_minor then
    raise exception 'a balance follows its transactions: enter a transaction instead' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger balances_are_not_set before update on wallets for each row execute function balances_are_not_set();

-- A wallet that is opened with money in it has an adjustment to show for it.
create function wallets_open() returns trigger language plpgsql as $$
begin
  insert into wallet_transactions (user_id, amount_minor, kind)
  select user_id, balance_minor, 'adjustment' from opened where balance_minor <> 0;
  return null;
end $$;
create trigger wallets_open after insert on wallets
  referencing new table as opened for each statement execute function wallets_open();

-- Likewise sessions_left is the sum of its entries.
create function sessions_follow() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() > 1 then return null; end if;
  if exists (
    select from entered join student_subscriptions held on held.id = student_subscription_id
    where delta <> 0 and sessions_left is null
  ) then
    raise exception 'an unlimited subscription has no sessions to count' using errcode = 'integrity_constraint_violation';
  end if;
  update student_subscriptions set sessions_left = sessions_left + sum
  from (select student_subscription_id, sum(delta) as sum from entered group by student_subscription_id) moved
  where student_subscriptions.id = student_subscription_id and sum <> 0;
  return null;
end $$;
create trigger sessions_follow after insert on session_entries
  referencing new table as entered for each statement execute function sessions_follow();

create function sessions_are_not_set() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() < 2 and new.sessions_left is distinct from old.sessions_left then
    raise exception 'sessions_left follows its entries: enter a session entry instead' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger sessions_are_not_set before update on student_subscriptions for each row execute function sessions_are_not_set();

create function sessions_are_granted() returns trigger language plpgsql as $$
begin
  insert into session_entries (student_subscription_id, delta, reason, created_at)
  select id, sessions_left, 'granted', created_at from granted where sessions_left > 0 order by id;
  return null;
end $$;
create trigger sessions_are_granted after insert on student_subscriptions
  referencing new table as granted for each statement execute function sessions_are_granted();

-- What was held before there was a ledger is its first entry.
alter table session_entries disable trigger sessions_follow;
insert into session_entries (student_subscription_id, delta, reason, created_at)
select id, sessions_left, 'granted', created_at from student_subscriptions where sessions_left > 0 order by id;
alter table session_entries enable trigger sessions_follow;
