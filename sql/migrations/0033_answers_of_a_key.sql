-- A stored answer belongs to a key, not to its name: a name that is given again must not find the answers of the key before.
update idempotency_keys answer set api_key = '#' || key.id
from api_keys key where key.name = answer.api_key and key.revoked_at is null;
delete from idempotency_keys where api_key not like '#%';
comment on column idempotency_keys.api_key is '# and the id of the API key';

-- An answer in two steps (asked for, then waited for) is stored with the first step and again with the second one.
alter table idempotency_keys add column is_final boolean not null default true;
comment on column idempotency_keys.is_final is 'false while the request is still being answered';
