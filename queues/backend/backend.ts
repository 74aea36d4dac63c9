import type { FlowProducer, Processor, Queue, Worker, WorkerOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Noun } from '../jobs/catalog.ts';
import { postgresBackend } from './postgres-backend.ts';
import { redisBackend } from './redis-backend.ts';

export { withTimeout } from './with-timeout.ts';

/**
 * BullMQ on Redis or on PostgreSQL, behind BullMQ's own switch: the same queues and workers on either.
 * Producers fail fast, consumers wait and come back by themselves.
 */
export type Backend = {
  kind: 'redis' | 'postgres';
  /** The producers' connection on Redis: it fails fast while Redis is away. */
  redis?: Redis;
  /** The producer's side of a queue; made once, kept until `close`. It may be made while the backend is away. */
  queue(noun: Noun): Queue;
  /** Enqueues several jobs of which one waits for the others. */
  flow(): FlowProducer;
  /** A consumer. The caller closes it before the backend. */
  worker(noun: Noun, processor: Processor, options?: Partial<WorkerOptions>): Worker;
  /** Throws within two seconds if the backend does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

export function openBackend(urls: { redisUrl?: string; databaseUrl: string; name: string }): Backend {
  return urls.redisUrl ? redisBackend(urls.redisUrl) : postgresBackend(urls.databaseUrl, urls.name);
}
