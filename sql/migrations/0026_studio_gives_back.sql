-- A studio that did not keep its word gives everything back, whatever the hour: also once the training has begun or is completed.
alter table finance_requests add by_studio boolean not null default false;
comment on column finance_requests.by_studio is 'a cancellation that the studio wants: everything goes back, also after the start';
