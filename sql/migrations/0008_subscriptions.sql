alter table student_subscriptions
  add cancelled_at timestamptz,
  add cancellation_reason text check (char_length(cancellation_reason) <= 500),
  add check (cancelled_at is null or status = 'cancelled');

-- What is left of a subscription that is called off leaves by an entry of its own kind.
alter table session_entries
  drop constraint session_entries_reason_check,
  add constraint session_entries_reason_check check (reason in
    ('granted', 'training', 'returned', 'carried_out', 'carried_in', 'expired', 'cancelled', 'adjustment'));

-- A night's renewals are eight days of end dates.
create index student_subscriptions_to_renew on student_subscriptions (end_date, id)
  where is_auto_renew and status <> 'cancelled';
create index student_subscriptions_with_freeze on student_subscriptions (id)
  where freeze_end_date is not null and status in ('active', 'frozen');

create index invoices_of_subscriptions on invoices (student_subscription_id) where student_subscription_id is not null;
create index renewals_unpaid on invoices (due_date, id) where is_auto_renewal and status = 'UNPAID';
