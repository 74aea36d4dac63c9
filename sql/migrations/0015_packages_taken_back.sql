alter table client_packages
  add cancelled_at timestamptz,
  add cancellation_reason text check (char_length(cancellation_reason) <= 500),
  add cancellation json,
  add check (cancelled_at is null or status = 'cancelled');
comment on column client_packages.cancellation is 'what the first cancellation answered; a second one answers the same';

create index invoices_of_packages on invoices (client_package_id) where client_package_id is not null;
