import { z } from 'zod';
import { ring } from '../../queues/jobs/enqueue.ts';
import { log } from '../../queues/process/log.ts';
import { type FinanceRequest, findRequest, knownOf, requestRow, writeRequest } from '../../sql/finance/requests.ts';
import { demandScope } from '../../workers/rights.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Context, type Route, route } from '../http/route.ts';
import { reasonBody } from './money.ts';

/** Seconds the door waits for the finance worker before it answers 202. */
const PATIENCE = 10;

const seatParams = z.object({ id: idParams.shape.id, student_id: idParams.shape.id });
const studentId = z
  .int({ error: 'the id of a student' })
  .min(1, { error: 'the id of a student' })
  .max(2_147_483_647, { error: 'the id of a student' })
  .meta({ description: 'the id of the student', examples: [1] });
const accepted = z.object({ request_id: z.int(), status: z.string(), href: z.string() }).meta({ id: 'RequestAccepted' });
/** What the finance worker notes of a request that it granted. */
const outcomes = {
  cancel_training: z.looseObject({ real_training_id: z.int() }),
  cancel_participation: z.looseObject({ real_training_id: z.int(), outcome: z.string() }),
  add_student: z.looseObject({ id: z.int(), status: z.string() }),
} as const satisfies Record<FinanceRequest['kind'], z.ZodType>;
const shared = { tag: 'real-trainings', scope: 'money:write' } as const;

export const cancellationRoutes: Route[] = [
  route({
    ...shared,
    method: 'post',
    scope: 'trainings:cancel',
    path: '/real-trainings/{id}/cancel',
    summary: 'Call a training off: everything is given back, everyone is told',
    params: idParams,
    body: reasonBody,
    responses: { 200: outcomes.cancel_training, 202: accepted },
    handle: ({ params, body }, context) => ask(context, { kind: 'cancel_training', trainingId: params.id, reason: body.reason }),
  }),
  route({
    ...shared,
    method: 'post',
    path: '/real-trainings/{id}/students/{student_id}/cancel',
    summary: 'Take a student out: free until twelve hours before the start, charged after that',
    params: seatParams,
    body: reasonBody,
    responses: { 200: outcomes.cancel_participation, 202: accepted },
    handle: ({ params, body }, context) =>
      ask(context, { kind: 'cancel_participation', trainingId: params.id, studentId: params.student_id, reason: body.reason }),
  }),
  route({
    ...shared,
    method: 'post',
    path: '/real-trainings/{id}/students',
    summary: 'Register a student by hand',
    params: idParams,
    body: z.strictObject({ student_id: studentId }),
    responses: { 200: outcomes.add_student, 202: accepted },
    handle: ({ params, body }, context) =>
      ask(context, { kind: 'add_student', trainingId: params.id, studentId: body.student_id }),
  }),
  route({
    method: 'get',
    path: '/finance-requests/{id}',
    summary: 'What became of a cancellation or an addition',
    tag: 'real-trainings',
    scope: ['money:write', 'trainings:cancel'],
    params: idParams,
    responses: { 200: requestRow.meta({ id: 'FinanceRequest' }) },
    async handle({ params }, { db, caller }) {
      const request = await findRequest(db, params.id);
      if (!request) throw new Problem(404, `there is no request ${params.id}`);
      if (request.kind !== 'cancel_training') demandScope(caller, 'money:write', 'this request is about one student');
      return { body: request };
    },
  }),
];

type Kind = FinanceRequest['kind'];
type Asked<K extends Kind = Kind> = { kind: K; trainingId: number; studentId?: number; reason?: string };
type Outcome<K extends Kind> = z.output<(typeof outcomes)[K]>;

/** Writes the request with the instant it reached the door, then rings and waits for the finance worker's decision. */
async function ask<K extends Kind>(context: Context, asked: Asked<K>) {
  const { db, fleet, now, caller, requestId } = context;
  await refuseUnknown(db, asked);
  const { id } = await writeRequest(db, { ...asked, requestedAt: now, by: caller.name, requestId });
  const href = `/finance-requests/${id}`;
  return {
    status: 202 as const,
    body: { request_id: id, status: 'open', href },
    headers: { Location: href },
    async afterwards() {
      // Unheard bells are rung again by the scheduler; the request stands in the book.
      await ring(
        fleet.backend,
        'finance',
        'request',
        { finance_request_id: id, request_id: requestId },
        { id: `request-${id}-1`, forget: true },
      ).catch((error) => log.warn({ err: error, finance_request_id: id }, 'a request waits for its queue'));
      return decisionOf(asked.kind, await waitForDecision(fleet.db, id));
    },
  };
}

async function waitForDecision(db: Context['fleet']['db'], id: number): Promise<FinanceRequest> {
  const deadline = Date.now() + PATIENCE * 1_000;
  for (let pause = 10; ; pause = Math.min(pause * 2, 200)) {
    const request = await findRequest(db, id);
    if (!request) throw new TypeError(`the request ${id} is gone`);
    if (request.status !== 'open' || Date.now() > deadline) return request;
    await new Promise((next) => setTimeout(next, pause));
  }
}

const refusal = z.object({ status: z.union([z.literal(404), z.literal(409)]), detail: z.string() });

function decisionOf<K extends Kind>(kind: K, request: FinanceRequest): { body: Outcome<K> } | undefined {
  if (request.status === 'open') return undefined;
  if (request.status === 'done') return { body: outcomes[kind].parse(request.outcome) as Outcome<K> };
  const { status, detail } = refusal.parse(request.outcome);
  throw new Problem(status, detail);
}

/** A training or student that does not exist is refused at the door: the book only takes what it can refer to. */
async function refuseUnknown(db: Context['db'], { trainingId, studentId }: Asked) {
  const { training, student } = await knownOf(db, trainingId, studentId);
  if (!training) throw new Problem(404, `there is no training ${trainingId}`);
  if (!student) throw new Problem(404, `there is no student ${studentId}`);
}
