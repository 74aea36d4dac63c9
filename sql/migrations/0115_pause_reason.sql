-- Why a schedule is paused, for whoever wonders later.
alter table schedules
  add paused_reason text check (char_length(paused_reason) <= 200),
  add check (paused_at is not null or paused_reason is null);
