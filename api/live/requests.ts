import { randomUUID } from 'node:crypto';
import { parse as parseQuery } from 'node:querystring';
import { log } from '../../queues/log/log.ts';
import { traced } from '../../sql/database/tracing.ts';
import { isReadable } from '../http/address.ts';
import type { Asking } from '../http/asking.ts';
import type { Caller, Visit } from '../http/caller.ts';
import { shorten } from '../http/path.ts';
import { asProblem, bodyOf, Problem } from '../http/problems.ts';
import type { RequestLine } from '../http/request-log.ts';
import type { Answer, Route } from '../http/route.ts';
import type { SocketRequest } from './messages.ts';

export type RequestHouse = {
  routes: readonly Route[];
  serve(route: Route, asking: Asking): Promise<Answer>;
  /** Counts a request of a caller in this minute. Throws a 429. */
  count(caller: Caller): Promise<void>;
  note(line: RequestLine): void;
};
type Asker = { caller: Caller; visit: Visit; isWaiting: () => boolean };

/** Answers a request that came over the socket, with what HTTP would answer. Never throws. Returns the message to send. */
export function requestAnswerer(house: RequestHouse) {
  const find = routeFinder(house.routes);
  return async (request: SocketRequest, { caller, visit, isWaiting }: Asker): Promise<string> => {
    const began = performance.now();
    const requestId = randomUUID();
    const [, method = '', path = '', search = ''] = /^([A-Z]{1,10}) (\/[^\s?#]*)(?:\?(\S*))?$/.exec(request.op) ?? [];
    const headers = new Map(Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
    let answer: Answer;
    try {
      await house.count(caller);
      if (path === '')
        throw new Problem(422, 'the operation is not acceptable', {
          errors: [{ path: 'op', message: 'a method and a path: GET /me' }],
        });
      if (!isReadable(path) || !isReadable(search))
        throw new Problem(400, 'the address is not readable: it must be UTF-8 without NUL');
      const { route, params } = find(method, path);
      if (route.produces)
        throw new Problem(406, 'this is answered by a stream or a file, which have no place in a socket: ask by HTTP');
      const asking: Asking = {
        caller,
        visit,
        requestId,
        isWaiting,
        method,
        path,
        params,
        query: parseQuery(search),
        body: () => givenBody(route, request.body),
        header: (name) => headers.get(name.toLowerCase()),
      };
      const span = { name: method, kind: 'server', parent: headers.get('traceparent') } as const;
      answer = await traced(span, () => house.serve(route, asking));
      if (answer.stream) throw new Problem(406, 'a file has no place in a socket: ask by HTTP');
    } catch (error) {
      answer = refusalAnswer(error, path, requestId);
    }
    const { status = 200 } = answer;
    const ms = Math.round(performance.now() - began);
    house.note({
      request_id: requestId,
      method,
      path: shorten(path),
      status,
      caller: caller.name,
      address: visit.address,
      ms,
      is_live: true,
    });
    return answerText(request.id, answer);
  };
}

/** As HTTP reads it: what is no object or list is no JSON for it, and a route without a body looks at none. */
function givenBody(route: Route, body: unknown): unknown {
  if (!route.body) return undefined;
  if (body === undefined) return route.bodyOptional ? {} : undefined;
  if (typeof body !== 'object' || body === null) throw new Problem(400, 'the body is not valid JSON');
  return body;
}

export function refusalAnswer(error: unknown, path: string, requestId: string): Answer {
  const problem = asProblem(error);
  if (problem.status >= 500) log.error({ err: error, request_id: requestId, path }, 'request failed');
  return { status: problem.status, headers: problem.extra.headers ?? {}, body: bodyOf(problem, shorten(path)) };
}

/** Cookies are for browsers to keep, out of reach of scripts: none goes over the socket. */
const KEPT_BACK = new Set(['set-cookie', 'content-type']);

export function answerText(id: SocketRequest['id'] | null, { status = 200, headers = {}, body, json }: Answer): string {
  const shown = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
    .filter(([name]) => !KEPT_BACK.has(name));
  const begin = JSON.stringify({ id, status, ...(shown.length > 0 ? { headers: Object.fromEntries(shown) } : {}) });
  const sent = json ?? JSON.stringify(status === 204 ? null : (body ?? null));
  return `${begin.slice(0, -1)},"body":${sent}}`;
}

/** Finds the route of a method and path as Express does: paths in the order of the list, whatever their case, with or without a slash at the end. */
function routeFinder(routes: readonly Route[]) {
  const paths = [...Map.groupBy(routes, ({ path }) => path)].map(([path, siblings]) => ({
    siblings,
    names: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string),
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '([^/]+)')}/?$`, 'i'),
  }));
  return (method: string, path: string) => {
    const found = paths.find(({ pattern }) => pattern.test(path));
    if (!found) throw new Problem(404, `there is nothing at ${shorten(path)}; see /docs`);
    const { siblings, names, pattern } = found;
    const route = siblings.find((sibling) => sibling.method.toUpperCase() === method);
    if (!route) {
      const allowed = siblings.map((sibling) => sibling.method.toUpperCase()).join(', ');
      throw new Problem(405, `${method} is not possible here; accepted: ${allowed}`, { headers: { Allow: allowed } });
    }
    const values = (pattern.exec(path) ?? []).slice(1);
    return { route, params: Object.fromEntries(names.map((name, n) => [name, decodeURIComponent(values[n] ?? '')])) };
  };
}
