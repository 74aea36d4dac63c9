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

/** Writes a request in the book. `requestedAt` is when it reached the door. */
export const writeRequest = (
  db: Sql,
  of: {
    kind: FinanceRequest['kind'];
    trainingId: number;
    studentId?: number;
    reason?: string;
    byStudio?: boolean;
    requestedAt: Date;
    by: string;
    requestId: string;
  },
) =>
  db.one(sql.type(requestRow)`
    insert into finance_requests (kind, real_training_id, student_id, reason, by_studio, requested_at, requested_by, request_id)
    values (${of.kind}, ${of.trainingId}, ${of.studentId ?? null}, ${of.reason ?? null}, ${of.byStudio ?? false}, ${of.requestedAt.toISOString()}::timestamptz,
      ${of.by}, ${of.requestId})
    returning ${columns}`);

export const findRequest = (db: Sql, id: number) =>
  db.maybeOne(sql.type(requestRow)`select ${columns} from finance_requests where id = ${id}`);

/** The request, locked, if it is still open; null when somebody else has decided it. */
export const lockOpenRequest = (transaction: Sql, id: number) =>
  transaction.maybeOne(sql.type(requestRow)`
    select ${columns} from finance_requests where id = ${id} and status = 'open' for update`);

/** Notes what became of a request, in the transaction that did it. */
export const decideRequest = (transaction: Sql, id: number, status: 'done' | 'refused', outcome: unknown) =>
  transaction.query(sql.unsafe`
    update finance_requests set status = ${status}, outcome = ${sql.json(outcome as never)}, decided_at = now() where id = ${id}`);

/** Open requests whose bell is older than `seconds`; each counts one more ring. */
export const requestsToRing = (db: Sql, seconds: number) =>
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
