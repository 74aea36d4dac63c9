import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { log, scrub } from '../../queues/process/log.ts';
import { requestIdOf } from './problems.ts';

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

/** One line a request: who asked for what, how it was answered and how long that took. Never the query, the headers or the body. */
export const requestLog: RequestHandler = (request, response, next) => {
  const began = performance.now();
  response.once('close', () => {
    const isFailed = response.statusCode >= 500;
    const line = {
      request_id: requestIdOf(response),
      method: request.method,
      path: request.originalUrl.split('?', 1)[0],
      status: response.statusCode,
      caller: response.locals.caller?.name,
      // Whoever asked has gone before the answer was whole.
      is_cut_off: !response.writableFinished || undefined,
      ms: Math.round(performance.now() - began),
    };
    log[isFailed ? 'error' : 'info'](line, isFailed ? 'request failed' : 'request');
  });
  next();
};
