-- Of two records of one person one is kept. The other one stays for the ledgers' sake, closed, and says who the person is now.
alter table users add merged_into integer references users,
  add constraint nobody_is_merged_into_oneself check (merged_into <> id),
  add constraint merged_people_are_closed check (merged_into is null or not is_active);
create index merged_people on users (merged_into, id) where merged_into is not null;
comment on column users.merged_into is 'who this person is now, in one step: when that one is merged again, all of them point to the new one';

create table merges (
  merged_id integer primary key references users,
  kept_id integer not null references users,
  merged_at timestamptz not null default now(),
  merged_by text not null,
  balance_minor bigint not null,
  counts jsonb not null
);
create index on merges (kept_id);
comment on table merges is 'the act: whose record went into whose, what its wallet handed over, and how many rows of each table moved';
comment on column merges.kept_id is 'as it was then; users.merged_into says who it is now';

-- Everybody whose rows are this person's: oneself, and whoever was merged into them.
create function who_were(person integer) returns integer[] language sql stable as $$
  select array(select person union all select id from users where merged_into = person)
$$;

-- A wallet's balance is handed over by two entries whose sum is nothing.
alter table wallet_transactions drop constraint wallet_transactions_kind_check;
alter table wallet_transactions add constraint wallet_transactions_kind_check
  check (kind in ('deposit', 'payment', 'refund', 'adjustment', 'payout', 'merge'));
alter table wallet_transactions add constraint merging_is_no_payment
  check (kind <> 'merge' or num_nonnulls(invoice_id, payment_id, refund_id) = 0);

-- Whoever is about to write something for somebody who was merged meanwhile begins anew, and finds who the person is now: a transaction
-- that has read the old number before waits for the merging by the reference's own lock, and sees it here.
create function refuse_the_merged() returns trigger language plpgsql as $$
declare
  met integer;
begin
  case tg_argv[0]
    when 'id' then select id into met from users where merged_into is not null and id in (select id from entered) limit 1;
    when 'user_id' then select id into met from users where merged_into is not null and id in (select user_id from entered) limit 1;
    when 'student_id' then select id into met from users where merged_into is not null and id in (select student_id from entered) limit 1;
    when 'client_id' then select id into met from users where merged_into is not null and id in (select client_id from entered) limit 1;
    when 'payer_id' then select id into met from users where merged_into is not null and id in (select payer_id from entered) limit 1;
    when 'guardian_id' then select id into met from users where merged_into is not null and id in (select guardian_id from entered) limit 1;
    when 'reader_id' then select id into met from users where merged_into is not null and id in (select reader_id from entered) limit 1;
  end case;
  if met is not null then perform person_is_merged(met); end if;
  return null;
end $$;
create function person_is_merged(met integer) returns void language plpgsql as $$
begin
  raise serialization_failure using constraint = 'person_is_merged',
    message = format('person %s was merged into person %s', met, (select merged_into from users where id = met));
end $$;

do $$
declare
  kept record;
begin
  for kept in
    select * from (values
      ('admin_tasks', 'user_id'), ('belt_awards', 'student_id'), ('belt_deferrals', 'student_id'), ('belt_exams', 'student_id'),
      ('belt_steps_told', 'student_id'), ('bookings', 'client_id'), ('bookings', 'payer_id'), ('calendar_entries', 'user_id'),
      ('calendar_links', 'user_id'), ('check_in_codes', 'user_id'), ('child_notifications', 'reader_id'),
      ('child_notifications', 'student_id'), ('client_discounts', 'client_id'), ('client_packages', 'client_id'),
      ('consents', 'user_id'), ('finance_requests', 'student_id'), ('group_members', 'student_id'), ('guardians', 'guardian_id'),
      ('guardians', 'student_id'), ('invoices', 'payer_id'), ('invoices', 'student_id'), ('notification_preferences', 'user_id'),
      ('notifications', 'user_id'), ('passwords', 'user_id'), ('payment_orders', 'payer_id'), ('payment_refunds', 'payer_id'),
      ('payments', 'payer_id'), ('person_notes', 'user_id'), ('push_subscriptions', 'user_id'),
      ('real_training_students', 'student_id'), ('registrations', 'user_id'), ('sessions', 'user_id'), ('sign_in_links', 'user_id'),
      ('student_subscriptions', 'student_id'), ('students', 'id'), ('students', 'payer_id'), ('studio_news', 'user_id'),
      ('telegram_links', 'user_id'), ('totp_secrets', 'user_id'), ('training_student_templates', 'student_id'),
      ('trials', 'student_id'), ('user_roles', 'user_id'), ('wallet_transactions', 'user_id')
    ) as list (relation, person)
  loop
    execute format('create trigger %I after insert on %I referencing new table as entered for each statement
      execute function refuse_the_merged(%L)', 'merged_' || kept.person || '_is_refused', kept.relation, kept.person);
  end loop;
end $$;

-- The payer of a student changes; the reference, which is looked at first, has waited for whoever merges that payer.
create function refuse_a_merged_payer() returns trigger language plpgsql as $$
begin
  if exists (select from users where id = new.payer_id and merged_into is not null) then perform person_is_merged(new.payer_id); end if;
  return null;
end $$;
create trigger merged_payer_is_refused after update of payer_id on students for each row
  when (old.payer_id <> new.payer_id) execute function refuse_a_merged_payer();

-- A closed record takes up nothing by which somebody is reached or signs in. A phone or e-mail that the kept one takes back leaves it.
create function merged_people_stay_closed() returns trigger language plpgsql as $$
begin
  if old.merged_into is not null then
    if new.merged_into is not null and (new.is_active
      or (new.phone is not null and new.phone is distinct from old.phone) or (new.email is not null and new.email is distinct from old.email)
      or new.telegram_id is not null or new.login is not null)
    then
      raise integrity_constraint_violation using constraint = 'person_is_merged',
        message = format('person %s was merged into person %s', old.id, old.merged_into);
    end if;
  elsif new.phone is distinct from old.phone then
    update users set phone = null where merged_into = new.id and phone = new.phone;
  end if;
  return new;
end $$;
create trigger merged_people_stay_closed before update of is_active, phone, email, telegram_id, login on users
  for each row execute function merged_people_stay_closed();
