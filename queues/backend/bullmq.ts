import type { FlowProducer, Queue } from 'bullmq';
import type { Noun } from '../jobs/catalog.ts';
import { log } from '../log/log.ts';

/**
 * How workers hold their jobs. A vanished worker's job is handed on after `lockDuration` and one or two
 * `stalledInterval`s; BullMQ's defaults take a minute. `maxStalledCount` never ends a job: the database counts the
 * interruptions of a run. `runRetryDelay` is the wait after an outage.
 */
export const workerOptions = {
  lockDuration: 8_000,
  stalledInterval: 3_000,
  maxStalledCount: 1_000,
  drainDelay: 2,
  runRetryDelay: 1_000,
};

/** Finished jobs are only for looking at; the history is in the database. */
export const kept = { removeOnComplete: { age: 7 * 86_400, count: 500 }, removeOnFail: { age: 30 * 86_400, count: 500 } };

/** The queues of a process, each opened once. */
export function queueCache(open: (noun: Noun) => Queue) {
  const opened = new Map<Noun, Queue>();
  return {
    get(noun: Noun): Queue {
      const queue = opened.get(noun) ?? listened(open(noun));
      opened.set(noun, queue);
      return queue;
    },
    close: () => Promise.all([...opened.values()].map((queue) => queue.close())),
  };
}

/** One flow producer a process, opened when it is first needed. */
export function openedOnce(open: () => FlowProducer) {
  let opened: FlowProducer | undefined;
  return {
    get(): FlowProducer {
      opened ??= listened(open());
      return opened;
    },
    close: async () => opened?.close(),
  };
}

/** BullMQ throws on an `error` event nobody listens to. */
export function listened<T extends NodeJS.EventEmitter>(emitter: T): T {
  emitter.on('error', report);
  return emitter;
}

let lastReport = '';
/** Tells an outage once a kind, not once a retry. */
function report(error: Error) {
  const code = (error as { code?: string }).code ?? error.message;
  if (code === lastReport) return log.debug({ err: error }, 'queue backend trouble goes on');
  lastReport = code;
  setTimeout(() => (lastReport = ''), 10_000).unref();
  log.warn({ err: error }, 'queue backend trouble');
}
