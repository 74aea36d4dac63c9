import { z } from 'zod';
import { enqueue } from '../../queues/backend/enqueue.ts';
import { log } from '../../queues/log/log.ts';
import { type FinanceRequest, findRequest, knownOf, requestRow, writeIfKnown } from '../../sql/finance/requests.ts';
import { findTraining } from '../../sql/trainings/roster.ts';
import { cancellers } from '../../workers/bookings/cancel.ts';
import { answerRequest } from '../../workers/finance/answer-request.ts';
import { demandScope } from '../../workers/rights.ts';
import { enrolOneself } from '../../workers/trainings/enrol-oneself.ts';
import { undoOffer } from '../../workers/undo/offer.ts';
import { actingOnItsOwn } from '../http/fair-share.ts';
import { idParams } from '../http/paging.ts';
import { Problem, STATUS_OF_REFUSAL } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { oneOf } from './fields.ts';
import { reasonBody } from './money.ts';

/** Seconds the route waits for the finance worker before it answers 202. */
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
  cancel_training: z.looseObject({ real_training_id: z.int(), undo: undoOffer.nullable().optional() }),
  cancel_participation: z.looseObject({ real_training_id: z.int(), outcome: z.string() }),
  add_student: z.looseObject({ id: z.int(), status: z.string() }),
} as const satisfies Record<FinanceRequest['kind'], z.ZodType>;
const by = oneOf(cancellers).default('client');
const shared = { tag: 'real-trainings', scope: 'money:write' } as const;

export const cancellationRoutes = [
  route({
    ...shared,
    method: 'post',
    scope: 'trainings:cancel',
    path: '/real-trainings/{id}/cancel',
    summary: 'Call a training off: everything is given back, everyone is told',
    params: idParams,
    body: reasonBody.extend({
      by: by.meta({
        description: 'by the studio: also a training that has begun or is completed, as one that did not take place',
      }),
    }),
    responses: { 200: outcomes.cancel_training, 202: accepted },
    async handle({ params, body }, context) {
      const byStudio = body.by === 'studio';
      if (byStudio) await demandMoneyAfterStart(context, params.id);
      return ask(context, { kind: 'cancel_training', trainingId: params.id, reason: body.reason, byStudio });
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/real-trainings/{id}/students/{student_id}/cancel',
    summary: 'Take a student out: free until twelve hours before the start, charged after that',
    params: seatParams,
    body: reasonBody.extend({
      by: by.meta({ description: 'whose wish it is; by the studio everything goes back, also after the start' }),
    }),
    responses: { 200: outcomes.cancel_participation, 202: accepted },
    handle: ({ params, body }, context) =>
      ask(context, {
        kind: 'cancel_participation',
        trainingId: params.id,
        studentId: params.student_id,
        reason: body.reason,
        byStudio: body.by === 'studio',
      }),
  }),
  route({
    ...shared,
    method: 'post',
    path: '/real-trainings/{id}/students',
    summary: 'Register a student by hand; whoever registers oneself becomes a student by it',
    params: idParams,
    body: z.strictObject({ student_id: studentId }),
    responses: { 200: outcomes.add_student, 202: accepted },
    async handle({ params, body }, context) {
      const asked = { trainingId: params.id, studentId: body.student_id };
      await enrolOneself(context, asked);
      return ask(context, { kind: 'add_student', ...asked });
    },
  }),
  route({
    method: 'get',
    path: '/finance-requests/{id}',
    summary: 'What became of a cancellation or an addition',
    tag: 'real-trainings',
    scope: ['money:write', 'trainings:cancel'],
    params: idParams,
    responses: { 200: requestRow.meta({ id: 'FinanceRequest' }) },
    async handle({ params }, { db, caller, whose }) {
      const request = await findRequest(db, params.id);
      if (!request) throw new Problem(404, `there is no request ${params.id}`);
      if (whose.everything && request.kind !== 'cancel_training')
        demandScope(caller, 'money:write', 'this request is about one student');
      if (request.status !== 'refused') return { body: request };
      return { body: { ...request, outcome: refusal.safeParse(request.outcome).data ?? request.outcome } };
    },
  }),
] as const;

/** Giving back after the start needs the money scope beside the route's own (D45). */
async function demandMoneyAfterStart({ db, caller, now }: Context, trainingId: number) {
  const training = await findTraining(db, trainingId);
  if (training && new Date(training.starts_at) <= now)
    demandScope(caller, 'money:write', 'the studio gives back after the start');
}

type Kind = FinanceRequest['kind'];
type Asked<K extends Kind = Kind> = { kind: K; trainingId: number; studentId?: number; reason?: string; byStudio?: boolean };
type Outcome<K extends Kind> = z.output<(typeof outcomes)[K]>;

/**
 * Writes the request with the instant it reached the route, then decides it here. Where others hold what it needs, the finance worker
 * decides it, and is waited for.
 */
async function ask<K extends Kind>(context: Context, asked: Asked<K>) {
  const { db, fleet, now, caller, requestId } = context;
  const written = await writeIfKnown(db, { ...asked, requestedAt: now, by: caller.name, requestId });
  if (!written) throw await unknown(db, asked);
  const { id } = written;
  const href = `/finance-requests/${id}`;
  return {
    status: 202 as const,
    body: { request_id: id, status: 'open', href },
    headers: { Location: href },
    async afterwards() {
      const decided = await decideAtOnce(fleet, id, asked.trainingId);
      if (decided) return decisionOf(asked.kind, decided);
      // A job that gets lost is enqueued again by the scheduler; the request stands in the database.
      await enqueue(
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

/** Locks that are not to be had within this many milliseconds are waited for by the worker: connections are few. */
const HURRIED_MS = 500;
/** After that nobody tries it here for so long, for the same training. */
const REST_MS = 1_000;
const held = new WeakMap<Context['fleet']['db'], Set<number>>();

/** Decides a request in this process; undefined when that takes longer, or fails. */
async function decideAtOnce({ db, settings }: Context['fleet'], id: number, trainingId: number): Promise<Decided | undefined> {
  const resting = held.get(db) ?? new Set();
  held.set(db, resting);
  if (resting.has(trainingId)) return undefined;
  try {
    const decision = await actingOnItsOwn(() => answerRequest(db, id, settings.zone, HURRIED_MS));
    if (!decision) return (await findRequest(db, id)) ?? undefined;
    return decision.refused ? { status: 'refused', outcome: decision.refused } : { status: 'done', outcome: decision.answer };
  } catch (error) {
    resting.add(trainingId);
    setTimeout(() => resting.delete(trainingId), REST_MS).unref();
    log.info({ err: error, finance_request_id: id }, 'a request is left to its worker');
    return undefined;
  }
}

async function waitForDecision(db: Context['fleet']['db'], id: number): Promise<FinanceRequest> {
  const deadline = Date.now() + PATIENCE * 1_000;
  for (let pause = 10; ; pause = Math.min(pause * 2, 50)) {
    const request = await findRequest(db, id);
    if (!request) throw new TypeError(`the request ${id} is gone`);
    if (request.status !== 'open' || Date.now() > deadline) return request;
    await new Promise((next) => setTimeout(next, pause));
  }
}

/** What the finance worker notes of a request that it refused, as the API says it; an earlier version noted the status only. */
const refusal = z.union([
  z
    .object({ kind: z.enum(['missing', 'conflict']), detail: z.string() })
    .transform(({ kind, detail }) => ({ status: STATUS_OF_REFUSAL[kind], detail })),
  z.object({ status: z.union([z.literal(404), z.literal(409)]), detail: z.string() }),
]);

type Decided = Pick<FinanceRequest, 'status' | 'outcome'>;

function decisionOf<K extends Kind>(kind: K, request: Decided): { body: Outcome<K> } | undefined {
  if (request.status === 'open') return undefined;
  if (request.status === 'done') return { body: outcomes[kind].parse(request.outcome) as Outcome<K> };
  const { status, detail } = refusal.parse(request.outcome);
  throw new Problem(status, detail);
}

/** The 404 of a training or student that does not exist: a request is only written about what it can refer to. */
async function unknown(db: Context['db'], { trainingId, studentId }: Asked) {
  const { training } = await knownOf(db, trainingId, studentId);
  return new Problem(404, training ? `there is no student ${studentId}` : `there is no training ${trainingId}`);
}
