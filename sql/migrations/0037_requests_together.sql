-- Asks for several runs at once: what was asked for in the same moment is one statement. For each request, by its `n`, the run that
-- answers it and how: created, joined (queued or running already) or replayed (ended in success); 'refused', without a run, where
-- the caller would have more than `most_open` open runs. A request that is left out met another one of the same moment: ask again.
-- Requests of one caller follow one another (the lock), so that they can be counted. They are inserted by key, so that two batches
-- with the same keys never wait for each other. `is_hurried`: gives up (55P03) rather than wait for a lock for longer than 0.1 s.
create function request_runs(requests jsonb, most_open integer, is_hurried boolean)
returns table (n integer, outcome text, run automated_process_history) language plpgsql as $$
#variable_conflict use_column
begin
  if is_hurried then
    perform set_config('lock_timeout', '100ms', true);
  end if;
  perform pg_advisory_xact_lock(hashtext('open runs'), caller) from (
    select distinct hashtext(created_by) as caller
    from jsonb_to_recordset(requests) as asked (created_by text, is_limited boolean) where is_limited order by caller
  ) as callers;
  -- A statement of its own: it sees what those have written who held the locks before.
  return query
  with asked as materialized (
    select asked.*, (
      select latest from automated_process_history latest
      where latest.process_type = asked.process_type and latest.run_key = asked.run_key
      order by latest.attempt desc limit 1
    ) as latest
    from jsonb_to_recordset(requests) as asked (
      n integer, process_type text, run_key text, process_date date, scheduled_for timestamptz, params jsonb, created_by text,
      is_limited boolean, again boolean, api_key_used text, request_id text, after_run_id integer)
  ), known as materialized (
    select asked.n, asked.process_type, asked.run_key, latest as answer,
      case when (latest).status in ('queued', 'running') then 'joined' when (latest).status = 'success' and not again then 'replayed' end as outcome
    from asked
  ), wanted as materialized (
    select distinct on (asked.process_type, asked.run_key) asked.* from asked join known using (n) where known.outcome is null
    order by asked.process_type, asked.run_key, asked.n
  ), counted as materialized (
    select wanted.n, not is_limited or open.count + row_number() over (partition by created_by, is_limited order by wanted.n) <= most_open as is_admitted
    from wanted left join (
      select caller as created_by, (
        select count(*) from automated_process_history own
        where own.status in ('queued', 'running') and own.created_by = caller and not own.id = any(array(
          select unnest(whole.part_ids) from automated_process_history whole
          where whole.status in ('queued', 'running') and whole.created_by = caller))
      ) as count
      from (select distinct created_by as caller from wanted where is_limited) as callers
    ) as open using (created_by)
  ), created as (
    insert into automated_process_history as made
      (process_type, run_key, attempt, process_date, scheduled_for, params, created_by, api_key_used, request_id, after_run_id, rings, rung_at)
    select process_type, run_key, coalesce((latest).attempt, 0) + 1, process_date, scheduled_for, params, created_by, api_key_used,
      request_id, after_run_id, 1, now()
    from wanted join counted using (n) where is_admitted order by process_type, run_key
    on conflict do nothing
    returning made.process_type, made.run_key, made as run
  )
  select known.n,
    case when known.outcome is not null then known.outcome when created.process_type is null then 'refused'
      when known.n = wanted.n then 'created' else 'joined' end,
    case when known.outcome is not null then known.answer else created.run end
  from known
    left join wanted using (process_type, run_key)
    left join counted on counted.n = wanted.n
    left join created using (process_type, run_key)
  where known.outcome is not null or created.process_type is not null or (known.n = wanted.n and not counted.is_admitted);
end $$;

-- What one caller has open, however many others have.
create index open_runs_by_caller on automated_process_history (created_by) where status in ('queued', 'running');
