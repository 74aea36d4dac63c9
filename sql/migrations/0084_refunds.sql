-- Money that goes back to whoever paid it (R19). Written once.
create table payment_refunds (
  id integer generated always as identity primary key,
  payment_id integer not null references payments,
  payer_id integer not null references users,
  amount_minor bigint not null check (amount_minor between 1 and 1000000000000),
  method text not null check (method in ('cash', 'card', 'transfer', 'online', 'other')),
  reason text not null check (char_length(reason) between 1 and 500),
  created_by text not null,
  person_id integer references users,
  created_at timestamptz not null default now()
);
create index on payment_refunds (payment_id);
create index on payment_refunds (created_at);
comment on column payment_refunds.person_id is 'who gave it out; null: a program';
create trigger append_only before update or delete on payment_refunds
  for each statement execute function ledgers_are_append_only();

alter table wallet_transactions
  drop constraint wallet_transactions_kind_check,
  add constraint wallet_transactions_kind_check check (kind in ('deposit', 'payment', 'refund', 'adjustment', 'payout')),
  add refund_id integer constraint refund_leaves_a_wallet_once unique references payment_refunds,
  add constraint payout_is_a_refund check ((kind = 'payout') = (refund_id is not null)),
  add constraint payout_leaves check (kind <> 'payout' or (amount_minor < 0 and payment_id is not null));

-- Who took the cash, and what an outside service calls the payment: told twice, booked once (R18).
alter table payments
  add person_id integer references users,
  add provider_id text constraint payment_is_booked_already unique check (char_length(provider_id) between 1 and 200);
comment on column payments.person_id is 'who took it; null: a program';

-- How somebody usually pays; null: cash.
alter table users add payment_method text check (payment_method in ('cash', 'card', 'transfer', 'online', 'other'));

alter table daily_figures add refunded_minor bigint not null default 0;
comment on column daily_figures.refunded_minor is 'given back to payers on the day, of whatever day''s payments (R21)';
comment on column daily_figures.payments_cancelled_minor is 'what was not refunded before of payments cancelled on the day';
create function refunds_change_figures() returns trigger language plpgsql as $$
begin
  perform note_figures((new.created_at at time zone 'UTC')::date - 1, (new.created_at at time zone 'UTC')::date + 1);
  return null;
end $$;
create trigger refunds_change_figures after insert on payment_refunds for each row execute function refunds_change_figures();
