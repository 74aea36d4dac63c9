import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const instant = z.iso.datetime();
const json = z.record(z.string(), z.unknown());

/** A row of the history, as reports see it. Instants are ISO strings in UTC, dates business days. */
export const runRow = z.object({
  id: z.int(),
  process_type: z.string(),
  run_key: z.string(),
  attempt: z.int(),
  process_date: z.iso.date(),
  scheduled_for: instant.nullable(),
  requested_at: instant,
  started_at: instant.nullable(),
  completed_at: instant.nullable(),
  status: z.enum(['queued', 'running', 'success', 'partial', 'error']),
  trainings_processed: z.int(),
  students_processed: z.int(),
  students_added: z.int(),
  sessions_deducted: z.int(),
  invoices_created: z.int(),
  errors_count: z.int(),
  params: json,
  progress: json.nullable(),
  details: json,
  result: z.unknown(),
  error_message: z.string().nullable(),
  created_by: z.string(),
  api_key_used: z.string().nullable(),
  request_id: z.string().nullable(),
  job_id: z.string().nullable(),
  interruptions: z.int(),
  part_ids: z.array(z.int()),
  after_run_id: z.int().nullable(),
});
export type Run = z.output<typeof runRow>;
export type RunStatus = Run['status'];

/** Whether somebody asked for a run by hand, and the timetable has not asked for it since (D44). */
export const isByHand = (run: Pick<Run, 'scheduled_for' | 'created_by'>) =>
  run.scheduled_for === null && run.created_by !== 'system';

export const isOver = (run: Run) => run.status === 'success' || run.status === 'partial' || run.status === 'error';

const requestedRow = runRow.extend({ outcome: z.enum(['created', 'joined', 'replayed']) });

const columns = sql.fragment`id, process_type, run_key, attempt, process_date, scheduled_for, requested_at, started_at,
  completed_at, status, trainings_processed, students_processed, students_added, sessions_deducted, invoices_created,
  errors_count, params, progress, details, result, error_message, created_by, api_key_used, request_id, job_id, interruptions, part_ids, after_run_id`;

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

/** Returns the run, or null. */
export const findRun = (db: Sql, id: number): Promise<Run | null> =>
  db.maybeOne(sql.type(runRow)`select ${columns} from automated_process_history where id = ${id}`);

/**
 * Takes hold of a run for execution; call it only under the process's lock.
 * A run found `running` lost its runner in the middle: it counts an interruption and goes on from its progress.
 * Returns null when the run is over (a stale job).
 */
export const claimRun = (db: Sql, id: number, jobId: string): Promise<Run | null> =>
  db.maybeOne(sql.type(runRow)`
    update automated_process_history
    set interruptions = interruptions + (status = 'running')::int, status = 'running',
      started_at = coalesce(started_at, now()), job_id = ${jobId}
    where id = ${id} and status in ('queued', 'running')
    returning ${columns}`);

/** Records how far a run has come; part of its chunk's transaction. Returns null when the run is not running any more. */
export const saveProgress = (db: Sql, id: number, progress: object) =>
  db.maybeOneFirst(sql.type(z.object({ id: z.int() }))`
    update automated_process_history set progress = ${sql.jsonb(progress as never)}
    where id = ${id} and status = 'running' returning id`);

export type Outcome = {
  status: 'success' | 'partial';
  result: unknown;
  details: Record<string, unknown>;
  counts: Partial<
    Record<
      'trainings_processed' | 'students_processed' | 'students_added' | 'sessions_deducted' | 'invoices_created' | 'errors_count',
      number
    >
  >;
};

/** Ends a run with its outcome. Returns null when it was over already. */
export const finishRun = (db: Sql, id: number, { status, result, details, counts }: Outcome): Promise<Run | null> =>
  db.maybeOne(sql.type(runRow)`
    update automated_process_history
    set status = ${status}, completed_at = now(), result = ${sql.json(result as never)}, details = ${sql.jsonb(details as never)},
      progress = null, error_message = null,
      trainings_processed = ${counts.trainings_processed ?? 0}, students_processed = ${counts.students_processed ?? 0},
      students_added = ${counts.students_added ?? 0}, sessions_deducted = ${counts.sessions_deducted ?? 0},
      invoices_created = ${counts.invoices_created ?? 0}, errors_count = ${counts.errors_count ?? 0}
    where id = ${id} and status = 'running'
    returning ${columns}`);

/** Notes a failed try; the run waits for its next one, or is over as `error` when there is none. What was done stays in `details`. */
export const failRun = (db: Sql, id: number, message: string, final: boolean): Promise<Run | null> =>
  db.maybeOne(sql.type(runRow)`
    update automated_process_history
    set status = ${final ? 'error' : 'queued'}, completed_at = case when ${final}::boolean then now() end,
      errors_count = errors_count + 1, error_message = ${message},
      details = case when ${final}::boolean then details || jsonb_strip_nulls(jsonb_build_object('done_before_the_error', progress)) else details end
    where id = ${id} and status in ('queued', 'running')
    returning ${columns}`);

/** Puts a run that stopped at a chunk's edge back in line. */
export const handBackRun = (db: Sql, id: number) =>
  db.query(sql.unsafe`update automated_process_history set status = 'queued' where id = ${id} and status = 'running'`);

/** Counts one more enqueue for an open run; returns the number so far, or null when it is over. The request counts the first. */
export const countEnqueue = (db: Sql, id: number) =>
  db.maybeOneFirst(sql.type(z.object({ rings: z.int() }))`
    update automated_process_history set rings = rings + 1, rung_at = now()
    where id = ${id} and status in ('queued', 'running') returning rings`);

/** Open runs whose last enqueue is older than `seconds`, oldest first: perhaps their job was lost. */
export const openRuns = (db: Sql, seconds: number) =>
  db.any(sql.type(
    runRow
      .pick({ id: true, process_type: true, request_id: true, scheduled_for: true, created_by: true })
      .extend({ rings: z.int() }),
  )`
    select id, process_type, rings, request_id, scheduled_for, created_by from automated_process_history
    where status in ('queued', 'running') and coalesce(rung_at, requested_at) < now() - make_interval(secs => ${seconds})
    order by id limit 500`);

/** Names the runs that a run consists of; part of the transaction that asks for them. */
export const joinParts = (transaction: Sql, id: number, partIds: readonly number[]) =>
  transaction.query(sql.unsafe`
    update automated_process_history set part_ids = ${sql.array([...partIds], 'int4')} where id = ${id}`);

/** The runs that a run consists of, in their order. */
export const partsOf = (db: Sql, id: number) =>
  db.any(sql.type(runRow)`
    select ${columns} from automated_process_history
    where id = any((select part_ids from automated_process_history where id = ${id})::int[]) order by id`);

/**
 * True while a run must wait: for its parts, for the run it comes after, or, if it was asked for by hand, for each run of its process
 * that the timetable has asked for and that need not wait itself (D44).
 */
export const mustWait = (
  db: Sql,
  run: Pick<Run, 'process_type' | 'scheduled_for' | 'created_by' | 'part_ids' | 'after_run_id'>,
) =>
  db.exists(sql.unsafe`
    select from automated_process_history
    where id = any(${sql.array([...run.part_ids, ...(run.after_run_id ? [run.after_run_id] : [])], 'int4')})
      and status in ('queued', 'running')
    union all
    select from automated_process_history first
    where ${isByHand(run)}::boolean and process_type = ${run.process_type} and status = 'queued'
      and scheduled_for is not null
      and not exists (
        select from automated_process_history before
        where before.status in ('queued', 'running') and (before.id = any(first.part_ids) or before.id = first.after_run_id))`);
