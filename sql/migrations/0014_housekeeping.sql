-- What the nightly cleanup looks for by age.
create index on schedule_changes (changed_at);
create index on telegram_links (created_at);
create index on bot_confirmations (expires_at);
create index alerts_over on alerts (recovered_at) where recovered_at is not null;
