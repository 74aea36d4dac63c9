import type { RequestHandler } from 'express';
import { isTracing, traced } from '../../sql/database/tracing.ts';
import { requestIdOf } from './problems.ts';

/**
 * Makes a span of every request until it is answered, as a part of what its `traceparent` names. It has the name of its route, never
 * its path or query. A socket that is opened lives for long and is none.
 * @param untraced paths that are asked every few seconds
 */
export const tracedRequest =
  (untraced: RegExp): RequestHandler =>
  (request, response, next) => {
    if (!isTracing() || request.headers.upgrade !== undefined || untraced.test(request.path)) return next();
    const { method } = request;
    const attributes = { 'http.request.method': method, 'fleet.request.id': requestIdOf(response) };
    void traced({ name: method, kind: 'server', parent: request.get('traceparent'), attributes }, async (span) => {
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      response.once('close', resolve);
      next();
      await closed;
      span.set({ 'http.response.status_code': response.statusCode });
      if (response.statusCode >= 500) span.fail();
    });
  };
