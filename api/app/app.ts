import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Fleet } from '../../queues/process/fleet.ts';
import { demandScope } from '../../workers/rights.ts';
import { authenticate, callerOf } from '../auth/authenticate.ts';
import { countGuesses } from '../auth/guesses.ts';
import { keyRing } from '../auth/key-ring.ts';
import { sessionRing } from '../auth/session-ring.ts';
import { notKept, readableAddress } from '../http/address.ts';
import { fairShare } from '../http/fair-share.ts';
import { onlyBy } from '../http/only-by.ts';
import { shorten } from '../http/path.ts';
import { answerProblems, Problem } from '../http/problems.ts';
import { requestId, requestLog } from '../http/request-log.ts';
import { verifyJson } from '../http/strict-json.ts';
import { tracedRequest } from '../http/traced-request.ts';
import { createLive } from '../live/live.ts';
import { routes } from '../routes/all.ts';
import { calendarFeed } from '../site/feed.ts';
import { pushWorker } from '../site/push-worker.ts';
import { site } from '../site/router.ts';
import { webhook } from '../telegram/webhook.ts';
import { createDashboard } from './dashboard.ts';
import { docs } from './docs.ts';
import { live as isUp, ready } from './health.ts';
import { callerLimit } from './limits.ts';
import { createMetrics } from './metrics.ts';
import { opened, openRoutes, serve } from './open-routes.ts';
import { builtPage, pages } from './pages.ts';
import { paymentsWebhook } from './payments-webhook.ts';

/**
 * The API, assembled: whoever has a fleet can open it without a port.
 * @param draining once aborted, nobody is kept waiting any more and connections are not kept either
 */
export function createApp(fleet: Fleet, draining: AbortSignal = new AbortController().signal): Express {
  const app = express();
  const metrics = createMetrics(fleet);
  const keys = keyRing(fleet.db);
  const guesses = countGuesses(GUESSES_PER_MINUTE);
  const limit = callerLimit(fleet.settings.rateLimitPerMinute);
  const logged = requestLog(draining, UNLOGGED);
  const sessions = sessionRing(fleet.db, fleet.settings.zone);
  const key = authenticate(fleet, keys, { guesses, sessions });
  const browserKey = authenticate(fleet, keys, { guesses, sessions, basic: true });
  app.disable('x-powered-by');
  app.set('trust proxy', fleet.settings.trustProxy ?? false);
  app.use(security, requestId, tracedRequest(UNLOGGED), metrics.timing, lastAnswer(draining), logged.byHttp, readableAddress);
  app.get('/health/live', isUp).all('/health/live', onlyBy('GET'));
  app.get('/health/ready', ready(fleet)).all('/health/ready', onlyBy('GET'));
  app.use('/telegram/webhook', webhook(fleet));
  app.use('/payments/webhook', paymentsWebhook(fleet));
  app.use(calendarFeed(fleet), pushWorker());
  app.use(pages(fleet.settings));
  app.use(notKept, (request, response, next) => (isForBrowsers(request.path) ? browserKey : key)(request, response, next));
  app.use(limit.byHttp);
  app.use('/queues', createDashboard(fleet.backend));
  app.use(docs(async () => (await import('./openapi.ts')).describeApi(routes)));
  const shared = { ...fleet, db: fairShare(fleet.db) };
  const open = opened({ fleet: shared, draining });
  const live = createLive({
    fleet: shared,
    db: fleet.db,
    draining,
    routes,
    serve: (route, asking) => serve(open, route, asking),
    count: limit.count,
    note: logged.note,
  });
  app.get('/live', live).all('/live', onlyBy('GET'));
  app
    .get('/metrics', (request, response, next) => {
      demandScope(callerOf(response), 'metrics');
      return metrics.show(request, response, next);
    })
    .all('/metrics', onlyBy('GET'));
  app.use(site({ open, serve: (route, asking) => serve(open, route, asking), routes, shell: builtPage(fleet.settings, 'site') }));
  app.use(express.json({ limit: '100kb', verify: verifyJson }));
  openRoutes(app, open, routes);
  app.use((request) => {
    throw new Problem(404, `there is nothing at ${shorten(request.path)}; see /docs`);
  });
  app.use(answerProblems);
  return app;
}

const GUESSES_PER_MINUTE = 60;
/** Asked every few seconds by whoever watches the fleet. */
const UNLOGGED = /^\/health\//;

const isForBrowsers = (path: string) => /^\/(queues|docs)(\/|$)|^\/openapi\.json$/.test(path);

/** Nothing a page shows may come from elsewhere. Bull Board and the docs page style their elements inline. */
const security = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      baseUri: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
  strictTransportSecurity: false,
});

/**
 * A draining process ends its kept-alive connections, those of answers under way as well, so that the next request finds the
 * process that takes over.
 */
function lastAnswer(draining: AbortSignal): express.RequestHandler {
  const underWay = new Set<express.Response>();
  const end = (response: express.Response) => {
    if (!response.headersSent) response.set('Connection', 'close');
  };
  draining.addEventListener('abort', () => underWay.forEach(end));
  return (_request, response, next) => {
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    if (draining.aborted) end(response);
    next();
  };
}
