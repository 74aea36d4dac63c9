-- What visitors of the booking site read of a specialist.
alter table specialists add column bio text check (char_length(bio) between 1 and 1000);
comment on column specialists.bio is 'a few sentences for the booking site; everybody may read it';

-- A slot that a visitor holds while filling in who they are: a PENDING booking in the specialist's own name, since nobody else is known
-- yet (who is their own client is in one place), and who has this token may make it theirs. It works without cookies.
create table site_holds (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  booking_id integer not null references bookings on delete cascade,
  -- Null: whoever is free.
  asked_specialist_id integer references specialists on delete cascade,
  network text not null check (char_length(network) <= 100),
  created_at timestamptz not null default now(),
  booked_id integer references bookings on delete set null
);
comment on column site_holds.booked_id is 'the booking it has become';
create index on site_holds (booking_id);
create index on site_holds (booked_id);
create index on site_holds (network, created_at);
create index on site_holds (created_at);
