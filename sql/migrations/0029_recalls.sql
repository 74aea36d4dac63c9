-- What a payer has been recalled of: an invoice, each time it became owed (it may be paid and owed again) and each time it falls due.
create table payment_recalls (
  invoice_id integer not null references invoices on delete cascade,
  owed_no integer not null,
  due_date date not null,
  told_at timestamptz not null default now(),
  primary key (invoice_id, owed_no, due_date)
);
comment on column payment_recalls.owed_no is 'how often it had been paid before';

-- Those that earlier reminders were about: the key named the payer and the newest of the invoices.
insert into payment_recalls (invoice_id, owed_no, due_date)
select invoice.id, (select count(*) from wallet_transactions paid where paid.invoice_id = invoice.id and kind = 'payment'),
  coalesce(invoice.due_date, invoice.created_at::date)
from invoices invoice
where invoice.status = 'UNPAID' and not is_auto_renewal and exists (
  select from notifications note
  where note.user_id = invoice.payer_id and note.template = 'payment_reminder'
    and coalesce(invoice.due_date, invoice.created_at::date) < note.created_at::date
    and split_part(note.dedupe_key, ':', 3)::int >= invoice.id);

-- An exam is announced for each time it is moved to, back to an earlier one as well.
alter table belt_exams add announced_for timestamptz, add announcements integer not null default 0;
update belt_exams set announced_for = exam_at, announcements = 1 where exam_at <= now() + interval '7 days';
