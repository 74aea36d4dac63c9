-- What somebody went to pay at the studio's provider. The money itself is a row of payments, written when the provider says that it came.
create table payment_orders (
  id integer generated always as identity primary key,
  -- What the provider calls it.
  reference uuid not null constraint payment_order_has_one_reference unique default gen_random_uuid(),
  payer_id integer not null references users,
  invoice_id integer references invoices,
  amount_minor bigint not null check (amount_minor between 1 and 1000000000000),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  status text not null default 'open' check (status in ('open', 'paid', 'failed')),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index on payment_orders (payer_id, created_at);
create index on payment_orders (invoice_id);
comment on column payment_orders.invoice_id is 'the invoice it is for; null: money for the wallet';
comment on column payment_orders.expires_at is 'until when the provider lets it be paid; what comes later all the same is booked';

-- Whoever pays twice has two payments of one order: nothing of it is lost.
alter table payments add order_id integer references payment_orders;
create index on payments (order_id) where order_id is not null;

-- A refund that the provider tells of is booked once, too (R18).
alter table payment_refunds
  add provider_id text constraint refund_is_booked_already unique check (char_length(provider_id) between 1 and 200);
