-- Where a key comes from: what API_KEYS made is revoked once it is not in it any more. Older keys are the command's until a start finds
-- them in the setting.
alter table api_keys add source text not null default 'command' check (source in ('setting', 'command'));

-- The visible beginning of a generated secret, shown in lists; null: an older key, or a secret that somebody chose.
alter table api_keys add prefix text check (char_length(prefix) <= 16);

-- After a rotation the secret before is valid for a while, too.
alter table api_keys add previous_hash bytea check (octet_length(previous_hash) = 32);
alter table api_keys add previous_until timestamptz;
alter table api_keys add constraint previous_secret_has_an_end check ((previous_hash is null) = (previous_until is null));

-- The fleet itself signs as these; older keys of that name stay until they are revoked.
alter table api_keys add constraint key_is_not_named_like_the_fleet
  check (lower(name) not in ('system', 'fleet', 'telegram', 'person', 'demo')) not valid;
