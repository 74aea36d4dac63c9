import { createHash } from 'node:crypto';
import type { Express, Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { Fleet } from '../../queues/process/fleet.ts';
import type { Whose } from '../../sql/auth/whose.ts';
import type { Acting } from '../../sql/changes/acting.ts';
import { currentSpan } from '../../sql/database/tracing.ts';
import { slotsWritten } from '../../workers/slots/written.ts';
import { callerOf, visitFrom } from '../auth/authenticate.ts';
import { admit, demandRows, shownTo } from '../auth/gate.ts';
import type { Asking } from '../http/asking.ts';
import { badInput } from '../http/bad-input.ts';
import { askedBy } from '../http/fair-share.ts';
import { once } from '../http/idempotency.ts';
import { onlyBy } from '../http/only-by.ts';
import { hasBody, Problem, requestIdOf } from '../http/problems.ts';
import { type Answer, type Context, operationOf, type Route } from '../http/route.ts';
import { readUpload } from '../http/upload.ts';
import { preferredWait } from '../http/wait.ts';
import { inFlight } from './limits.ts';

type Server = { fleet: Fleet; draining: AbortSignal };
export type Open = Server & { written: () => void; counted: ReturnType<typeof inFlight> };

/** So many requests of one key are answered at the same time; what they ask of the database is shared out besides. */
const MOST_AT_ONCE = 256;
/** A route without a query takes none: a misspelt name must not go unnoticed. */
const NO_QUERY = z.strictObject({});

/** What all ways in share: by HTTP and over the socket. */
export const opened = (server: Server): Open => ({
  ...server,
  written: slotsWritten(server.fleet, server.draining),
  counted: inFlight(MOST_AT_ONCE),
});

/** Opens the routes on the app path by path, and says which methods a path takes when another one is tried. */
export function openRoutes(app: Express, open: Open, routes: readonly Route[]) {
  for (const [path, siblings] of Map.groupBy(routes, (route) => expressPath(route.path))) {
    for (const route of siblings) app[route.method](path, handlerOf(open, route));
    app.all(path, onlyBy(...siblings.map((sibling) => sibling.method.toUpperCase())));
  }
}

const expressPath = (path: string) => path.replaceAll(/\{(\w+)\}/g, ':$1');

const handlerOf =
  (open: Open, route: Route): RequestHandler =>
  async (request, response) => {
    const answered = await serve(open, route, {
      caller: callerOf(response),
      visit: visitFrom(response),
      requestId: requestIdOf(response),
      isWaiting: () => !open.draining.aborted && !response.destroyed,
      method: request.method,
      path: request.path,
      params: request.params,
      query: request.query,
      body: () => bodyOf(route, request),
      file: () => readUpload(request, response, route.file),
      header: (name) => request.get(name),
    });
    if (answered.stream) await answered.stream(response, open.draining);
    else send(response, answered);
  };

/**
 * Does what is asked of a route: lets the caller in, reads the input, judges the rows it names, does it, hides what is not for the
 * caller. Throws what is answered as a problem.
 */
export async function serve(open: Open, route: Route, asking: Asking): Promise<Answer> {
  const { caller } = asking;
  currentSpan()?.rename(operationOf(route));
  currentSpan()?.set({ 'http.route': route.path });
  const whose = admit(caller, route);
  const input = {
    params: parse('path', route.params, asking.params),
    query: parse('query', route.query ?? NO_QUERY, asking.query),
    body: parse('body', route.body, asking.body()),
    file: await fileOf(route, asking),
  };
  // Streams have a limit of their own, since they stay for long.
  const leave = route.produces === 'text/event-stream' ? () => undefined : open.counted.enter(caller);
  try {
    const context = contextOf(open, route, whose, asking);
    const asker = { caller: caller.id, kind: route.tag, acting: actingIn(route, asking) };
    const answered = await askedBy(asker, async () => {
      await demandRows(context.db, whose, route, input);
      return handle(open, route, input, context, asking);
    });
    if (context.wait > 0 && !(await context.isStillLetIn())) throw new Problem(401, 'you were let in, and are not any more');
    return { ...answered, body: shownTo(whose, route, answered.body) };
  } finally {
    leave();
  }
}

const contextOf = ({ fleet }: Open, route: Route, whose: Whose, asking: Asking): Context => ({
  db: fleet.db,
  fleet,
  caller: asking.caller,
  whose,
  visit: asking.visit,
  requestId: asking.requestId,
  ifMatch: asking.header('if-match'),
  wait: preferredWait(asking.header('prefer')),
  isWaiting: asking.isWaiting,
  isStillLetIn: () => asking.caller.isStillLetIn(route),
  now: new Date(),
});

/** Whoever asks acts in the transactions of what they ask; reading changes nothing. */
const actingIn = (route: Route, { caller, requestId }: Asking): Acting | undefined =>
  route.method === 'get' ? undefined : { actor: caller.name, cause: `${operationOf(route)} ${requestId}` };

function handle({ written }: Open, route: Route, input: Parameters<Route['handle']>[0], context: Context, asking: Asking) {
  const answering = answer(route, input, context, asking);
  return route.method === 'get' ? answering : answering.finally(written);
}

async function answer(route: Route, input: Parameters<Route['handle']>[0], context: Context, asking: Asking): Promise<Answer> {
  const key = route.method === 'post' ? asking.header('idempotency-key') : undefined;
  if (key !== undefined && route.secretAnswer) {
    throw new Problem(422, 'this route takes no Idempotency-Key: its answer holds a secret that is kept nowhere', {
      errors: [{ path: 'Idempotency-Key', message: 'none' }],
    });
  }
  const said = route.file ? { query: input.query, sha256: createHash('sha256').update(input.file).digest('hex') } : input.body;
  if (key !== undefined) return once(key, asking, said, context, (inside) => route.handle(input, inside));
  const first = route.transaction
    ? await context.fleet.db.transaction((db) => route.handle(input, { ...context, db }))
    : await route.handle(input, context);
  return (await first.afterwards?.()) ?? first;
}

const NO_FILE = new Uint8Array();
async function fileOf(route: Route, { file }: Asking): Promise<Uint8Array> {
  if (!route.file) return NO_FILE;
  if (!file) throw new Problem(415, 'a file cannot come this way: send it by HTTP');
  return file();
}

/** A POST may come without a body where none is needed; a body that is there must be a JSON object. */
function bodyOf(route: Route, request: Request): unknown {
  if (!route.body) return undefined;
  const isEmpty = !hasBody(request);
  if (isEmpty && route.bodyOptional) return {};
  if (!isEmpty && !request.is('json')) throw new Problem(415, 'the body must be JSON (Content-Type: application/json)');
  return request.body;
}

function parse(where: string, schema: z.ZodObject | undefined, given: unknown) {
  if (!schema) return {};
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw badInput(where, schema, given, parsed.error);
  return parsed.data;
}

function send(response: Response, { status = 200, headers = {}, body, json }: Answer) {
  response.status(status).set(headers);
  if (status === 204) response.end();
  else if (json === undefined) response.json(body);
  else response.type('json').send(json);
}
