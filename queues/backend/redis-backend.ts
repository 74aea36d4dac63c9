import { FlowProducer, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Backend } from './backend.ts';
import { kept, listened, openedOnce, queueCache, workerOptions } from './bullmq.ts';
import { openRedis } from './open-redis.ts';
import { withTimeout } from './with-timeout.ts';

/** A producer is answered in milliseconds; a connection on which nothing comes back for so long is thrown away and opened again. */
const ANSWER_MS = 5_000;
/** A consumer asks in ways that block for up to ten seconds (BullMQ's own maximum). */
const BLOCKED_MS = 15_000;

export function redisBackend(url: string): Backend {
  const producer = listened(
    openRedis(url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      connectTimeout: 2_000,
      commandTimeout: ANSWER_MS,
      socketTimeout: ANSWER_MS,
      keepAlive: 10_000,
    }),
  );
  const consumers: Redis[] = [];
  // BullMQ remembers a failed start for good. Without the version check its start does nothing but wait for the connection.
  const queues = queueCache((noun) => new Queue(noun, { connection: producer, defaultJobOptions: kept, skipVersionCheck: true }));
  const flows = openedOnce(() => new FlowProducer({ connection: producer, skipVersionCheck: true }));
  return {
    kind: 'redis',
    redis: producer,
    queue: queues.get,
    flow: flows.get,
    worker: (noun, processor, options) => {
      const connection = listened(
        openRedis(url, {
          maxRetriesPerRequest: null,
          retryStrategy: (tries) => Math.min(tries * 100, 2_000),
          connectTimeout: 2_000,
          socketTimeout: BLOCKED_MS,
          keepAlive: 10_000,
        }),
      );
      consumers.push(connection);
      return listened(new Worker(noun, processor, { ...workerOptions, ...options, connection }));
    },
    ping: () =>
      withTimeout(
        2_000,
        producer.ping().then(() => undefined),
      ),
    async close() {
      await Promise.all([queues.close(), flows.close()]);
      for (const connection of [producer, ...consumers]) connection.disconnect();
    },
  };
}
