import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { pinoHttp } from 'pino-http';
import { log, scrub } from '../queues/log.ts';

/**
 * Every request has an id: the caller's own if it is a decent one without a secret in it, else a new one.
 * It goes into logs, runs and jobs.
 */
export const requestId: RequestHandler = (request, response, next) => {
  const given = request.get('x-request-id') ?? '';
  const isDecent = /^[\w.:-]{1,100}$/.test(given) && scrub(given) === given;
  response.setHeader('X-Request-Id', isDecent ? given : randomUUID());
  next();
};

/** One line a request: who asked for what, and how it was answered. Never the query, the headers or the body. */
export const requestLog = (): RequestHandler =>
  pinoHttp<Request, Response>({
    logger: log,
    genReqId: (_request, response) => String(response.getHeader('x-request-id')),
    customAttributeKeys: { reqId: 'request_id' },
    quietReqLogger: true,
    quietResLogger: true,
    customSuccessObject: (request, response, { responseTime }) => ({ ...lineOf(request, response), responseTime }),
    customErrorObject: (request, response, _error, { responseTime }) => ({ ...lineOf(request, response), responseTime }),
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request failed',
    customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? 'error' : 'info'),
  });

const lineOf = (request: Request, response: Response) => ({
  method: request.method,
  path: request.originalUrl.split('?', 1)[0],
  status: response.statusCode,
  caller: response.locals.caller?.name,
});
