-- When a training was completed, as of which instant: the audit compares it with its start (D11).
alter table real_trainings add completed_at timestamptz;
comment on column real_trainings.completed_at is 'the instant the night that completed it was as of; null for what was completed before this was noted';
