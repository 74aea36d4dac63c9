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

/** The columns of {@link runRow}. */
export const columns = sql.fragment`id, process_type, run_key, attempt, process_date, scheduled_for, requested_at, started_at,
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

/** Without a limit: so many runs nobody has open. */
const UNLIMITED = 2_147_483_647;

/**
 * Writes requests for runs in the database, or finds the runs that already answer them:
 * a queued or running one is joined, a success is replayed unless `again`, an error or partial one gets a new attempt.
 * A run asked for by hand that the timetable joins is the timetable's from then on, and goes before the others (D44).
 * One statement in the usual case, however many there are; a concurrent twin costs a second look.
 * @param options.isHurried gives up (SQLSTATE 55P03) rather than wait long for a lock
 * @param options.mostOpen a caller (`created_by`) who would have more open runs than this is refused (D44); requests of one caller follow one
 *   another until the transaction ends. Requests without a caller are not counted, nor are the parts of a run beside it.
 * Returns what became of each, in their order; undefined where it was refused.
 */
export async function requestRuns(
  db: Sql,
  requests: readonly RunRequest[],
  { mostOpen, isHurried }: { mostOpen?: number; isHurried?: boolean } = {},
): Promise<readonly (Requested | undefined)[]> {
  const results = new Map<number, Requested | undefined>();
  while (results.size < requests.length) {
    const left = requests.map((request, n) => ({ ...request, n })).filter(({ n }) => !results.has(n));
    for (const { n, outcome, ...row } of await db.any(requestStatement(left, mostOpen, isHurried)))
      results.set(n, outcome === 'refused' ? undefined : await scheduledToo(db, row as Run, outcome, requests[n] as RunRequest));
  }
  return requests.map((_, n) => results.get(n));
}

/** {@link requestRuns} of one request that nobody limits. */
export async function requestRun(db: Sql, request: RunRequest): Promise<Requested> {
  return (await requestRuns(db, [request]))[0] as Requested;
}

/** The timetable's request makes its own what it joins. */
async function scheduledToo(db: Sql, run: Run, outcome: Requested['outcome'], { scheduled_for }: RunRequest): Promise<Requested> {
  if (outcome !== 'joined' || !scheduled_for || run.scheduled_for) return { run, outcome };
  return { run: (await db.maybeOne(adopt(run.id, scheduled_for))) ?? run, outcome };
}

const adopt = (id: number, scheduledFor: string) => sql.type(runRow)`
   update automated_process_history set scheduled_for = ${scheduledFor}::timestamptz
   where id = ${id} and status in ('queued', 'running') and scheduled_for is null
   returning ${columns}`;

const requestedRow = z.discriminatedUnion('outcome', [
  runRow.extend({ n: z.int(), outcome: z.enum(['created', 'joined', 'replayed']) }),
  z.object({ n: z.int(), outcome: z.literal('refused') }),
]);

/**
 * Finds, writes and counts the first enqueue in one statement (see the function), which each connection plans once. The requests are
 * text that the database reads, so that what is wrong in one of them is a refusal of the database like any other.
 */
const requestStatement = (
  requests: readonly (RunRequest & { n: number })[],
  mostOpen = UNLIMITED,
  isHurried = false,
) => sql.prepared('request_runs', requestedRow)`
  select n, outcome, ${columns}
  from request_runs(${JSON.stringify(
    requests.map(({ n, created_by = null, again = false, ...request }) => ({
      ...request,
      n,
      again,
      created_by: created_by ?? 'system',
      is_limited: mostOpen < UNLIMITED && created_by !== null,
    })),
  )}::jsonb, ${mostOpen}, ${isHurried}) as asked, lateral (select (asked.run).*) as answer`;

/** Returns the run, or null. */
export const findRun = (db: Sql, id: number): Promise<Run | null> =>
  db.maybeOne(sql.type(runRow)`select ${columns} from automated_process_history where id = ${id}`);

/** The claim of a run: one found `running` lost its runner in the middle, which counts. */
export const claimed = (jobId: string) => sql.fragment`
  update automated_process_history run
  set interruptions = interruptions + (status = 'running')::int, status = 'running',
    started_at = coalesce(started_at, now()), job_id = ${jobId}`;

/** Claims a run for execution; its process's lock is the caller's business (see `takeRun`). Returns null when the run is over. */
export const claimRun = (db: Sql, id: number, jobId: string): Promise<Run | null> =>
  db.maybeOne(sql.type(runRow)`
    ${claimed(jobId)} where id = ${id} and status in ('queued', 'running') returning ${columns}`);

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

/** What ends a run that is running. */
export const ended = (id: number, { status, result, details, counts }: Outcome) => sql.fragment`
  update automated_process_history
  set status = ${status}, completed_at = now(), result = ${sql.json(result as never)}, details = ${sql.jsonb(details as never)},
    progress = null, error_message = null,
    trainings_processed = ${counts.trainings_processed ?? 0}, students_processed = ${counts.students_processed ?? 0},
    students_added = ${counts.students_added ?? 0}, sessions_deducted = ${counts.sessions_deducted ?? 0},
    invoices_created = ${counts.invoices_created ?? 0}, errors_count = ${counts.errors_count ?? 0}
  where id = ${id} and status = 'running'`;

/** Ends a run with its outcome. Returns null when it was over already. */
export const finishRun = (db: Sql, id: number, outcome: Outcome): Promise<Run | null> =>
  db.maybeOne(sql.type(runRow)`${ended(id, outcome)} returning ${columns}`);

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
 * True while `run` must wait: for its parts, for the run it comes after, or, if it was asked for by hand, for each run of its process
 * that the timetable has asked for and that need not wait itself (D44).
 */
export const waits = sql.fragment`(
  exists (
    select from automated_process_history other
    where other.id = any(run.part_ids || run.after_run_id) and other.status in ('queued', 'running'))
  or run.scheduled_for is null and run.created_by <> 'system' and exists (
    select from automated_process_history first
    where first.process_type = run.process_type and first.status = 'queued' and first.scheduled_for is not null
      and not exists (
        select from automated_process_history before
        where before.status in ('queued', 'running') and (before.id = any(first.part_ids) or before.id = first.after_run_id))))`;

/** Whether a run must wait, see `waits`. */
export const mustWait = (db: Sql, { id }: Pick<Run, 'id'>) =>
  db.exists(sql.unsafe`select from automated_process_history run where id = ${id} and ${waits}`);
