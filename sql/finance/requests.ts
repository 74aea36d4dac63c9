import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Something asked of the finance worker for which somebody waits. */
export const requestRow = z.object({
  id: z.int(),
  kind: z.enum(['cancel_training', 'cancel_participation', 'add_student']),
  real_training_id: z.int(),
  student_id: z.int().nullable(),
  reason: z.string().nullable(),
  by_studio: z.boolean(),
  requested_at: z.iso.datetime(),
  requested_by: z.string(),
  request_id: z.string().nullable(),
  status: z.enum(['open', 'done', 'refused']),
  outcome: z.unknown(),
  decided_at: z.iso.datetime().nullable(),
});
export type FinanceRequest = z.output<typeof requestRow>;

const columns = sql.fragment`id, kind, real_training_id, student_id, reason, by_studio, requested_at, requested_by, request_id, status, outcome, decided_at`;

type NewRequest = {
  kind: FinanceRequest['kind'];
  trainingId: number;
  studentId?: number;
  reason?: string;
  byStudio?: boolean;
  /** When it reached the API. */
  requestedAt: Date;
  by: string;
  requestId: string;
};

const written = (request: NewRequest) => sql.prepared('write_finance_request', requestRow)`
    insert into finance_requests (kind, real_training_id, student_id, reason, by_studio, requested_at, requested_by, request_id)
    select ${request.kind}::text, ${request.trainingId}::int, ${request.studentId ?? null}::int, ${request.reason ?? null}::text, ${request.byStudio ?? false}::boolean,
      ${request.requestedAt.toISOString()}::timestamptz, ${request.by}::text, ${request.requestId}::text
    where exists (select from real_trainings where id = ${request.trainingId})
      and (${request.studentId ?? null}::int is null or exists (select from students where id = ${request.studentId ?? null}))
    returning ${columns}`;

/** Writes a request; null where there is no such training or student. */
export const writeIfKnown = (db: Sql, request: NewRequest) => db.maybeOne(written(request));

/** Writes a request about what is known to exist. */
export const writeRequest = (db: Sql, request: NewRequest) => db.one(written(request));

export const findRequest = (db: Sql, id: number) =>
  db.maybeOne(sql.type(requestRow)`select ${columns} from finance_requests where id = ${id}`);

/**
 * The request, locked, if it is still open; null when somebody else has decided it. Whoever asked for it acts in the transaction from
 * here on (`actAs`).
 * @param lockMs how long the transaction waits for each lock from here on (then SQLSTATE 55P03); by default as set
 */
export const lockOpenRequest = (transaction: Sql, id: number, lockMs?: number) =>
  transaction.maybeOne(sql.prepared('lock_finance_request', requestRow)`
    with settings as materialized (
      select set_config('lock_timeout', coalesce(${lockMs === undefined ? null : `${lockMs}ms`}::text, current_setting('lock_timeout')), true)
    ), request as materialized (
      select ${columns} from settings, finance_requests where id = ${id} and status = 'open' for update of finance_requests
    ), acting as materialized (
      select set_config('studio.actor', requested_by, true), set_config('studio.cause', concat_ws(' ', 'request', id, request_id), true)
      from request
    )
    select ${columns} from request, acting`);

/** Notes what became of a request, in the transaction that did it. */
export const decideRequest = (transaction: Sql, id: number, status: 'done' | 'refused', outcome: unknown) =>
  transaction.query(sql.prepared('decide_finance_request', requestRow)`
    update finance_requests set status = ${status}, outcome = ${sql.json(outcome as never)}, decided_at = now() where id = ${id}`);

/** Open requests whose job is older than `seconds`; each counts one more enqueue. */
export const requestsToEnqueue = (db: Sql, seconds: number) =>
  db.any(sql.type(z.object({ id: z.int(), rings: z.int() }))`
    update finance_requests set rings = rings + 1, rung_at = now()
    where id in (
      select id from finance_requests
      where status = 'open' and rung_at < now() - make_interval(secs => ${seconds}) order by id limit 200 for update skip locked)
    returning id, rings`);

/** Whether a training and, if one is named, a student exist. */
export const knownOf = (db: Sql, trainingId: number, studentId: number | undefined) =>
  db.one(sql.type(z.object({ training: z.boolean(), student: z.boolean() }))`
    select exists (select from real_trainings where id = ${trainingId}) as training,
      (${studentId ?? null}::int is null or exists (select from students where id = ${studentId ?? null})) as student`);
