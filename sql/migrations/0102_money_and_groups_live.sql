-- Pages of money and of groups ask again when something of theirs has changed: topics money and groups.
do $$
declare
  told record;
begin
  for told in values ('payments', 'money'), ('payment_refunds', 'money'), ('invoices', 'money'), ('groups', 'groups'), ('group_members', 'groups')
  loop
    execute format('create trigger %I after insert on %I referencing new table as touched
      for each statement execute function changes_at_all(%L)', told.column2 || '_has_new_rows', told.column1, told.column2);
    execute format('create trigger %I after update on %I referencing new table as touched
      for each statement execute function changes_at_all(%L)', told.column2 || '_has_changed', told.column1, told.column2);
    execute format('create trigger %I after delete on %I referencing old table as touched
      for each statement execute function changes_at_all(%L)', told.column2 || '_has_lost_rows', told.column1, told.column2);
  end loop;
end $$;
