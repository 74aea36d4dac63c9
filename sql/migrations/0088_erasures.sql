-- Who was erased (R31). The act stays, and says nothing but a number: it is what a restore has to do again.
create table erasures (
  user_id integer primary key references users,
  -- Of the person's row: after a restore the number may be somebody else's.
  known_since timestamptz not null,
  erased_at timestamptz not null default now(),
  erased_by text not null,
  counts jsonb not null,
  -- When it was written down outside the database, too; null: not yet.
  filed_at timestamptz
);
create index erasures_to_file on erasures (erased_at) where filed_at is null;

-- Ledgers are append-only in what they count. What somebody wrote beside it may be emptied.
drop trigger append_only on payment_refunds;
create trigger append_only before delete or update of id, payment_id, payer_id, amount_minor, method, created_by, person_id, created_at
  on payment_refunds for each statement execute function ledgers_are_append_only();

create or replace function awards_are_append_only() returns trigger language plpgsql as $$
begin
  if old.voided_at is null and new.voided_at is not null
    and to_jsonb(old) - '{voided_at,voided_by,void_reason}'::text[] = to_jsonb(new) - '{voided_at,voided_by,void_reason}'::text[]
  then
    return new;
  end if;
  if to_jsonb(old) - '{skip_reason,void_reason}'::text[] = to_jsonb(new) - '{skip_reason,void_reason}'::text[]
    and new.skip_reason in (old.skip_reason, '-') is not false and new.void_reason in (old.void_reason, '-') is not false
  then
    return new;
  end if;
  raise exception 'belt_awards is append-only: void an award and enter another' using errcode = 'integrity_constraint_violation';
end $$;

create trigger log_created after insert on consents referencing new table as entered for each statement
  execute function log_created('consent', 'user_id', 'id,given_at');
create trigger log_changed after update on consents referencing old table as leaving new table as entered for each statement
  execute function log_changed('consent', 'user_id', '');
