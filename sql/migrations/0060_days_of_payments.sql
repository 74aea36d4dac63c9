-- Reports count a payment on its payment_date, and leave out absences that were excused (R24).
create function payment_days_change_figures() returns trigger language plpgsql as $$
begin
  perform note_figures(new.payment_date, new.payment_date);
  return null;
end $$;
create trigger payment_days_change_figures after insert on payments for each row
  when (new.payment_date is not null) execute function payment_days_change_figures();
create trigger excuses_change_figures after update on real_training_students for each row
  when ((old.excused_at is null) <> (new.excused_at is null)) execute function registrations_change_figures();
