import {
  type BackendFactory,
  type ConnectionOptions,
  createPostgresBackend,
  type Processor,
  Queue,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Noun } from './catalog.ts';
import { log } from './log.ts';

/**
 * BullMQ on Redis or on PostgreSQL, behind BullMQ's own switch: the same queues and workers on either.
 * Producers fail fast, consumers wait and come back by themselves.
 */
export type Backend = {
  kind: 'redis' | 'postgres';
  /** The producer's side of a queue; made once, kept until `close`. */
  queue(noun: Noun): Queue;
  /** A consumer. The caller closes it before the backend. */
  worker(noun: Noun, processor: Processor, options?: Partial<WorkerOptions>): Worker;
  /** Throws within two seconds if the backend does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/** A vanished worker's job is handed on after at most `lockDuration + stalledInterval`; BullMQ's defaults take a minute. */
export const handover = { lockDuration: 8_000, stalledInterval: 4_000, maxStalledCount: 1_000, drainDelay: 2 };

const kept = { removeOnComplete: { age: 7 * 86_400, count: 500 }, removeOnFail: { age: 30 * 86_400, count: 500 } };

export function openBackend(urls: { redisUrl?: string; databaseUrl: string; name: string }): Backend {
  return urls.redisUrl ? redisBackend(urls.redisUrl) : postgresBackend(urls.databaseUrl, urls.name);
}

function redisBackend(url: string): Backend {
  const producer = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1, connectTimeout: 2_000 });
  const consumers: Redis[] = [];
  producer.on('error', report);
  const queues = shelf((noun) => new Queue(noun, { connection: producer, defaultJobOptions: kept, skipWaitingForReady: true }));
  return {
    kind: 'redis',
    queue: queues.get,
    worker: (noun, processor, options) => {
      const connection = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: (tries) => Math.min(tries * 100, 2_000) });
      connection.on('error', report);
      consumers.push(connection);
      return listened(new Worker(noun, processor, { ...handover, ...options, connection }));
    },
    ping: () =>
      within(
        2_000,
        producer.ping().then(() => undefined),
      ),
    async close() {
      await queues.close();
      for (const connection of [producer, ...consumers]) connection.disconnect();
    },
  };
}

function postgresBackend(url: string, name: string): Backend {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: `${name} queues`,
    options: '-c search_path=bullmq',
    max: 8,
    connectionTimeoutMillis: 2_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  pool.on('error', report);
  // BullMQ's classes carry their backend in their type; the fleet's code does not care which one it is.
  const connection = pool as unknown as ConnectionOptions;
  const factory = createPostgresBackend as unknown as BackendFactory;
  const queues = shelf(
    (noun) => new Queue(noun, { connection, defaultJobOptions: kept, skipWaitingForReady: true }, factory) as Queue,
  );
  return {
    kind: 'postgres',
    queue: queues.get,
    worker: (noun, processor, options) =>
      listened(new Worker(noun, processor, { ...handover, ...options, connection }, factory) as Worker),
    ping: () =>
      within(
        2_000,
        pool.query('select 1').then(() => undefined),
      ),
    async close() {
      await queues.close();
      await pool.end();
    },
  };
}

function shelf(open: (noun: Noun) => Queue) {
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

/** BullMQ throws on an `error` event nobody listens to. Outages are reported once a kind, not once a retry. */
function listened<T extends NodeJS.EventEmitter>(emitter: T): T {
  emitter.on('error', report);
  return emitter;
}

let lastReport = '';
function report(error: Error) {
  const code = (error as { code?: string }).code ?? error.message;
  if (code === lastReport) return log.debug({ err: error }, 'queue backend trouble goes on');
  lastReport = code;
  setTimeout(() => (lastReport = ''), 10_000).unref();
  log.warn({ err: error }, 'queue backend trouble');
}

/** The promise, or a TimeoutError after `ms`. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error(`no answer within ${ms} ms`), { name: 'TimeoutError' })), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
