-- What people ask about their own data (R30) is a task with its deadline: to be shown it, to have it corrected or erased, or that nothing is
-- kept any more. Of a kind one is open at a time; to ask again changes no deadline.
create unique index one_open_data_request_a_kind on admin_tasks (user_id, kind)
  where kind in ('data_show', 'data_correct', 'data_erase', 'erase_person') and done_at is null;
comment on column admin_tasks.user_id is 'whom to call, or who asked about their own data; null for tasks about nobody in particular';

-- The tasks to erase somebody who withdrew a consent know whose they are, and say when it is due as the other ones do. Of several open ones
-- of one person the first is the person's; the others stay as they were, as do those that people wrote.
update admin_tasks set details = details - 'erase_by' || jsonb_build_object('due_on', details -> 'erase_by',
  'asked_on', to_char((details ->> 'erase_by')::date - 30, 'YYYY-MM-DD'))
where kind = 'erase_person' and created_by = 'system' and details ? 'erase_by';
update admin_tasks task set user_id = whose.id
from (
  select distinct on (users.id) mine.id as task_id, users.id
  from (
    select id, case when details ->> 'person_id' ~ '^[1-9][0-9]{0,8}$' then (details ->> 'person_id')::int end as person_id
    from admin_tasks where kind = 'erase_person' and created_by = 'system' and done_at is null
  ) as mine
  join users was on was.id = mine.person_id
  join users on users.id = coalesce(was.merged_into, was.id)
  order by users.id, mine.id
) as whose
where whose.task_id = task.id;
