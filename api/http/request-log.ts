import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { log, scrub } from '../../queues/log/log.ts';
import { pathOf } from './path.ts';
import { requestIdOf } from './problems.ts';

/** Refusals are summed up this often. */
const SUM_MS = 10_000;
const MOST_NAMED = 5;
/** More addresses than this are counted together. */
const MOST_ADDRESSES = 1_000;

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

/**
 * One line a request: who asked for what, how it was answered and how long that took. Never the query, the headers or the body.
 * Whoever asks for what is not there, is not known or asks too often is counted, and told in one line every ten seconds: what costs
 * nothing to send must cost nothing to log.
 * @param draining once aborted, what was counted is logged at once
 * @param unlogged paths of which nothing is logged
 */
export function requestLog(
  draining: AbortSignal,
  unlogged: RegExp,
): { byHttp: RequestHandler; note: (line: RequestLine) => void } {
  const refusals = sumRefusals(draining);
  const note = (line: RequestLine) => {
    if (SUMMED.has(line.status)) return refusals.add(line);
    const isFailed = line.status >= 500;
    log[isFailed ? 'error' : 'info'](line, isFailed ? 'request failed' : 'request');
  };
  const byHttp: RequestHandler = (request, response, next) => {
    const began = performance.now();
    const address = request.ip;
    response.once('close', () => {
      const { statusCode: status } = response;
      const line = {
        request_id: requestIdOf(response),
        method: request.method,
        path: pathOf(request),
        status,
        caller: response.locals.caller?.name,
        address,
        // Whoever asked has gone before the answer was whole. A socket that was opened has no such answer.
        is_cut_off: (status !== 101 && !response.writableFinished) || undefined,
        ms: Math.round(performance.now() - began),
      };
      if (SUMMED.has(status) || !unlogged.test(request.path)) note(line);
    });
    next();
  };
  return { byHttp, note };
}

const SUMMED = new Set([401, 404, 429]);
export type RequestLine = {
  request_id: string;
  method: string;
  path: string;
  status: number;
  address?: string;
  caller?: string;
  ms: number;
  /** Over the socket. */
  is_live?: true;
};

function sumRefusals(draining: AbortSignal) {
  let sums = new Map<number, { count: number; first: string }>();
  let askers = new Map<string, number>();
  let since: NodeJS.Timeout | undefined;

  function tell() {
    clearTimeout(since);
    since = undefined;
    if (sums.size === 0) return;
    const most = [...askers].sort(([, first], [, second]) => second - first).slice(0, MOST_NAMED);
    const by_status = Object.fromEntries([...sums].map(([status, { count }]) => [status, count]));
    const first = Object.fromEntries([...sums].map(([status, { first }]) => [status, first]));
    log.info({ by_status, first, by_asker: Object.fromEntries(most) }, 'requests refused');
    sums = new Map();
    askers = new Map();
  }
  draining.addEventListener('abort', tell);
  return {
    add({ status, method, path, address = '', caller }: RequestLine) {
      const sum = sums.get(status) ?? { count: 0, first: `${method} ${path}` };
      sum.count += 1;
      sums.set(status, sum);
      const asker = caller ? `${address} ${caller}` : address;
      if (askers.has(asker) || askers.size < MOST_ADDRESSES) askers.set(asker, (askers.get(asker) ?? 0) + 1);
      if (draining.aborted) tell();
      else since ??= setTimeout(tell, SUM_MS).unref();
    },
  };
}
