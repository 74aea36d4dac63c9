import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createApiServer } from '../../api/app/server.ts';
import type { Backend } from '../../queues/backend/backend.ts';
import { openBackend } from '../../queues/backend/backend.ts';
import { jobPayloads } from '../../queues/jobs/payloads.ts';
import { API_DATABASE, type Fleet } from '../../queues/process/fleet.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { createKey, newSecret } from '../../sql/auth/api-keys.ts';
import { type Limits, openDatabase } from '../../sql/database/database.ts';
import { generate } from '../../workers/generation/generate.ts';
import type { RunHandler } from '../../workers/runner/execute.ts';
import { runJob } from '../../workers/runner/run-job.ts';
import { backgroundDone } from '../../workers/sign-in/background.ts';
import { breach } from './contract.ts';
import { type TestDatabase, testDatabase } from './database.ts';

// biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of an answer
export type Json = any;
export type Reply = { status: number; headers: Headers; text: string; body: Json };
export type Asking = { key?: string | null; body?: unknown; headers?: Record<string, string>; raw?: string | Uint8Array };
export type TestApi = Awaited<ReturnType<typeof testApi>>;

/** For what a busy machine may keep waiting: nobody is told to come again. */
export const PATIENT: Limits = { statementMs: 60_000, lockMs: 30_000, connectMs: 60_000 };

type Options = {
  settings?: Record<string, string>;
  /** Another backend than PostgreSQL in the test's own database; it is closed with the route. */
  backend?: (databaseUrl: string) => Backend;
  /** Another way to the database than the straight one, for the API alone. */
  via?: (databaseUrl: string) => Promise<string>;
  /** Other limits of statements than an API has. */
  limits?: Limits;
  /** The clock is the test's, and no connection is too old for it. */
  forLife?: boolean;
};

/** The API on a port of its own, with a private database and a key for everything. Close it when the file's tests are over. */
export async function testApi(options: Options = {}) {
  const database: TestDatabase = await testDatabase({ forLife: options.forLife });
  const { db } = database;
  const settings = readSettings({ ...options.settings, DATABASE_URL: database.url }, '/nowhere/.env');
  const backend = (options.backend ?? ((databaseUrl) => openBackend({ databaseUrl, name: 'test' })))(database.url);
  const way = options.via ? await options.via(database.url) : database.url;
  const own = await openDatabase(way, {
    ...API_DATABASE,
    limits: options.limits ?? API_DATABASE.limits,
    name: 'api',
    forLife: options.forLife,
  });
  const fleet: Fleet = { name: 'api', settings, db: own, backend, close: async () => {} };
  const draining = new AbortController();
  const server = createApiServer(fleet, draining.signal).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** A new key with these scopes; returns its secret. */
  let keys = 0;
  async function key(...scopes: string[]) {
    keys += 1;
    const secret = newSecret();
    await createKey(db, { name: `key-${keys}`, secret, scopes });
    return secret;
  }
  const all = await key('*');
  const ask = (method: string, path: string, asking: Asking = {}) => request(url, method, path, { key: all, ...asking });
  const workers: { close(force?: boolean): Promise<void> }[] = [];

  return {
    url,
    database,
    db,
    fleet,
    key,
    all,
    ask,
    draining,
    server,
    get: (path: string, asking?: Asking) => ask('GET', path, asking),
    post: (path: string, body?: unknown, asking?: Asking) => ask('POST', path, { body, ...asking }),
    patch: (path: string, body?: unknown, asking?: Asking) => ask('PATCH', path, { body, ...asking }),
    /** A real generation worker in this process; `handler` may replace what it does. */
    async startWorker(handler: RunHandler = generate) {
      const signal = new AbortController().signal;
      const worker = backend.worker('generation', (job, token) =>
        runJob(fleet, { generation: handler }, job, token, jobPayloads.run.parse(job.data), signal),
      );
      workers.push(worker);
      await worker.waitUntilReady();
      return worker;
    },
    async close() {
      draining.abort();
      await Promise.all(workers.map((worker) => worker.close()));
      await backgroundDone();
      server.close();
      server.closeAllConnections();
      await backend.close();
      await own.end();
      await database.close();
    },
  };
}

/** One request; the body goes as JSON unless `raw` says otherwise. Throws when a JSON answer is not what the route's contract says. */
export async function request(url: string, method: string, path: string, { key, body, headers, raw }: Asking): Promise<Reply> {
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(key ? { 'X-API-Key': key } : {}),
      ...(body === undefined && raw === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    body: (raw as string | undefined) ?? (body === undefined ? undefined : JSON.stringify(body)),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  const answer = isJson ? JSON.parse(text) : undefined;
  const wrong = breach(method, path, response.status, answer);
  if (wrong) throw new Error(`${method} ${path} was answered ${response.status} against its contract: ${wrong}`);
  return { status: response.status, headers: response.headers, text, body: answer };
}

/** The browser's way to show a key. */
export const basic = (secret: string) => ({ Authorization: `Basic ${Buffer.from(`anyone:${secret}`).toString('base64')}` });
