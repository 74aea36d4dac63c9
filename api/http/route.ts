import type { Response } from 'express';
import type { z } from 'zod';
import type { Scope } from '../../queues/jobs/scopes.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import type { Whose } from '../../sql/auth/whose.ts';
import type { CallContext } from '../../workers/call-context.ts';
import type { Caller, Visit } from './caller.ts';

/** What a handler gets beside its input. `db` is a transaction where the route or an Idempotency-Key asks for one. */
export type Context = CallContext & {
  fleet: Fleet;
  caller: Caller;
  /** Whose rows the caller may see (R32). */
  whose: Whose;
  /** Who asked, as a browser tells it. */
  visit: Visit;
  requestId: string;
  /** The header If-Match as it came: the version that the caller saw. */
  ifMatch?: string;
  /** Seconds the caller is willing to wait (`Prefer: wait`), 0 to 60. */
  wait: number;
  /** False once the caller has gone or this process drains: then waiting ends early. */
  isWaiting: () => boolean;
  /** False once the key was revoked or the session has ended, or may not ask for this any more: whoever is answered for long must look. */
  isStillLetIn: () => Promise<boolean>;
};

export type Answer = {
  status?: number;
  body: unknown;
  /** The body as JSON, where it is at hand: sent as it is, instead of the body. */
  json?: string;
  headers?: Record<string, string | string[]>;
  /** Instead of the body: writes to the response for as long as the caller listens and this process does not drain. */
  stream?: (response: Response, draining: AbortSignal) => Promise<void>;
  /** Done once the transaction is committed: jobs, waiting. Its answer, if any, replaces this one. */
  afterwards?: () => Promise<Answer | undefined>;
};

type Shape = z.ZodObject | undefined;
type Parsed<S extends Shape> = S extends z.ZodObject ? z.output<S> : Record<string, never>;
type Responses = Readonly<Record<number, z.ZodType>>;
type Input<P extends Shape, Q extends Shape, B extends Shape> = {
  params: Parsed<P>;
  query: Parsed<Q>;
  body: Parsed<B>;
  /** What was sent instead of a body of JSON; empty where the route takes no file. */
  file: Uint8Array;
};

/** What the router, the checks and the documentation need to know of a route. */
type Declaration<P extends Shape, Q extends Shape, B extends Shape, R extends Responses> = {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With parameters in braces: `/api/students/{id}`. */
  path: string;
  summary: string;
  tag: string;
  /**
   * What a key needs to come in; of a list any one will do; null: no key does, it is for people. What single fields or cases need
   * beyond it, the handler demands. What people may ask for, the policy says.
   */
  scope: Scope | readonly [Scope, ...Scope[]] | null;
  params?: P;
  query?: Q;
  body?: B;
  /** The body is a file of one of these types, sent as it is; at most 10 MB. */
  file?: readonly [string, ...string[]];
  /** True where a missing body means an empty one. */
  bodyOptional?: boolean;
  responses: R;
  /** The answer holds a secret that is kept nowhere, so it cannot be given again: no Idempotency-Key is taken. */
  secretAnswer?: boolean;
  /** What a 200 is made of, where it is not JSON. */
  produces?: 'text/event-stream' | 'image/svg+xml' | 'text/csv' | 'text/calendar' | 'application/zip';
  /** The handler's writes stand or fall together. */
  transaction?: boolean;
};

/** A route as the list of routes holds it: which status goes with which body is known no more. */
export type Route = Declaration<Shape, Shape, Shape, Responses> & {
  handle(input: Input<Shape, Shape, Shape>, context: Context): Promise<Answer>;
};

/** What an answer looks like before it is JSON: rows may be read-only. */
type Sent<T> = T extends object ? { readonly [K in keyof T]: Sent<T[K]> } : T;
type Extras<R extends Responses> = Pick<Answer, 'headers'> & { afterwards?: () => Promise<AnswerOf<R> | undefined> };
type Refusal = 400 | 401 | 403 | 404 | 409 | 422 | 429 | 503;
type Statuses<R extends Responses> = Exclude<keyof R & number, Refusal>;

/** What the handler of a contract may answer: each status with its own body; without a status it is 200. Refusals are thrown. */
export type AnswerOf<R extends Responses> =
  | { [S in Statuses<R>]: Extras<R> & { status: S; body: Sent<z.output<R[S]>> } }[Statuses<R>]
  | (200 extends Statuses<R> ? Extras<R> & { status?: undefined; body: Sent<z.output<R[200]>> } : never)
  | (Extras<R> & { status?: undefined; body: null } & ({ json: string } | Required<Pick<Answer, 'stream'>>));

/** What a route is asked with and answers, in types alone: nothing of it is there when the program runs. */
export type Typed<O extends string, P extends Shape, Q extends Shape, B extends Shape, R extends Responses> = {
  readonly types?: {
    operation: O;
    params: Given<P>;
    query: Given<Q>;
    body: Given<B>;
    answer: { [S in Statuses<R>]: z.output<R[S]> }[Statuses<R>];
  };
};
type Given<S extends Shape> = S extends z.ZodObject ? z.input<S> : Record<never, never>;

/** Holds a handler to its contract: the input it is given, the statuses and bodies it may answer. */
export const route = <
  const M extends Route['method'],
  const T extends string,
  P extends Shape,
  Q extends Shape,
  B extends Shape,
  const R extends Responses,
>(
  definition: Declaration<P, Q, B, R> & {
    method: M;
    path: T;
    handle(input: Input<P, Q, B>, context: Context): Promise<AnswerOf<R>>;
  },
): Route & Typed<`${Uppercase<M>} ${T}`, P, Q, B, R> => definition as unknown as Route;

/** The scopes any one of which opens a route. */
export const scopesOf = ({ scope }: { scope: Route['scope'] }): readonly Scope[] =>
  typeof scope === 'string' ? [scope] : (scope ?? []);

/** How the policy names what is asked. */
export const operationOf = ({ method, path }: { method: string; path: string }) => `${method.toUpperCase()} ${path}`;
