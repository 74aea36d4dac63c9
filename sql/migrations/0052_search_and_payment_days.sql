-- cspell:disable
-- People are found however their names are spelt: Cyrillic (Russian, Ukrainian) or Latin, in any of the usual transcriptions.
create extension if not exists pg_trgm;

-- One letter for what is written in several ways; then what is doubled counts once.
create function search_key(words text) returns text language plpgsql immutable parallel safe as $$
declare
  pair text[];
  key text := lower(words);
begin
  foreach pair slice 1 in array array[
    ['shch', 'š'], ['sch', 'š'], ['sh', 'š'], ['tch', 'č'], ['ch', 'č'], ['zh', 'z'], ['kh', 'g'], ['ph', 'f'], ['tz', 'ts'], ['x', 'ks'],
    ['щ', 'š'], ['ц', 'ts'], ['я', 'ia'], ['ю', 'iu'], ['ё', 'io']
  ] loop
    key := replace(key, pair[1], pair[2]);
  end loop;
  key := translate(key, 'абвгґдеєэжзиіїыйклмнопрстуфхчшyjhwcq' || 'ьъ''’ʼ`', 'abvggdeeezziiiiiklmnoprstufgčšiigvkk');
  key := replace(replace(key, 'io', 'e'), 'ie', 'e');
  return regexp_replace(key, '(.)\1+', '\1', 'g');
end $$;

create index users_by_name on users using gin (search_key(first_name || ' ' || last_name) gin_trgm_ops);
create index users_by_phone on users using gin (reverse(phone) gin_trgm_ops) where phone is not null;

-- The day that reports count a payment on, where it is not the day it was entered.
alter table payments add column payment_date date;
create index on payments (created_at);

-- Days up to this one are closed: nothing is entered for them any more.
create table closed_periods (
  only_one boolean primary key default true check (only_one),
  through date not null,
  closed_by text not null,
  closed_at timestamptz not null default now()
);

alter table students alter column current_belt set default 'White';
