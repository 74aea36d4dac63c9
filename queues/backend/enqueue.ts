import type { JobsOptions } from 'bullmq';
import { gather, type One } from '../../sql/database/batch.ts';
import type { Sql } from '../../sql/database/database.ts';
import { tracedWithin, traceparent } from '../../sql/database/tracing.ts';
import { type RunRequest, requestRun } from '../../sql/runs/request.ts';
import { isByHand, type Run } from '../../sql/runs/rows.ts';
import { definitionOf, type Noun } from '../jobs/catalog.ts';
import { type JobName, type JobPayload, jobPayloads } from '../jobs/payloads.ts';
import type { ProcessRequest } from '../jobs/request.ts';
import { type Backend, withTimeout } from './backend.ts';
import { kept } from './bullmq.ts';

/** The queue did not take a job in time. What it was for stays in the database and is enqueued again. */
export class QueueUnavailable extends Error {
  override name = 'QueueUnavailable';
}

/** How many messages to a queue a process has under way at once. */
const AT_ONCE = 2;

type EnqueueOptions = {
  id?: string;
  attempts?: number;
  backoff?: { type: string; delay: number; jitter: number };
  priority?: number;
  forget?: boolean;
};

/**
 * Enqueues a job: the only caller of `Queue.add`. Jobs that are enqueued in the same moment are one message to the queue. Fails
 * within two seconds rather than hang. A job with the same `id` that still waits swallows the new one, which only saves work.
 */
export async function enqueue<N extends JobName>(
  backend: Backend,
  noun: Noun,
  name: N,
  data: JobPayload<N>,
  options: EnqueueOptions = {},
) {
  const { id, forget, ...retry } = options;
  const opts = { ...retry, jobId: id, ...(forget ? { removeOnComplete: true, removeOnFail: true } : {}) };
  await sending(noun, () => {
    const payload = jobPayloads[name].parse({ trace: traceOfJob(), ...data });
    return gathered(
      backend,
      noun,
    )({ name, data: payload, opts }).catch((error) => {
      throw new QueueUnavailable(`the queue "${noun}" does not answer`, { cause: error });
    });
  });
}

/** Enqueueing as a span of what asks for it, which the job is a part of then. */
const sending = <T>(noun: Noun, work: () => Promise<T>) =>
  tracedWithin(
    { name: `send ${noun}`, kind: 'producer', attributes: { 'messaging.system': 'bullmq', 'messaging.destination.name': noun } },
    work,
  );

const traceOfJob = () => traceparent() ?? undefined;

type NewJob = { name: string; data: unknown; opts: JobsOptions };
const gatherers = new WeakMap<Backend, Map<Noun, One<NewJob, unknown>>>();

function gathered(backend: Backend, noun: Noun): One<NewJob, unknown> {
  const queues = gatherers.get(backend) ?? new Map<Noun, One<NewJob, unknown>>();
  gatherers.set(backend, queues);
  const known = queues.get(noun) ?? gather((all) => withTimeout(2_000, add(backend, noun, all)), AT_ONCE);
  queues.set(noun, known);
  return known;
}

async function add(backend: Backend, noun: Noun, jobs: readonly [NewJob, ...NewJob[]]): Promise<readonly unknown[]> {
  const [{ name, data, opts }, ...others] = jobs;
  if (others.length > 0) return backend.queue(noun).addBulk([...jobs]);
  return [await backend.queue(noun).add(name, data, opts)];
}

/** Enqueues for days of slots that have to be calculated again; a job that still waits swallows this one. */
export const enqueueSlotRecalc = (backend: Backend) =>
  enqueue(backend, 'slot-recalc', 'drain', {}, { id: 'drain', forget: true });

export const runJobId = (runId: number, enqueued: number) => `run-${runId}-${enqueued}`;

/** What was asked for by hand comes after everything that was not (D44); BullMQ takes 0 for the first. */
const priorityOf = (run: Pick<Run, 'scheduled_for' | 'created_by'>) => (isByHand(run) ? BY_HAND : 0);
const BY_HAND = 10;

/**
 * Enqueues the job of a run. Each time it has a job id of its own, since a finished job that is still kept would
 * silently swallow a second one with the same id.
 */
export function enqueueJob(
  backend: Backend,
  run: Pick<Run, 'id' | 'process_type' | 'request_id' | 'scheduled_for' | 'created_by'>,
  enqueued: number,
) {
  const { worker, retry } = definitionOf(run.process_type);
  const data = { run_id: run.id, request_id: run.request_id ?? undefined };
  return enqueue(backend, worker, 'run', data, { ...retry, priority: priorityOf(run), id: runJobId(run.id, enqueued) });
}

/**
 * Enqueues for a process that was asked for. One of several parts is a BullMQ flow: its own job waits until the jobs of its
 * new parts are over, whatever their end. Parts that were asked for before have their jobs already.
 */
export async function enqueueProcess(backend: Backend, { run, outcome, parts }: ProcessRequest) {
  if (outcome !== 'created') return;
  const fresh = parts.filter((part) => part.outcome === 'created');
  if (fresh.length === 0) return enqueueJob(backend, run, 1);
  await sending(definitionOf(run.process_type).worker, async () => {
    const children = fresh.map((part) => flowJob(part.run, { ignoreDependencyOnFailure: true }));
    const added = Promise.resolve().then(() => backend.flow().add({ ...flowJob(run), children }));
    await withTimeout(2_000, added).catch((error) => {
      throw new QueueUnavailable('the queues of a flow do not answer', { cause: error });
    });
  });
}

function flowJob(run: Run, more: object = {}) {
  const { worker, retry } = definitionOf(run.process_type);
  const data = jobPayloads.run.parse({ run_id: run.id, request_id: run.request_id ?? undefined, trace: traceOfJob() });
  return {
    name: 'run',
    queueName: worker,
    data,
    opts: { ...retry, ...kept, ...more, priority: priorityOf(run), jobId: runJobId(run.id, 1) },
  };
}

/** Writes the request in the database, then enqueues for it if it is new. */
export async function enqueueRun(db: Sql, backend: Backend, request: RunRequest) {
  const requested = await requestRun(db, request);
  if (requested.outcome === 'created') await enqueueJob(backend, requested.run, 1);
  return requested;
}
