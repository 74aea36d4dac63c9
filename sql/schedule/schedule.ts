import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { runRow } from '../runs/rows.ts';

const instant = z.iso.datetime();

const stateRow = z.object({
  name: z.string(),
  known_since: instant,
  paused_at: instant.nullable(),
  paused_by: z.string().nullable(),
  paused_reason: z.string().nullable(),
  last_tick: instant.nullable(),
});
export type ScheduleState = z.output<typeof stateRow>;

/**
 * What the ledger knows of each schedule by an instant: since when, whether it is paused, and its latest tick not after it.
 * Ticks in the future are left out: they stem from a clock that was once ahead, and must not hold up the present.
 */
export const scheduleStates = (db: Sql, now: Date) =>
  db.any(sql.type(stateRow)`
    select name, known_since, paused_at, paused_by, paused_reason,
      (select max(nominal_at) from schedule_ticks where schedule = name and nominal_at <= ${now.toISOString()}::timestamptz) as last_tick
    from schedules`);

/**
 * Remembers schedules seen for the first time; their ticks count from this instant. One that a clock ahead of time
 * learnt in the future is learnt anew.
 */
export const learnSchedules = (db: Sql, names: string[], now: Date) =>
  db.query(sql.unsafe`
    insert into schedules (name, known_since)
    select name, ${now.toISOString()}::timestamptz from ${sql.unnest(
      names.map((name) => [name]),
      ['text'],
    )} as seen (name)
    where not exists (select from schedules known where known.name = seen.name and known_since <= ${now.toISOString()}::timestamptz)
    on conflict (name) do update set known_since = least(schedules.known_since, excluded.known_since)`);

/** Forgets ticks that a clock ahead of time passed over: they are decided when they come. What led to a run stays. */
export const forgetUntimelySkips = (db: Sql, now: Date) =>
  db.query(sql.unsafe`
    delete from schedule_ticks where nominal_at > ${now.toISOString()}::timestamptz and outcome = 'skipped'`);

/** Locks a schedule's row until the transaction ends, so that deciding its ticks and pausing it follow one another. */
export const lockSchedule = (transaction: Sql, name: string) =>
  transaction.query(sql.unsafe`select from schedules where name = ${name} for update`);

export type Tick = { schedule: string; nominalAt: Date; outcome: string; reason: string | null; deadlineAt: Date | null };

/** Enters ticks in the ledger. Returns the nominal instants that were not there before: only those are the caller's to act on. */
export const recordTicks = (db: Sql, ticks: Tick[]) =>
  db.anyFirst(sql.type(z.object({ nominal_at: instant }))`
    insert into schedule_ticks (schedule, nominal_at, outcome, reason, deadline_at)
    select * from ${sql.unnest(
      ticks.map((tick) => [
        tick.schedule,
        tick.nominalAt.toISOString(),
        tick.outcome,
        tick.reason,
        tick.deadlineAt?.toISOString() ?? null,
      ]),
      ['text', 'timestamptz', 'text', 'text', 'timestamptz'],
    )}
    on conflict do nothing
    returning nominal_at`);

/** Joins ticks, named by their nominal instants, with the run they led to. */
export const linkTicks = (db: Sql, schedule: string, nominalAt: string[], runId: number, reason: string | null) =>
  db.query(sql.unsafe`
    update schedule_ticks set run_id = ${runId}, reason = coalesce(reason, ${reason})
    where schedule = ${schedule} and nominal_at = any(${sql.array(nominalAt, 'timestamptz')})`);

/**
 * Marks the ticks whose deadline has passed without a success of their run (whichever attempt), each once,
 * and returns them. A partial run has finished; its trouble is reported by itself. A run that has left the history is past
 * worrying about.
 */
export const alarmMissedDeadlines = (db: Sql, now: Date) =>
  db.any(sql.type(
    z.object({
      schedule: z.string(),
      nominal_at: instant,
      deadline_at: instant,
      run_id: z.int().nullable(),
      status: runRow.shape.status.nullable(),
    }),
  )`
    with missed as (
      update schedule_ticks tick set alarmed_at = ${now.toISOString()}::timestamptz
      where deadline_at <= ${now.toISOString()}::timestamptz and alarmed_at is null
        and (run_id is not null or outcome = 'skipped')
        and not exists (
          select from automated_process_history asked
          join automated_process_history run using (process_type, run_key)
          where asked.id = tick.run_id and run.status in ('success', 'partial'))
      returning schedule, nominal_at, deadline_at, run_id
    )
    select missed.*, run.status from missed left join automated_process_history run on run.id = missed.run_id
    order by nominal_at`);

/** Pauses a schedule from an instant on; one that is paused stays paused since then, by whom and why it was. */
export const pauseSchedule = (db: Sql, name: string, since: Date, by: string, reason: string | null = null) =>
  db.query(sql.unsafe`
    update schedules set paused_at = ${since.toISOString()}::timestamptz, paused_by = ${by}, paused_reason = ${reason}
    where name = ${name} and paused_at is null`);

/** Ends a pause. */
export const unpauseSchedule = (db: Sql, name: string) =>
  db.query(sql.unsafe`update schedules set paused_at = null, paused_by = null, paused_reason = null where name = ${name}`);

export const tickRow = z.object({
  schedule: z.string(),
  nominal_at: instant,
  outcome: z.enum(['enqueued', 'caught_up', 'skipped']),
  reason: z.string().nullable(),
  run_id: z.int().nullable(),
  run_status: runRow.shape.status.nullable(),
  decided_at: instant,
  deadline_at: instant.nullable(),
  alarmed_at: instant.nullable(),
});

const tickColumns = sql.fragment`schedule, nominal_at, outcome, reason, run_id, run.status as run_status, decided_at, deadline_at, alarmed_at`;

/** The ledger between two instants, newest first, after a cursor. */
export const listTicks = (
  db: Sql,
  filter: { from: string; to: string; schedule?: string; before?: [string, string]; limit: number },
) =>
  db.any(sql.type(tickRow)`
    select ${tickColumns} from schedule_ticks left join automated_process_history run on run.id = run_id
    where nominal_at >= ${filter.from}::timestamptz and nominal_at < ${filter.to}::timestamptz
      and (${filter.schedule ?? null}::text is null or schedule = ${filter.schedule ?? null})
      and (${filter.before?.[0] ?? null}::timestamptz is null or (nominal_at, schedule) < (${filter.before?.[0] ?? null}::timestamptz, ${filter.before?.[1] ?? null}::text))
    order by nominal_at desc, schedule desc
    limit ${filter.limit}`);

/** The latest tick of each schedule by an instant, with its run's outcome. */
export const latestTicks = (db: Sql, now: Date) =>
  db.any(sql.type(tickRow)`
    select distinct on (schedule) ${tickColumns}
    from schedule_ticks left join automated_process_history run on run.id = run_id
    where nominal_at <= ${now.toISOString()}::timestamptz
    order by schedule, nominal_at desc`);
