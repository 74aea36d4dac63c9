import type { RequestHandler } from 'express';
import type { Backend } from '../../queues/backend/backend.ts';
import { callerOf, demandScope, mayDo } from '../auth/authenticate.ts';
import { Problem } from './problems.ts';

/** Bull Board under `/queues`, for keys with `dashboard`; it can only look unless the key also has `dashboard:write`. */
export function createDashboard(backend: Backend): RequestHandler {
  const readOnly = board(backend, true);
  const writable = board(backend, false);
  return (request, response, next) => {
    const caller = callerOf(response);
    demandScope(caller, 'dashboard');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuseOtherSites(request.get('sec-fetch-site'));
      demandScope(caller, 'dashboard:write');
    }
    (mayDo(caller, 'dashboard:write') ? writable : readOnly)(request, response, next);
  };
}

/** A browser sends the password it remembers for whatever page asks it to: only Bull Board's own pages may change things. */
function refuseOtherSites(site = 'none') {
  if (site !== 'same-origin' && site !== 'none') throw new Problem(403, 'Bull Board takes orders from its own pages only');
}

/** Bull Board is loaded and made when somebody first looks at it: few do, and it takes memory. */
function board(backend: Backend, readOnlyMode: boolean): RequestHandler {
  let made: Promise<RequestHandler> | undefined;
  return async (request, response, next) => {
    made ??= import('./bull-board.ts').then(({ bullBoard }) => bullBoard(backend, readOnlyMode));
    (await made)(request, response, next);
  };
}
