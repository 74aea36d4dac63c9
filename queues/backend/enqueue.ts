import type { Sql } from '../../sql/database/database.ts';
import { isByHand, type Run, type RunRequest, requestRun } from '../../sql/runs/runs.ts';
import { type Bell, type BellName, bells, definitionOf, type Noun } from '../jobs/catalog.ts';
import type { ProcessRequest } from '../jobs/request.ts';
import { type Backend, within } from './backend.ts';
import { kept } from './bullmq.ts';

/** The queue did not take a bell in time. What it was for stays in the book and is rung again. */
export class QueueUnavailable extends Error {
  override name = 'QueueUnavailable';
}

type Ring = {
  id?: string;
  attempts?: number;
  backoff?: { type: string; delay: number; jitter: number };
  priority?: number;
  forget?: boolean;
};

/**
 * Rings a bell: the only caller of `Queue.add`. Fails within two seconds rather than hang.
 * A job with the same `id` that still waits swallows the new one, which only saves work.
 */
export async function ring<N extends BellName>(backend: Backend, noun: Noun, name: N, bell: Bell<N>, options: Ring = {}) {
  const { id, forget, ...retry } = options;
  const payload = bells[name].parse(bell);
  const added = Promise.resolve().then(() =>
    backend.queue(noun).add(name, payload, {
      ...retry,
      jobId: id,
      ...(forget ? { removeOnComplete: true, removeOnFail: true } : {}),
    }),
  );
  await within(2_000, added).catch((error) => {
    throw new QueueUnavailable(`the queue "${noun}" does not answer`, { cause: error });
  });
}

/** Rings for days of slots that have to be calculated again; a bell that still waits swallows this one. */
export const ringForSlots = (backend: Backend) => ring(backend, 'slot-recalc', 'drain', {}, { id: 'drain', forget: true });

export const runJobId = (runId: number, rings: number) => `run-${runId}-${rings}`;

/** What was asked for by hand comes after everything that was not (D44); BullMQ takes 0 for the first. */
const priorityOf = (run: Pick<Run, 'scheduled_for' | 'created_by'>) => (isByHand(run) ? BY_HAND : 0);
const BY_HAND = 10;

/**
 * Rings for a run in the book. Each ring has a job id of its own, since a finished job that is still kept would
 * silently swallow a second one with the same id.
 */
export function ringRun(
  backend: Backend,
  run: Pick<Run, 'id' | 'process_type' | 'request_id' | 'scheduled_for' | 'created_by'>,
  rings: number,
) {
  const { worker, retry } = definitionOf(run.process_type);
  const bell = { run_id: run.id, request_id: run.request_id ?? undefined };
  return ring(backend, worker, 'run', bell, { ...retry, priority: priorityOf(run), id: runJobId(run.id, rings) });
}

/**
 * Rings for a process that was asked for. One of several parts is a BullMQ flow: its own job waits until the jobs of its
 * new parts are over, whatever their end. Parts that were asked for before have their bells already.
 */
export async function ringProcess(backend: Backend, { run, outcome, parts }: ProcessRequest) {
  if (outcome !== 'created') return;
  const fresh = parts.filter((part) => part.outcome === 'created');
  if (fresh.length === 0) return ringRun(backend, run, 1);
  const added = Promise.resolve().then(() =>
    backend
      .flow()
      .add({ ...flowJob(run), children: fresh.map((part) => flowJob(part.run, { ignoreDependencyOnFailure: true })) }),
  );
  await within(2_000, added).catch((error) => {
    throw new QueueUnavailable('the queues of a flow do not answer', { cause: error });
  });
}

function flowJob(run: Run, more: object = {}) {
  const { worker, retry } = definitionOf(run.process_type);
  const data = bells.run.parse({ run_id: run.id, request_id: run.request_id ?? undefined });
  return {
    name: 'run',
    queueName: worker,
    data,
    opts: { ...retry, ...kept, ...more, priority: priorityOf(run), jobId: runJobId(run.id, 1) },
  };
}

/** Writes the request in the book, then rings for it if it is new. */
export async function enqueueRun(db: Sql, backend: Backend, request: RunRequest) {
  const requested = await requestRun(db, request);
  if (requested.outcome === 'created') await ringRun(backend, requested.run, 1);
  return requested;
}
