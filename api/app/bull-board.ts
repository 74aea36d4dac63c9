import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { RequestHandler } from 'express';
import type { Backend } from '../../queues/backend/backend.ts';
import { nouns } from '../../queues/jobs/catalog.ts';

/** Bull Board's own pages and routes over the fleet's queues, under `/queues`. */
export function bullBoard(backend: Backend, readOnlyMode: boolean): RequestHandler {
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
