-- A discount for starts that leave no gap of no use: a rule of the studio, of nobody in particular.
create table booking_rules (
  is_only boolean primary key default true check (is_only),
  fitting_percent numeric(5, 2) not null default 0 constraint fitting_percent_is_a_share check (fitting_percent between 0 and 100),
  changed_by text,
  changed_at timestamptz
);
comment on table booking_rules is 'one row: what the studio has decided about bookings';
comment on column booking_rules.fitting_percent is 'how much less a start costs that leaves no gap too short for any service; 0: nothing';
insert into booking_rules default values;

alter table booking_discounts drop constraint booking_discounts_kind_check;
alter table booking_discounts add constraint booking_discounts_kind_check check (kind in ('percent', 'fixed', 'fitting'));
comment on column booking_discounts.kind is 'fitting: of no client, the start left no gap (booking_rules)';
