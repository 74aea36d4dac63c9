create table company (
  id smallint primary key default 1 check (id = 1),
  name text not null check (char_length(name) between 1 and 200),
  phone text check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  email text check (char_length(email) <= 254),
  website text check (char_length(website) <= 300),
  description text check (char_length(description) <= 5000)
);
comment on table company is 'one row: whose studio this is';

create table services (
  id integer generated always as identity primary key,
  name text not null constraint services_name_is_taken unique check (char_length(name) between 1 and 100),
  description text check (char_length(description) <= 2000),
  duration_minutes integer not null check (duration_minutes between 1 and 720),
  break_minutes integer not null default 0 check (break_minutes between 0 and 720),
  price_minor bigint not null default 0 check (price_minor between 0 and 1000000000000),
  is_active boolean not null default true
);

-- A service without rooms needs none; one with rooms needs one of them, at the specialist's location.
create table service_rooms (
  service_id integer not null references services on delete cascade,
  room_id integer not null references rooms on delete cascade,
  primary key (service_id, room_id)
);
create index on service_rooms (room_id);

create table specialist_services (
  specialist_id integer not null references specialists on delete cascade,
  service_id integer not null references services on delete cascade,
  primary key (specialist_id, service_id)
);
create index on specialist_services (service_id);

-- D30: what replaces a specialist's or a location's work schedule for one day; no interval at all: closed.
create table calendar_overrides (
  id integer generated always as identity primary key,
  specialist_id integer references specialists on delete cascade,
  location_id integer references locations on delete cascade,
  day date not null,
  intervals jsonb not null default '[]' check (jsonb_typeof(intervals) = 'array'),
  reason text check (char_length(reason) <= 500),
  created_at timestamptz not null default now(),
  constraint override_is_of_one check (num_nonnulls(specialist_id, location_id) = 1),
  constraint specialist_has_an_override_that_day unique (specialist_id, day),
  constraint location_has_an_override_that_day unique (location_id, day)
);
comment on column calendar_overrides.intervals is '[["09:00", "12:00"], ...] of local wall time, as in a work_schedule';

-- An absence may be entered over bookings and trainings that exist; new ones are refused while it lasts.
create table specialist_absences (
  id integer generated always as identity primary key,
  specialist_id integer not null references specialists on delete cascade,
  from_at timestamptz not null,
  to_at timestamptz not null,
  reason text check (char_length(reason) <= 500),
  created_at timestamptz not null default now(),
  constraint absence_ends_after_it_begins check (to_at > from_at)
);
create index specialist_absences_by_time on specialist_absences using gist (specialist_id, tstzrange(from_at, to_at));

-- Packages: so many units of these services for one price.
create table service_packages (
  id integer generated always as identity primary key,
  name text not null constraint service_packages_name_is_taken unique check (char_length(name) between 1 and 100),
  composition jsonb not null check (jsonb_typeof(composition) = 'array' and jsonb_array_length(composition) > 0),
  price_minor bigint not null check (price_minor between 0 and 1000000000000),
  validity_days integer not null default 365 check (validity_days between 1 and 3660),
  is_active boolean not null default true
);
comment on column service_packages.composition is '[{"service_id": 3, "units": 10}, ...], a service once';

create function compositions_name_services() returns trigger language plpgsql as $$
begin
  if exists (
    select from jsonb_to_recordset(new.composition) as part (service_id integer)
    where not exists (select from services where services.id = part.service_id)
  ) then
    raise exception 'a package names a service that does not exist' using errcode = 'foreign_key_violation',
      table = 'service_packages', constraint = 'service_packages_composition_fkey';
  end if;
  return new;
end $$;
create trigger compositions_name_services before insert or update of composition on service_packages
  for each row execute function compositions_name_services();

create table client_packages (
  id integer generated always as identity primary key,
  client_id integer not null references users,
  service_package_id integer not null references service_packages,
  composition jsonb not null,
  price_minor bigint not null check (price_minor between 0 and 1000000000000),
  start_date date not null,
  end_date date not null,
  status text not null default 'active' check (status in ('active', 'cancelled')),
  created_at timestamptz not null default now(),
  check (end_date >= start_date)
);
comment on column client_packages.composition is 'what was bought; the catalogue may change later';
create index on client_packages (client_id, end_date);

create table client_discounts (
  id integer generated always as identity primary key,
  client_id integer not null references users on delete cascade,
  service_id integer references services on delete cascade,
  kind text not null check (kind in ('percent', 'fixed')),
  percent numeric(5, 2) check (percent > 0 and percent <= 100),
  amount_minor bigint check (amount_minor between 1 and 1000000000000),
  valid_from date,
  valid_to date,
  reason text check (char_length(reason) <= 500),
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  constraint only_a_percent_discount_has_a_percent check ((kind = 'percent') = (percent is not null)),
  constraint only_a_fixed_discount_has_an_amount check ((kind = 'fixed') = (amount_minor is not null)),
  constraint discount_ends_after_it_begins check (valid_to >= valid_from)
);
comment on column client_discounts.service_id is 'null: every service';
comment on column client_discounts.valid_to is 'inclusive; both dates are compared with the day of the booking';
create index on client_discounts (client_id);

create table bookings (
  id integer generated always as identity primary key,
  client_id integer not null references users,
  payer_id integer not null references users,
  specialist_id integer not null references specialists,
  service_id integer not null references services,
  location_id integer references locations,
  room_id integer references rooms,
  starts_at timestamptz not null check (extract(epoch from starts_at)::bigint % 900 = 0 and starts_at = date_trunc('second', starts_at)),
  ends_at timestamptz not null,
  busy_until timestamptz not null,
  duration_minutes integer not null check (duration_minutes between 1 and 720),
  break_minutes integer not null default 0 check (break_minutes between 0 and 720),
  service_price_minor bigint not null check (service_price_minor >= 0),
  price_minor bigint not null check (price_minor between 0 and service_price_minor),
  pay_from text not null default 'later' check (pay_from in ('wallet', 'package', 'later')),
  status text not null default 'PENDING' check (status in ('PENDING', 'CONFIRMED', 'CANCELLED', 'COMPLETED', 'NO_SHOW')),
  is_live boolean not null generated always as (status <> 'CANCELLED') stored,
  held_until timestamptz,
  moves integer not null default 0,
  moved_late boolean not null default false,
  created_by text not null default 'system',
  created_at timestamptz not null default now(),
  confirmed_at timestamptz,
  cancelled_at timestamptz,
  cancellation_reason text check (char_length(cancellation_reason) <= 500),
  cancellation json,
  check ((status = 'PENDING') = (held_until is not null)),
  check ((status = 'CANCELLED') = (cancelled_at is not null)),
  check (pay_from <> 'package' or price_minor = 0),
  -- D33: the authority against two bookings at once.
  constraint specialist_is_booked exclude using gist (specialist_id with =, tstzrange(starts_at, busy_until) with &&)
    where (is_live),
  constraint room_is_booked exclude using gist (room_id with =, tstzrange(starts_at, busy_until) with &&)
    where (is_live and room_id is not null),
  constraint client_is_booked exclude using gist (client_id with =, tstzrange(starts_at, ends_at) with &&)
    where (is_live)
) with (fillfactor = 75);
-- No index knows the status itself, and the pages have room: so a confirmation rewrites one row and no index.
comment on column bookings.payer_id is 'whose wallet pays: the payer of a student, else the client';
comment on column bookings.is_live is 'it takes time: every status but CANCELLED';
comment on column bookings.ends_at is 'starts_at + duration_minutes: when the client may go';
comment on column bookings.busy_until is 'starts_at + duration + break, each rounded up to 15 minutes (D29): specialist and room are taken until then';
comment on column bookings.held_until is 'a PENDING booking is nobody''s any more after this instant';
comment on column bookings.moved_late is 'moved less than 12 h before it would have begun: it can no longer be cancelled for free';
comment on column bookings.cancellation is 'what the first cancellation answered; a second one answers the same';
create index on bookings (starts_at, id);
create index on bookings (client_id, starts_at);

create table booking_discounts (
  booking_id integer not null references bookings on delete cascade,
  place smallint not null,
  client_discount_id integer references client_discounts on delete set null,
  kind text not null check (kind in ('percent', 'fixed')),
  percent numeric(5, 2),
  discount_minor bigint not null check (discount_minor >= 0),
  primary key (booking_id, place)
);
comment on column booking_discounts.discount_minor is 'what it took off the price, in the order of place';

create table push_subscriptions (
  id integer generated always as identity primary key,
  user_id integer not null references users on delete cascade,
  endpoint text not null constraint push_subscription_is_known unique check (char_length(endpoint) <= 2000),
  p256dh text not null check (char_length(p256dh) <= 200),
  auth text not null check (char_length(auth) <= 100),
  created_at timestamptz not null default now()
);
create index on push_subscriptions (user_id);

-- Units of a client's package: a ledger whose sum is what is left, as with sessions.
create table package_entries (
  id integer generated always as identity primary key,
  client_package_id integer not null references client_packages,
  service_id integer not null references services,
  booking_id integer references bookings,
  delta integer not null check (delta <> 0),
  reason text not null check (reason in ('granted', 'booking', 'returned', 'cancelled', 'adjustment')),
  reverses_id integer constraint unit_is_returned_already unique references package_entries,
  created_at timestamptz not null default now(),
  check ((reason = 'booking') = (booking_id is not null and delta = -1)),
  check ((reason = 'returned') = (reverses_id is not null)),
  constraint booking_took_a_unit_already unique (booking_id)
);
create index on package_entries (client_package_id, service_id);

create table client_package_units (
  client_package_id integer not null references client_packages,
  service_id integer not null references services,
  units_left integer not null default 0 constraint units_are_never_negative check (units_left >= 0),
  primary key (client_package_id, service_id)
);

create trigger append_only before update or delete on package_entries
  for each statement execute function ledgers_are_append_only();

create function units_follow() returns trigger language plpgsql as $$
begin
  if not exists (select from entered) then return null; end if;
  insert into client_package_units (client_package_id, service_id)
  select distinct client_package_id, service_id from entered where delta > 0 order by 1, 2 on conflict do nothing;
  update client_package_units held set units_left = units_left + sum
  from (select client_package_id, service_id, sum(delta) as sum from entered group by 1, 2) moved
  where held.client_package_id = moved.client_package_id and held.service_id = moved.service_id;
  return null;
end $$;
create trigger units_follow after insert on package_entries
  referencing new table as entered for each statement execute function units_follow();

create function units_are_not_set() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() < 2 then
    raise exception 'units follow their entries: enter a package entry instead' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger units_are_not_set before insert or update on client_package_units
  for each row execute function units_are_not_set();

create function units_are_granted() returns trigger language plpgsql as $$
begin
  insert into package_entries (client_package_id, service_id, delta, reason)
  select bought.id, part.service_id, part.units, 'granted'
  from bought, jsonb_to_recordset(bought.composition) as part (service_id integer, units integer)
  order by bought.id, part.service_id;
  return null;
end $$;
create trigger units_are_granted after insert on client_packages
  referencing new table as bought for each statement execute function units_are_granted();

-- One wallet ledger for everything: a booking and a package are invoices too, of a client who need not be a student.
alter table invoices
  add booking_id integer references bookings,
  add client_package_id integer references client_packages,
  alter student_id drop not null,
  drop constraint invoices_type_check,
  drop constraint invoices_check3,
  add constraint invoices_type_check
    check (type in ('TRAINING', 'SUBSCRIPTION', 'LATE_CANCELLATION_FEE', 'BOOKING', 'PACKAGE')),
  add constraint invoice_is_for_something check (case type
    when 'BOOKING' then booking_id is not null and num_nonnulls(student_id, client_package_id, real_training_student_id, student_subscription_id) = 0
    when 'PACKAGE' then client_package_id is not null and num_nonnulls(student_id, booking_id, real_training_student_id, student_subscription_id) = 0
    else student_id is not null and num_nonnulls(booking_id, client_package_id) = 0
      and (type = 'SUBSCRIPTION' or real_training_student_id is not null)
  end);
create unique index booking_is_invoiced_already on invoices (booking_id) where status <> 'CANCELLED';
create unique index package_is_invoiced_already on invoices (client_package_id) where status <> 'CANCELLED';

-- One person, one calendar (D8, D33): who gives a training cannot be booked, and the other way round; likewise rooms.
-- The two tables cannot exclude each other by a constraint. So whoever takes time of a specialist or a room holds this
-- lock on him or it until the transaction ends, and looks at the other table after that. Always specialists before rooms,
-- each in order of id.
create function lock_calendars(specialist_ids integer[], room_ids integer[]) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('calendar of a specialist'), id)
  from (select distinct id from unnest(specialist_ids) as id where id is not null order by id) as wanted;
  perform pg_advisory_xact_lock(hashtext('calendar of a room'), id)
  from (select distinct id from unnest(room_ids) as id where id is not null order by id) as wanted;
end $$;

create function bookings_share_the_calendar() returns trigger language plpgsql as $$
begin
  new.ends_at := new.starts_at + make_interval(mins => new.duration_minutes);
  new.busy_until := new.starts_at + make_interval(mins => 15 * ((new.duration_minutes + 14) / 15 + (new.break_minutes + 14) / 15));
  if new.status = 'CANCELLED' then return new; end if;
  perform pg_advisory_xact_lock(hashtext('calendar of a specialist'), new.specialist_id);
  if new.room_id is not null then perform pg_advisory_xact_lock(hashtext('calendar of a room'), new.room_id); end if;
  if exists (
    select from real_trainings
    where trainer_id = new.specialist_id and status <> 'cancelled'
      and tstzrange(starts_at, ends_at) && tstzrange(new.starts_at, new.busy_until)
  ) then
    raise exception 'the specialist gives a training at that time' using errcode = 'exclusion_violation',
      table = 'bookings', constraint = 'specialist_gives_a_training';
  end if;
  if new.room_id is not null and exists (
    select from real_trainings
    where room_id = new.room_id and status <> 'cancelled'
      and tstzrange(starts_at, ends_at) && tstzrange(new.starts_at, new.busy_until)
  ) then
    raise exception 'a training has the room at that time' using errcode = 'exclusion_violation',
      table = 'bookings', constraint = 'training_has_the_room';
  end if;
  if exists (
    select from specialist_absences
    where specialist_id = new.specialist_id and tstzrange(from_at, to_at) && tstzrange(new.starts_at, new.ends_at)
  ) then
    raise exception 'the specialist is absent at that time' using errcode = 'exclusion_violation',
      table = 'bookings', constraint = 'specialist_is_absent';
  end if;
  return new;
end $$;
create trigger bookings_share_the_calendar before insert on bookings
  for each row execute function bookings_share_the_calendar();
create trigger moved_bookings_share_the_calendar
  before update of specialist_id, room_id, starts_at, ends_at, busy_until, duration_minutes, break_minutes, status on bookings
  for each row
  when ((new.specialist_id, new.room_id, new.starts_at, new.ends_at, new.busy_until, new.duration_minutes, new.break_minutes)
      is distinct from (old.specialist_id, old.room_id, old.starts_at, old.ends_at, old.busy_until, old.duration_minutes, old.break_minutes)
    or (old.status = 'CANCELLED' and new.status <> 'CANCELLED'))
  execute function bookings_share_the_calendar();

-- The same from the other side, once for each statement: a week's trainings are made by a few of them.
create function trainings_share_the_calendar() returns trigger language plpgsql as $$
begin
  perform lock_calendars(
    (select array_agg(trainer_id) from taking where status <> 'cancelled'),
    (select array_agg(room_id) from taking where status <> 'cancelled'));
  if exists (
    select from taking join bookings on bookings.specialist_id = taking.trainer_id and bookings.is_live
      and tstzrange(bookings.starts_at, bookings.busy_until) && tstzrange(taking.starts_at, taking.ends_at)
    where taking.status <> 'cancelled'
  ) then
    raise exception 'the trainer is booked at that time' using errcode = 'exclusion_violation',
      table = 'real_trainings', constraint = 'trainer_is_booked';
  end if;
  if exists (
    select from taking join bookings on bookings.room_id = taking.room_id and bookings.is_live
      and tstzrange(bookings.starts_at, bookings.busy_until) && tstzrange(taking.starts_at, taking.ends_at)
    where taking.status <> 'cancelled'
  ) then
    raise exception 'the room is booked at that time' using errcode = 'exclusion_violation',
      table = 'real_trainings', constraint = 'room_is_booked_then';
  end if;
  if exists (
    select from taking join specialist_absences absence on absence.specialist_id = taking.trainer_id
      and tstzrange(absence.from_at, absence.to_at) && tstzrange(taking.starts_at, taking.ends_at)
    where taking.status <> 'cancelled'
  ) then
    raise exception 'the trainer is absent at that time' using errcode = 'exclusion_violation',
      table = 'real_trainings', constraint = 'trainer_is_absent';
  end if;
  return null;
end $$;
create trigger trainings_share_the_calendar after insert on real_trainings
  referencing new table as taking for each statement execute function trainings_share_the_calendar();

create function moved_training_shares_the_calendar() returns trigger language plpgsql as $$
begin
  perform lock_calendars(array[new.trainer_id], array[new.room_id]);
  if exists (
    select from bookings where specialist_id = new.trainer_id and is_live
      and tstzrange(starts_at, busy_until) && tstzrange(new.starts_at, new.ends_at)
    union all
    select from bookings where room_id = new.room_id and is_live
      and tstzrange(starts_at, busy_until) && tstzrange(new.starts_at, new.ends_at)
    union all
    select from specialist_absences where specialist_id = new.trainer_id
      and tstzrange(from_at, to_at) && tstzrange(new.starts_at, new.ends_at)
  ) then
    raise exception 'the trainer or the room is taken at that time' using errcode = 'exclusion_violation',
      table = 'real_trainings', constraint = 'trainer_or_room_is_booked';
  end if;
  return new;
end $$;
create trigger moved_training_shares_the_calendar
  before update of trainer_id, room_id, starts_at, ends_at, status on real_trainings
  for each row
  when (new.status <> 'cancelled' and ((new.trainer_id, new.room_id, new.starts_at, new.ends_at)
    is distinct from (old.trainer_id, old.room_id, old.starts_at, old.ends_at) or old.status = 'cancelled'))
  execute function moved_training_shares_the_calendar();

-- An absence waits for whoever is just taking that time.
create function absences_share_the_calendar() returns trigger language plpgsql as $$
begin
  perform lock_calendars(array[new.specialist_id], '{}');
  return new;
end $$;
create trigger absences_share_the_calendar before insert or update on specialist_absences
  for each row execute function absences_share_the_calendar();

-- Who holds a slot just now, on the default backend. Losing it costs nothing: it only makes refusals fast (D33).
create unlogged table slot_locks (
  slot text primary key,
  token text not null,
  expires_at timestamptz not null
);
