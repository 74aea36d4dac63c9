import type { Socket } from 'node:net';
import { type BackendFactory, type ConnectionOptions, createPostgresBackend, FlowProducer, Queue, Worker } from 'bullmq';
import pg from 'pg';
import { PrimaryClient } from '../../sql/database/hosts.ts';
import { isOutage } from '../../sql/database/outage.ts';
import type { Backend } from './backend.ts';
import { kept, listened, openedOnce, queueCache, workerOptions } from './bullmq.ts';
import { withTimeout } from './with-timeout.ts';

/** What BullMQ asks is answered in milliseconds; a connection that keeps silent for longer is thrown away. */
const STATEMENT_MS = 7_000;
const ANSWER_MS = 8_000;
/** How often a connection that listens is asked whether it is still alive, and how long it may think about that. */
const LOOK_MS = 10_000;
const ALIVE_MS = 5_000;

/**
 * A job is not waited for until it is on the disk. What it is for stands in the database, whose own commits are; should the server
 * crash, the scheduler enqueues again what the last half second has lost, and a job that comes back finds its work done.
 */
const OPTIONS = '-c search_path=bullmq -c synchronous_commit=off';

export function postgresBackend(url: string, name: string): Backend {
  // Options in the URL would take the place of those given beside it.
  const address = new URL(url);
  const own = address.searchParams.get('options') ?? '';
  address.searchParams.delete('options');
  const pool = listened(
    new OutagePool({
      Client: PrimaryClient as unknown as new () => pg.ClientBase,
      connectionString: address.href,
      application_name: `${name} queues`,
      options: `${OPTIONS} ${own}`.trim(),
      max: 8,
      connectionTimeoutMillis: 2_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      statement_timeout: STATEMENT_MS,
      idle_in_transaction_session_timeout: 30_000,
      query_timeout: ANSWER_MS,
    }),
  );
  const watch = watchHeld(pool);
  // BullMQ's classes carry their backend in their type; the fleet's code does not care which one it is.
  const connection = pool as unknown as ConnectionOptions;
  const factory = ((...options) =>
    listensOnce(pool, () => startAgain(...options))) as typeof startAgain as unknown as BackendFactory;
  const queues = queueCache((noun) => new Queue(noun, { connection, defaultJobOptions: kept }, factory) as Queue);
  const flows = openedOnce(() => new FlowProducer({ connection }, factory) as FlowProducer);
  return {
    kind: 'postgres',
    queue: queues.get,
    flow: flows.get,
    worker: (noun, processor, options) =>
      listened(new Worker(noun, processor, { ...workerOptions, ...options, connection }, factory) as Worker),
    ping: () =>
      withTimeout(
        2_000,
        pool.query('select 1').then(() => undefined),
      ),
    async close() {
      clearInterval(watch);
      await Promise.all([queues.close(), flows.close()]);
      await pool.end();
    },
  };
}

/**
 * BullMQ takes nothing but ECONNREFUSED for an outage. After any other error it counts a try, or asks again without a pause,
 * so every error of a database that is away is passed to it as that one.
 */
class OutagePool extends pg.Pool {
  /** Since when each connection is held, and since when each one is idle. */
  readonly held = new Map<pg.PoolClient, number>();
  readonly #idle = new Map<pg.PoolClient, number>();

  constructor(config: pg.PoolConfig) {
    super(config);
    this.on('acquire', (client) => this.#move(client, this.held));
    this.on('release', (_error, client) => this.#move(client, this.#idle));
    this.on('remove', (client) => this.#move(client));
  }

  #move(client: pg.PoolClient, to?: Map<pg.PoolClient, number>) {
    this.held.delete(client);
    this.#idle.delete(client);
    to?.set(client, performance.now());
  }

  override query = (async (...query: [string, unknown[]]) => {
    const began = performance.now();
    try {
      return await super.query(...query);
    } catch (error) {
      if (!isOutage(error)) throw error;
      // What swallowed one connection has swallowed the others: tried one after the other, each would be waited for.
      for (const [client, since] of this.#idle) if (since < began) breakOff(client, error as Error);
      throw Object.assign(new Error(`ECONNREFUSED: ${(error as Error).message}`, { cause: error }), { code: 'ECONNREFUSED' });
    }
  }) as unknown as pg.Pool['query'];
}

/**
 * The connection that listens is held for as long as the process lives and asks nothing, so a network that swallows what it should
 * hear goes unnoticed: it is asked now and then, and closed when it does not answer. BullMQ opens another one.
 */
function watchHeld({ held }: OutagePool): NodeJS.Timeout {
  return setInterval(() => {
    for (const [client, since] of held) {
      if (performance.now() - since < LOOK_MS) continue;
      withTimeout(ALIVE_MS, client.query('select 1')).catch((error) => {
        held.delete(client);
        breakOff(client, error);
      });
    }
  }, LOOK_MS).unref();
}

/** What `pg` does not publish: the socket below. Ended properly, a connection would wait for an answer to its farewell. */
type Breakable = { connection: { stream: Socket } };
const breakOff = (client: pg.PoolClient, error: Error) => (client as unknown as Breakable).connection.stream.destroy(error);

/**
 * Every queue and worker of BullMQ adds a listener to the pool they share and never takes it away, so they grew with each one that
 * was opened. What the pool has to say is heard by its owner, once.
 */
function listensOnce<T>(pool: pg.Pool, open: () => T): T {
  const before = new Set(pool.listeners('error'));
  const opened = open();
  for (const listener of pool.listeners('error')) {
    if (!before.has(listener)) pool.off('error', listener as (error: Error) => void);
  }
  return opened;
}

/** BullMQ remembers a failed start for good: a queue first used during an outage would never work. Here it starts again. */
const startAgain: typeof createPostgresBackend = (...options) => {
  const backend = createPostgresBackend(...options);
  const { connection } = backend as unknown as { connection: Starter };
  forgetFailedStart(connection);
  forgetFailedStart(backend as unknown as Starter);
  return backend;
};

type Starter = { waitUntilReady(): Promise<void>; readyPromise?: Promise<void> };

function forgetFailedStart(starter: Starter) {
  const start = starter.waitUntilReady.bind(starter);
  starter.waitUntilReady = async () => {
    try {
      await start();
    } catch (error) {
      starter.readyPromise = undefined;
      throw error;
    }
  };
}
