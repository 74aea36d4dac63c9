create extension if not exists btree_gist;

-- The instant of a local wall time. A time lost in a DST gap moves on by the gap; one that exists twice is the first.
create function studio_instant(day date, clock time, zone text) returns timestamptz
language sql stable as $$
  select case
    when ((at_zone - interval '1 hour') at time zone zone) = day + clock then at_zone - interval '1 hour'
    else at_zone
  end
  from (select (day + clock) at time zone zone as at_zone) as instant
$$;

create table users (
  id integer generated always as identity primary key,
  first_name text not null check (char_length(first_name) between 1 and 100),
  last_name text not null default '' check (char_length(last_name) <= 100),
  phone text constraint users_phone_is_taken unique check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  email text check (char_length(email) <= 254),
  telegram_id bigint constraint users_telegram_id_is_taken unique,
  telegram_username text,
  locale text check (locale in ('ru', 'uk', 'en')),
  birth_date date,
  gender text check (gender in ('female', 'male')),
  notes text,
  is_active boolean not null default true,
  created_at timestamptz not null default now()
);

create table user_roles (
  user_id integer not null references users on delete cascade,
  role text not null check (role in ('client', 'specialist', 'admin')),
  primary key (user_id, role)
);

create table students (
  id integer primary key references users on delete cascade,
  payer_id integer not null references users,
  current_belt text,
  registration_date date not null default current_date
);
create index on students (payer_id);

-- Whoever names no payer pays for oneself.
create function students_pay_for_themselves() returns trigger language plpgsql as $$
begin
  new.payer_id := coalesce(new.payer_id, new.id);
  return new;
end $$;
create trigger students_pay_for_themselves before insert on students
  for each row execute function students_pay_for_themselves();

create table locations (
  id integer generated always as identity primary key,
  name text not null constraint locations_name_is_taken unique check (char_length(name) between 1 and 100),
  address text,
  work_schedule jsonb not null default '{}',
  is_active boolean not null default true
);

create table rooms (
  id integer generated always as identity primary key,
  location_id integer not null references locations,
  name text not null check (char_length(name) between 1 and 100),
  is_active boolean not null default true,
  constraint rooms_name_is_taken unique (location_id, name)
);

create table specialists (
  id integer primary key references users on delete cascade,
  position text,
  is_main boolean not null default true,
  location_id integer references locations,
  work_schedule jsonb not null default '{}'
);
