import type { Request, RequestHandler, Response } from 'express';
import type { Fleet } from '../../queues/process/fleet.ts';
import type { Caller, Visit } from '../http/caller.ts';
import { byKey } from './by-key.ts';
import { bySession, byTicket, isByTicket } from './by-session.ts';
import { type countGuesses, networkOf } from './guesses.ts';
import type { KeyRing } from './key-ring.ts';
import { visitorFrom } from './person.ts';
import type { SessionRing } from './session-ring.ts';
import { unknownCaller } from './unknown-caller.ts';
import { demandOwnOrigin, visitOf } from './visit.ts';
import { isForVisitors } from './visitors.ts';

type Options = {
  guesses: ReturnType<typeof countGuesses>;
  sessions: SessionRing;
  /** Also takes a browser's HTTP Basic password. */
  basic?: boolean;
};

/**
 * Says who asks: by a key, by the session of a cookie, a bearer's token or a JWT, or nobody, who is a visitor where the policy has something for
 * visitors at that path. Throws a 401 for everybody else, a 403 for a write without key or bearer that another site's page asked for.
 */
export function authenticate(fleet: Fleet, keys: KeyRing, { guesses, sessions, basic = false }: Options): RequestHandler {
  return async (request, response, next) => {
    const secret = request.get('x-api-key') || (basic ? basicPassword(request) : undefined);
    const visit = visitOf(request);
    response.locals.visit = visit;
    if (secret) response.locals.caller = await byKey(fleet.db, keys, secret, request, { guesses, basic });
    else {
      if (visit.isByCookie) demandOwnPage(request, fleet.settings);
      if (isByTicket(request)) response.locals.caller = await byTicket(fleet, sessions, request);
      else if (visit.token !== null) response.locals.caller = await bySession(fleet, sessions, visit, response);
    }
    response.locals.caller ??= visitor(request, basic);
    next();
  };
}

/** Nobody, where there is something for visitors. Elsewhere a 401, before a body is read. */
function visitor(request: Request, basic: boolean): Caller {
  if (!isForVisitors(request.method, request.path)) throw unknownCaller('sign in, or send a key: header X-API-Key', basic);
  return visitorFrom(networkOf(request.ip ?? ''));
}

const isWrite = ({ method }: Request) => method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';

/** A browser sends cookies for whatever page asks it to: no write, and nothing of Bull Board, is answered to pages of others. */
function demandOwnPage(request: Request, settings: Fleet['settings']) {
  if (isWrite(request)) demandOwnOrigin(request, settings);
  else if (/^\/queues(\/|$)/.test(request.path) && request.get('cookie'))
    demandOwnOrigin(request, settings, request.get('referer'));
}

export const callerOf = (response: Response): Caller => response.locals.caller;
export const visitFrom = (response: Response): Visit => response.locals.visit;

function basicPassword(request: Request): string | undefined {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(request.get('authorization') ?? '') ?? [];
  return encoded && Buffer.from(encoded, 'base64').toString().split(':').slice(1).join(':');
}
