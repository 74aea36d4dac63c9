import type { Request, Response } from 'express';
import type { Fleet } from '../../queues/process/fleet.ts';
import type { CallContext } from '../../workers/call-context.ts';
import { callerOf, visitFrom } from '../auth/authenticate.ts';
import { admit, demandRows } from '../auth/gate.ts';
import type { Asking } from '../http/asking.ts';
import type { Caller } from '../http/caller.ts';
import { askedBy } from '../http/fair-share.ts';
import { asProblem, requestIdOf } from '../http/problems.ts';
import { type Answer, operationOf, type Route } from '../http/route.ts';
import type { Page } from './page.ts';
import type { View } from './view.ts';

/** What the site stands on: the routes of the API, asked within the process, and the page that was built. */
export type SiteParts = {
  open: { fleet: Fleet; written(): void };
  serve(route: Route, asking: Asking): Promise<Answer>;
  routes: readonly Route[];
  shell(): string | null;
};

/** What a handler answers: a page, or where to go. */
export type SiteAnswer = Page | { to: string; status?: number };
export type SiteHandler = (parts: SiteParts, view: View, request: Request, response: Response) => Promise<SiteAnswer>;

/** Asks a route of the API as whoever sent this request, or as somebody who has just shown who they are. */
export async function askRoute(
  { serve, routes }: SiteParts,
  request: Request,
  response: Response,
  asked: {
    operation: string;
    params?: object;
    query?: object;
    body?: object;
    caller?: Caller;
    /** An Idempotency-Key: the same form sent again does nothing more. */
    once?: string;
  },
): Promise<Answer & { body: unknown }> {
  return serve(routeOf(routes, asked.operation), {
    caller: asked.caller ?? callerOf(response),
    visit: visitFrom(response),
    requestId: requestIdOf(response),
    isWaiting: () => !response.destroyed,
    method: asked.operation.split(' ')[0] as string,
    path: request.path,
    params: Object.fromEntries(Object.entries(asked.params ?? {}).map(([name, value]) => [name, String(value)])),
    query: asked.query ?? {},
    body: () => asked.body ?? {},
    header: (name) => (name === 'idempotency-key' ? asked.once : undefined),
  });
}

function routeOf(routes: readonly Route[], operation: string): Route {
  const route = routes.find((one) => operationOf(one) === operation);
  if (!route) throw new TypeError(`there is no route ${operation}`);
  return route;
}

/** Throws as a route of the API would for whoever sent this request: where they may not ask for it, or not for the rows its body names. */
export async function demandAllowed({ open, routes }: SiteParts, response: Response, operation: string, body: object) {
  const route = routeOf(routes, operation);
  await demandRows(open.fleet.db, admit(callerOf(response), route), route, { params: {}, query: {}, body });
}

/** Does something by the rules themselves, as whoever sent this request or as a person: in their name, with their share of the database. */
export function actAsVisitor<T>(
  { open }: SiteParts,
  request: Request,
  response: Response,
  work: (context: CallContext) => Promise<T>,
  personId?: number,
): Promise<T> {
  const caller = callerOf(response);
  const who =
    personId === undefined ? caller : { ...caller, id: `person:${personId}`, name: `person:${personId}`, scopes: [], personId };
  const acting = {
    actor: who.name,
    cause: `${request.method} ${request.path.split('/').slice(0, 2).join('/')} ${requestIdOf(response)}`,
  };
  const context = { db: open.fleet.db, fleet: open.fleet, caller: who, now: new Date() };
  const working = askedBy({ caller: who.id, kind: 'site', acting }, () => work(context));
  return request.method === 'GET' ? working : working.finally(open.written);
}

type Trouble = {
  status: number;
  errors: { path: string; message: string }[];
  /** Where a slot was lost: the starts that are left on that day. */
  slots?: readonly string[];
};

/** What was refused, as the API would answer it; what went wrong with us, or nobody foresaw, is thrown on. */
export function refusalFrom(error: unknown): Trouble {
  const { status, extra } = asProblem(error);
  if (status >= 500) throw error;
  return { status, errors: extra.errors ?? [], slots: extra.slots as string[] | undefined };
}
