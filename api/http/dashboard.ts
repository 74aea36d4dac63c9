import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { RequestHandler } from 'express';
import type { Backend } from '../../queues/backend/backend.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import { demandScope, mayDo } from '../../workers/rights.ts';
import { callerOf } from '../auth/authenticate.ts';
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

function board(backend: Backend, readOnlyMode: boolean): RequestHandler {
  const serverAdapter = new ExpressAdapter().setBasePath('/queues');
  createBullBoard({
    queues: nouns.map((noun) => new BullMQAdapter(backend.queue(noun), { readOnlyMode, description: `the worker "${noun}"` })),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Studio Fleet', hideRedisDetails: true } },
  });
  const router = serverAdapter.getRouter();
  router.disable('x-powered-by');
  return router;
}
