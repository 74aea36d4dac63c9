import type { ErrorRequestHandler, Request, Response } from 'express';
import { IntegrityConstraintViolationError } from 'slonik';
import { z } from 'zod';
import { QueueUnavailable } from '../../queues/jobs/enqueue.ts';
import { log } from '../../queues/process/log.ts';
import { isUnfit } from '../../sql/database/invalid-value.ts';
import { isOutage } from '../../sql/database/outage.ts';
import { type RefusalKind, Refused } from '../../workers/refusal.ts';
import { refusalOf } from './broken-rules.ts';

/** The body of every refusal (RFC 9457). `errors` says where bad input is wrong and what is accepted there. */
export const problemBody = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

const TITLES: Record<number, string> = {
  400: 'Not readable',
  401: 'Who are you?',
  403: 'Not yours to do',
  404: 'Not found',
  405: 'Not this way',
  409: 'Conflict',
  413: 'Too large',
  415: 'Not JSON',
  422: 'Not acceptable input',
  429: 'Too many requests',
  500: 'Our mistake',
  503: 'Not now',
};

/** What a refusal of the rules is called here. */
const STATUS: Record<RefusalKind, number> = { missing: 404, conflict: 409, not_allowed: 403, invalid: 422 };

type Extra = { errors?: { path: string; message: string }[]; headers?: Record<string, string>; [name: string]: unknown };

/** A refusal: thrown anywhere behind the door, answered as a problem. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  readonly extra: Extra;
  constructor(status: number, detail: string, extra: Extra = {}) {
    super(detail);
    this.status = status;
    this.extra = extra;
  }
}

/** Input that is well formed and still wrong here: the field and what is accepted. @param where body or query */
export const notAcceptable = (path: string, message: string, where: 'body' | 'query' = 'body') =>
  new Problem(422, `the ${where} is not acceptable`, { errors: [{ path, message }] });

/** Answers whatever was thrown as `application/problem+json`; what nobody foresaw is logged and told as a 500 without detail. */
export const answerProblems: ErrorRequestHandler = (error, request, response, next) => {
  if (response.headersSent) return next(error);
  const problem = asProblem(error);
  if (problem.status >= 500) log.error({ err: error, request_id: requestIdOf(response), path: request.path }, 'request failed');
  sendProblem(problem, request, response);
};

export function sendProblem({ status, message, extra }: Problem, request: Request, response: Response) {
  const { headers = {}, ...members } = extra;
  response
    .status(status)
    .set(headers)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title: TITLES[status] ?? 'Refused',
        status,
        detail: message,
        instance: request.originalUrl.split('?', 1)[0],
        ...members,
      }),
    );
}

export const requestIdOf = (response: Response) => String(response.getHeader('x-request-id') ?? '');

/** The problem behind an error of the libraries or the database. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Refused) return new Problem(STATUS[error.kind], error.message, error.fields);
  if (error instanceof QueueUnavailable) return away('the queue does not answer; what was asked is not lost');
  if (isOutage(error)) return away('the database does not answer');
  if (error instanceof IntegrityConstraintViolationError) return new Problem(...refusalOf(error));
  if (isUnfit(error)) return new Problem(422, 'a value is not one the data can hold: out of range, or text with a NUL in it');
  return (
    ofLibrary(error as { type?: string; status?: number }) ??
    new Problem(500, 'something went wrong here; it is in the log under this request id')
  );
}

export const away = (detail: string, extra: Extra = {}) =>
  new Problem(503, detail, { headers: { 'Retry-After': '5' }, ...extra });

const BODY_PROBLEMS: Record<string, [number, string]> = {
  'entity.parse.failed': [400, 'the body is not valid JSON'],
  'entity.too.large': [413, 'the body is larger than 100 kB'],
  'encoding.unsupported': [415, 'the body has an encoding other than UTF-8, gzip or deflate'],
  'charset.unsupported': [415, 'the body has a character set other than UTF-8'],
  'request.aborted': [400, 'the request ended before its body did'],
  'request.size.invalid': [400, 'the body has another length than it says'],
};

function ofLibrary({ type = '', status: given }: { type?: string; status?: number }): Problem | undefined {
  const [status, detail] = BODY_PROBLEMS[type] ?? [];
  if (status && detail) return new Problem(status, detail);
  return given === 400 ? new Problem(400, 'the request is not readable') : undefined;
}
