import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { columns, type Run, runRow } from './rows.ts';

const requestedRow = runRow.extend({ outcome: z.enum(['created', 'joined', 'replayed']) });

export type RunRequest = {
  process_type: string;
  run_key: string;
  process_date: string;
  params: Record<string, unknown>;
  /** The nominal instant of the tick, for runs the timetable asked for. */
  scheduled_for?: string;
  again?: boolean;
  created_by?: string;
  api_key_used?: string;
  request_id?: string;
  /** The run that must be over before this one is executed. */
  after_run_id?: number;
};
export type Requested = { run: Run; outcome: 'created' | 'joined' | 'replayed' };

/**
 * Writes a request for a run in the database, or finds the run that already answers it:
 * a queued or running one is joined, a success is replayed unless `again`, an error or partial one gets a new attempt.
 * A run asked for by hand that the timetable joins is the timetable's from then on, and goes before the others (D44).
 * One statement in the usual case; a concurrent twin costs a second look.
 */
export async function requestRun(db: Sql, request: RunRequest): Promise<Requested> {
  for (;;) {
    const row = await db.maybeOne(requestStatement(request));
    if (row) {
      const { outcome, ...run } = row;
      if (outcome === 'joined' && request.scheduled_for && !run.scheduled_for) {
        const scheduled = await db.maybeOne(adopt(run.id, request.scheduled_for));
        return { run: scheduled ?? run, outcome };
      }
      return { run, outcome };
    }
  }
}

const adopt = (id: number, scheduledFor: string) => sql.type(runRow)`
   update automated_process_history set scheduled_for = ${scheduledFor}::timestamptz
   where id = ${id} and status in ('queued', 'running') and scheduled_for is null
   returning ${columns}`;

/** Finds, writes and counts the first enqueue in one statement, which each connection plans once. */
const requestStatement = (request: RunRequest) => sql.prepared('request_run', requestedRow)`
  with latest as (
    select ${columns} from automated_process_history
    where process_type = ${request.process_type} and run_key = ${request.run_key}
    order by attempt desc limit 1
  ), created as (
    insert into automated_process_history
      (process_type, run_key, attempt, process_date, scheduled_for, params, created_by, api_key_used, request_id, after_run_id, rings, rung_at)
    select ${request.process_type}, ${request.run_key}, coalesce((select attempt from latest), 0) + 1,
      ${request.process_date}::date, ${request.scheduled_for ?? null}::timestamptz, ${sql.jsonb(request.params as never)},
      ${request.created_by ?? 'system'}, ${request.api_key_used ?? null}, ${request.request_id ?? null},
      ${request.after_run_id ?? null}::int, 1, now()
    where not exists (
      select from latest
      where status in ('queued', 'running') or (status = 'success' and not ${request.again ?? false}::boolean)
    )
    on conflict do nothing
    returning ${columns}
  )
  select created.*, 'created' as outcome from created
  union all
  select latest.*, case status when 'success' then 'replayed' else 'joined' end from latest
  where not exists (select from created)
    and (status in ('queued', 'running') or (status = 'success' and not ${request.again ?? false}::boolean))`;

/** Has the requests of one caller follow one another until the transaction ends, so that they can be counted. */
export const lockCaller = (transaction: Sql, caller: string) =>
  transaction.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('open runs'), hashtext(${caller}))`);

/** How many runs a caller has asked for that are not over; the parts of a run are not counted beside it. */
export const countOpen = (db: Sql, caller: string) =>
  db.oneFirst(sql.type(z.object({ open: z.int() }))`
    select count(*)::int as open from automated_process_history run
    where status in ('queued', 'running') and created_by = ${caller}
      and not exists (
        select from automated_process_history whole
        where whole.status in ('queued', 'running') and whole.created_by = ${caller} and run.id = any(whole.part_ids))`);

/** Names the runs that a run consists of; part of the transaction that asks for them. */
export const joinParts = (transaction: Sql, id: number, partIds: readonly number[]) =>
  transaction.query(sql.unsafe`
    update automated_process_history set part_ids = ${sql.array([...partIds], 'int4')} where id = ${id}`);
