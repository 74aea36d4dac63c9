-- A website is pressed by readers: nothing but http(s). What was written without a scheme gets one; what has another one goes.
update company set website = case when website ~* '^[a-z0-9][a-z0-9.-]*\.[a-z]{2,}([/:?#]|$)' and website !~ '[[:space:]]' and char_length(website) <= 292
  then 'https://' || website end
where website is not null and website !~* '^https?://';
alter table company add constraint website_begins_with_http_or_https check (website ~* '^https?://[^[:space:]]+$') not valid;
