import { hostname } from 'node:os';
import { type Job, UnrecoverableError } from 'bullmq';
import type { Noun, RunName } from '../../queues/jobs/catalog.ts';
import { jobPayloads } from '../../queues/jobs/payloads.ts';
import { log } from '../../queues/log/log.ts';
import { type Fleet, mayOpen, openFleet } from '../../queues/process/fleet.ts';
import { drainOnSignal, signalReady } from '../../queues/process/lifecycle.ts';
import { type Settings, settingsOrExit } from '../../queues/process/settings.ts';
import { traced } from '../../sql/database/tracing.ts';
import { noteHeartbeat } from '../../sql/schedule/beats.ts';
import { clockSkew } from '../../sql/schedule/server-state.ts';
import type { HandlersOf, RunHandler } from './run-context.ts';
import { runJob } from './run-job.ts';

/** What a worker does: handlers of runs by process type, and of the job `drain`. */
export type Handlers = {
  runs?: Partial<Record<RunName, RunHandler>>;
  drain?: (fleet: Fleet, signal: AbortSignal) => Promise<unknown>;
  /** Decides a request that somebody waits for; several at once, beside whatever run goes on. */
  request?: (fleet: Fleet, id: number) => Promise<unknown>;
  /** Lives from before the database answers until the signal comes; never throws. */
  early?: (settings: Settings, signal: AbortSignal) => Promise<unknown>;
  /** Lives beside the queue until the signal comes; never throws. */
  beside?: (fleet: Fleet, signal: AbortSignal) => Promise<unknown>;
};

/** Requests a worker decides at the same time. */
const REQUESTS = 4;

/** Runs one worker process: connects, checks the schema, consumes its queue, says `ready` to PM2 and drains on a signal. */
export async function runWorker<N extends Noun>(noun: N, handlers: Handlers & { runs: HandlersOf<N> }) {
  const draining = new AbortController();
  const early = handlers.early && mayOpen() ? handlers.early(settingsOrExit(), draining.signal) : undefined;
  const fleet = await openFleet(noun);
  const worker = startWorker(fleet, noun, handlers, draining.signal);
  await worker.waitUntilReady();
  const life = handlers.beside?.(fleet, draining.signal);
  drainOnSignal(fleet.settings.drainSeconds, async () => {
    draining.abort();
    await Promise.all([worker.close(), life, early]);
    await fleet.close();
  });
  signalReady();
}

/**
 * Consumes a queue. One job at a time for each kind of work, and one more, so that a canary is answered while all of
 * them go on; runs of one process exclude each other by lock.
 */
export function startWorker(fleet: Fleet, noun: Noun, handlers: Handlers, draining: AbortSignal) {
  const kinds = Object.keys(handlers.runs ?? {}).length + (handlers.drain ? 1 : 0) + (handlers.request ? REQUESTS : 0);
  const process = (job: Job, token?: string) => consume(fleet, noun, handlers, job, token, draining);
  const worker = fleet.backend.worker(noun, process, { concurrency: kinds + 1, name: hostname() });
  worker.on('failed', (job, error) => log.error({ err: error, job_id: job?.id, ...job?.data }, `job "${job?.name}" failed`));
  worker.on('stalled', (jobId) => log.warn({ job_id: jobId }, 'a job lost its worker and goes back in line'));
  return worker;
}

async function consume(fleet: Fleet, noun: Noun, handlers: Handlers, job: Job, token: string | undefined, draining: AbortSignal) {
  if (job.name === 'canary') return noteHeartbeat(fleet.db, noun, hostname(), await clockSkew(fleet.db));
  if (job.name === 'drain' && handlers.drain) return handlers.drain(fleet, draining);
  if (job.name === 'request' && handlers.request) {
    const { finance_request_id: id, trace } = jobPayloads.request.parse(job.data);
    return traced(
      { name: 'finance request', kind: 'consumer', parent: trace, attributes: { 'fleet.finance_request.id': id } },
      async () => handlers.request?.(fleet, id),
    );
  }
  if (job.name !== 'run' || !handlers.runs) throw new UnrecoverableError(`the worker "${noun}" knows no job "${job.name}"`);
  const payload = jobPayloads.run.safeParse(job.data);
  if (!payload.success) {
    const [issue] = payload.error.issues;
    throw new UnrecoverableError(`the job "run" has a wrong payload: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { runs } = handlers;
  const attributes = { 'messaging.system': 'bullmq', 'messaging.destination.name': noun, 'fleet.run.id': payload.data.run_id };
  return traced({ name: `run ${noun}`, kind: 'consumer', parent: payload.data.trace, attributes }, () =>
    runJob(fleet, runs, job, token, payload.data, draining),
  );
}
