import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { RequestHandler } from 'express';
import type { Backend } from '../queues/backend.ts';
import { nouns } from '../queues/catalog.ts';
import { callerOf, demandScope, mayDo } from './auth.ts';

/** Bull Board under `/queues`, for keys with `dashboard`; it can only look unless the key also has `dashboard:write`. */
export function createDashboard(backend: Backend): RequestHandler {
  const readOnly = board(backend, true);
  const writable = board(backend, false);
  return (request, response, next) => {
    const caller = callerOf(response);
    demandScope(caller, 'dashboard');
    (mayDo(caller, 'dashboard:write') ? writable : readOnly)(request, response, next);
  };
}

function board(backend: Backend, readOnlyMode: boolean): RequestHandler {
  const serverAdapter = new ExpressAdapter().setBasePath('/queues');
  createBullBoard({
    queues: nouns.map((noun) => new BullMQAdapter(backend.queue(noun), { readOnlyMode, description: `the worker "${noun}"` })),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Studio Fleet', hideRedisDetails: true } },
  });
  return serverAdapter.getRouter();
}
