import type { Operations } from '../../contract/console.ts';
import { AskFailed } from './problem.ts';

export type Operation = keyof Operations;
export type AnswerTo<O extends Operation> = Operations[O]['answer'];

type Part<N extends string, T> = keyof T extends never
  ? { [K in N]?: undefined }
  : { [K in keyof T]?: T[K] } extends T
    ? { [K in N]?: T }
    : { [K in N]: T };
/** What an operation is asked with: its path's parameters, query and body as the routes declare them. */
export type Given<O extends Operation> = Part<'params', Operations[O]['params']> &
  Part<'query', Operations[O]['query']> &
  Part<'body', Operations[O]['body']> & {
    /** Sent as it is, instead of a body. */
    file?: Blob;
    headers?: Record<string, string>;
    signal?: AbortSignal;
    keepalive?: boolean;
  };
type Rest<O extends Operation> = Record<never, never> extends Given<O> ? [given?: Given<O>] : [given: Given<O>];

const leave = new Set<() => void>();
/** Calls back when the server says that nobody is signed in any more. */
export const whenSignedOut = (callback: () => void) => void leave.add(callback);

/** How often somebody came in. */
let entries = 0;
/** Somebody has come in: that what was asked before is refused says nothing about them, however late. */
export const noteEntry = () => {
  entries += 1;
};

let session: string | null = null;
/** From now on everything is asked as the session of this token, and no cookie is sent; null: as the browser's own. */
export const askAs = (token: string | null) => {
  session = token;
  noteEntry();
};

/** Asks the API by an operation's name: `ask('GET /api/tasks', { query: { status: 'open' } })`. Throws {@link AskFailed}. */
export const ask = <O extends Operation>(operation: O, ...[given]: Rest<O>): Promise<AnswerTo<O>> =>
  askAny(operation, (given ?? {}) as Loose) as Promise<AnswerTo<O>>;

/** {@link ask} for an operation whose name is made at run time; its answer is nobody's type. */
export async function askAny(
  operation: string,
  { params = {}, query = {}, body, file, headers, signal, keepalive }: Loose = {},
): Promise<unknown> {
  const [method, pattern] = operation.split(' ') as [string, string];
  const path = pattern.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(params[name])));
  const asked = new URLSearchParams(
    Object.entries(query)
      .filter(([, value]) => value !== undefined && value !== '')
      .map(([name, value]): [string, string] => [name, String(value)]),
  );
  const entry = entries;
  const response = await fetch(asked.size > 0 ? `${path}?${asked}` : path, {
    method,
    signal: signal ?? null,
    keepalive: keepalive ?? false,
    credentials: session === null ? 'same-origin' : 'omit',
    headers: {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(session === null ? {} : { Authorization: `Bearer ${session}` }),
      ...headers,
    },
    body: file ?? (body === undefined ? null : JSON.stringify(body)),
  }).catch((error: Error) => {
    if (error.name === 'AbortError') throw error;
    throw new AskFailed(0, {});
  });
  if (response.ok) return response.status === 204 ? undefined : response.json();
  if (response.status === 401 && entry === entries && !pattern.startsWith('/auth/')) for (const callback of leave) callback();
  throw await failure(response);
}

type Loose = {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
  file?: Blob;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  keepalive?: boolean;
};

async function failure(response: Response): Promise<AskFailed> {
  const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const after = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new AskFailed(response.status, problem, Number.isFinite(after) ? after : null);
}
