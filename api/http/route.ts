import type { Response } from 'express';
import type { z } from 'zod';
import type { CallContext } from '../../workers/call-context.ts';

/** Who asks: the key, its name and what it may do. */
export type Caller = {
  /** Of the key. A name may be given again to another key. */
  id: number;
  name: string;
  scopes: readonly string[];
  /** Whether the key would be let in now, with the scope: it may be revoked, or expire, while it is being answered. */
  isStillLetIn(scope: string): Promise<boolean>;
};

/** What a handler gets beside its input. `db` is a transaction where the route or an Idempotency-Key asks for one. */
export type Context = CallContext & {
  caller: Caller;
  requestId: string;
  /** Seconds the caller is willing to wait (`Prefer: wait`), 0 to 60. */
  wait: number;
  /** False once the caller has gone or this process drains: then waiting ends early. */
  isWaiting: () => boolean;
  /** False once the key was revoked, has expired or has lost the route's scope: whoever is answered for long must look. */
  isStillLetIn: () => Promise<boolean>;
};

export type Answer = {
  status?: number;
  body: unknown;
  /** The body as JSON, where it is at hand: sent as it is, instead of the body. */
  json?: string;
  headers?: Record<string, string>;
  /** Instead of the body: writes to the response for as long as the caller listens and this process does not drain. */
  stream?: (response: Response, draining: AbortSignal) => Promise<void>;
  /** Done once the transaction is committed: bells, waiting. Its answer, if any, replaces this one. */
  afterwards?: () => Promise<Answer | undefined>;
};

type Shape = z.ZodObject | undefined;
type Parsed<S extends Shape> = S extends z.ZodObject ? z.output<S> : Record<string, never>;

/** A door: everything the router, the checks and the documentation need to know of it. */
export type Route<P extends Shape = Shape, Q extends Shape = Shape, B extends Shape = Shape> = {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With parameters in braces: `/api/students/{id}`. */
  path: string;
  summary: string;
  tag: string;
  scope: string;
  params?: P;
  query?: Q;
  body?: B;
  /** True where a missing body means an empty one. */
  bodyOptional?: boolean;
  responses: Record<number, z.ZodType>;
  /** The answer holds a secret that is kept nowhere, so it cannot be given again: no Idempotency-Key is taken. */
  secretAnswer?: boolean;
  /** What a 200 is made of, where it is not JSON. */
  produces?: 'text/event-stream';
  /** The handler's writes stand or fall together. */
  transaction?: boolean;
  handle(input: { params: Parsed<P>; query: Parsed<Q>; body: Parsed<B> }, context: Context): Promise<Answer>;
};

/** Keeps a route's types together; the list of routes does not need them any more. */
export const route = <P extends Shape, Q extends Shape, B extends Shape>(definition: Route<P, Q, B>): Route =>
  definition as unknown as Route;
