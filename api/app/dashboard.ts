import express, { type Request, type RequestHandler, type Router } from 'express';
import type { Backend } from '../../queues/backend/backend.ts';
import { demandScope, mayDo } from '../../workers/rights.ts';
import { callerOf } from '../auth/authenticate.ts';
import { hasBody, Problem } from '../http/problems.ts';
import { verifyJson } from '../http/strict-json.ts';
import { isPlainJson, PLAIN_JSON } from '../http/text.ts';

const readJson = express.json({ limit: '100kb', verify: verifyJson });

/** Bull Board under `/queues`, for keys with `dashboard`; it can only look unless the key also has `dashboard:write`. */
export function createDashboard(backend: Backend): Router {
  const readOnly = board(backend, true);
  const writable = board(backend, false);
  const router = express.Router();
  router.use((request, response, next) => {
    const caller = callerOf(response);
    demandScope(caller, 'dashboard');
    if (request.method === 'GET' || request.method === 'HEAD') return next();
    refuseOtherSites(request);
    demandScope(caller, 'dashboard:write');
    if (hasBody(request) && !request.is('json')) throw new Problem(415, 'the body must be JSON (Content-Type: application/json)');
    readJson(request, response, next);
  });
  router.use((request, response, next) => {
    if (!isPlainJson(request.body)) throw new Problem(422, `the body is not acceptable: ${PLAIN_JSON}`);
    (mayDo(callerOf(response), 'dashboard:write') ? writable : readOnly)(request, response, next);
  });
  return router;
}

/**
 * A browser sends the password it remembers for whatever page asks it to: only Bull Board's own pages may change things. To plain http
 * it says only which origin the page has, and to programs that are no browsers none of this applies.
 */
function refuseOtherSites(request: Request) {
  const site = request.get('sec-fetch-site') ?? 'none';
  const origin = request.get('origin');
  const isOwn = origin === undefined || (URL.canParse(origin) && new URL(origin).host === request.host);
  if (!isOwn || (site !== 'same-origin' && site !== 'none')) {
    throw new Problem(403, 'Bull Board takes orders from its own pages only');
  }
}

/** Bull Board is loaded and made when somebody first looks at it: few do, and it takes memory. */
function board(backend: Backend, readOnlyMode: boolean): RequestHandler {
  let made: Promise<RequestHandler> | undefined;
  return async (request, response, next) => {
    made ??= import('./bull-board.ts').then(({ bullBoard }) => bullBoard(backend, readOnlyMode));
    (await made)(request, response, next);
  };
}
