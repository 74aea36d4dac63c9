import { randomUUID } from 'node:crypto';
import express, { type Express } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import type { Fleet } from '../queues/fleet.ts';
import { log } from '../queues/log.ts';
import { openRoutes } from './answer.ts';
import { authenticate, callerOf, demandScope } from './auth.ts';
import { createDashboard } from './dashboard.ts';
import { docs } from './docs.ts';
import { live, ready } from './health.ts';
import { createMetrics } from './metrics.ts';
import { describeApi } from './openapi.ts';
import { answerProblems, Problem } from './problems.ts';
import { routes } from './routes/all.ts';

/** The front door, assembled: whoever has a fleet can open it without a port. */
export function createApp(fleet: Fleet): Express {
  const app = express();
  const metrics = createMetrics(fleet);
  const key = authenticate(fleet.db);
  const browserKey = authenticate(fleet.db, { basic: true });
  app.disable('x-powered-by');
  app.use(security, requestId, metrics.timing);
  app.get('/health/live', live);
  app.get('/health/ready', ready(fleet));
  app.use(requestLog, guessLimit(), (request, response, next) =>
    (isForBrowsers(request.path) ? browserKey : key)(request, response, next),
  );
  app.use(callerLimit(fleet.settings.rateLimitPerMinute));
  app.use('/queues', createDashboard(fleet.backend));
  app.use(docs(describeApi(routes)));
  app.get('/metrics', (request, response, next) => {
    demandScope(callerOf(response), 'metrics');
    return metrics.show(request, response, next);
  });
  app.use(express.json({ limit: '100kb' }));
  openRoutes(app, fleet, routes);
  app.use((request) => {
    throw new Problem(404, `there is nothing at ${request.path}; see /docs`);
  });
  app.use(answerProblems);
  return app;
}

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

/** Every request has an id: the caller's own if it is a decent one, else a new one. It goes into logs, runs and jobs. */
const requestId: express.RequestHandler = (request, response, next) => {
  const given = request.get('x-request-id') ?? '';
  response.setHeader('X-Request-Id', /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID());
  next();
};

const requestLog = pinoHttp({
  logger: log,
  genReqId: (_request, response) => String(response.getHeader('x-request-id')),
  customAttributeKeys: { reqId: 'request_id' },
  quietReqLogger: true,
  quietResLogger: true,
  customProps: (request, response) => ({
    method: request.method,
    path: request.url?.split('?', 1)[0],
    status: response.statusCode,
    caller: (response as express.Response).locals?.caller?.name,
  }),
  customSuccessMessage: () => 'request',
  customErrorMessage: () => 'request failed',
  customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? 'error' : 'info'),
});

/** Whoever guesses keys gets a minute's rest after 60 misses. */
const guessLimit = () =>
  limit({
    limit: 60,
    standardHeaders: false,
    requestWasSuccessful: (_request, response) => response.statusCode !== 401,
    skipSuccessfulRequests: true,
  });

const callerLimit = (perMinute: number) =>
  limit({ limit: perMinute, keyGenerator: (_request, response) => callerOf(response).name });

const limit = (options: Parameters<typeof rateLimit>[0]) =>
  rateLimit({
    windowMs: 60_000,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: { keyGeneratorIpFallback: false },
    handler: (_request, _response, next) =>
      next(new Problem(429, 'too many requests in this minute; Retry-After says when to go on')),
    ...options,
  });
