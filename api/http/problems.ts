import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Request, Response } from 'express';
import { IntegrityConstraintViolationError } from 'slonik';
import { z } from 'zod';
import { QueueUnavailable } from '../../queues/backend/enqueue.ts';
import { TooManyOpenRuns } from '../../queues/jobs/request.ts';
import { log } from '../../queues/log/log.ts';
import { isInvalidValue } from '../../sql/database/invalid-value.ts';
import { isLockTimeout, isOutage, isStatementTimeout, mergedPerson } from '../../sql/database/outage.ts';
import { type RefusalKind, Refused } from '../../workers/refusal.ts';
import { refusalOf } from './broken-rules.ts';
import { pathOf } from './path.ts';

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

/** The HTTP status of each kind of refusal by the rules. */
export const STATUS_OF_REFUSAL = {
  missing: 404,
  conflict: 409,
  not_allowed: 403,
  invalid: 422,
  unknown: 401,
  too_many: 429,
} as const satisfies Record<RefusalKind, number>;

type Extra = { errors?: { path: string; message: string }[]; headers?: Record<string, string>; [name: string]: unknown };

/** A refusal by the API itself: thrown while a route is handled, answered as a problem. */
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
export const unacceptable = (path: string, message: string, where: 'body' | 'query' | 'headers' = 'body') =>
  new Problem(422, `the ${where} ${where === 'headers' ? 'are' : 'is'} not acceptable`, { errors: [{ path, message }] });

/** Answers whatever was thrown as `application/problem+json`; what nobody foresaw is logged and told as a 500 without detail. */
export const answerProblems: ErrorRequestHandler = (error, request, response, next) => {
  if (response.headersSent) return next(error);
  const problem = asProblem(error);
  if (problem.status >= 500)
    log.error({ err: error, request_id: requestIdOf(response), path: pathOf(request) }, 'request failed');
  sendProblem(problem, request, response);
};

export const PROBLEM_TYPE = 'application/problem+json';

export function sendProblem(problem: Problem, request: Request, response: Response) {
  const { headers = {} } = problem.extra;
  // What is left of a body that nobody wants is not read: the connection ends with the answer.
  if (!request.complete && request.readableDidRead === false && hasBody(request)) response.set('Connection', 'close');
  response
    .status(problem.status)
    .set(headers)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(bodyOf(problem, pathOf(request))));
}

/** Whether a request says that a body comes with it. */
export const hasBody = (request: Request) =>
  Boolean(request.get('transfer-encoding')) || Number(request.get('content-length') ?? 0) > 0;

/** A problem as it is sent. @param instance the path of what was asked */
export function bodyOf({ status, message, extra }: Problem, instance: string) {
  const { headers: _, ...members } = extra;
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Refused', status, detail: message, instance, ...members };
}

export const requestIdOf = (response: Response) => String(response.getHeader('x-request-id') ?? '');

/** The problem behind an error of the libraries or the database. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Refused)
    return new Problem(STATUS_OF_REFUSAL[error.kind], error.message, { ...error.fields, ...laterOf(error) });
  if (error instanceof TooManyOpenRuns) return new Problem(429, error.message, { headers: { 'Retry-After': '10' } });
  if (error instanceof QueueUnavailable) return away('the queue does not answer; what was asked is not lost');
  if (isOutage(error)) return away('the database does not answer');
  if (isLockTimeout(error)) return away('something else is changing the same thing; nothing was done, try again in a moment');
  if (isStatementTimeout(error)) return away('this takes longer than a request may; nothing was done');
  const merged = mergedPerson(error);
  if (merged !== undefined) return new Problem(409, merged);
  if (error instanceof IntegrityConstraintViolationError) return new Problem(...refusalOf(error));
  if (isInvalidValue(error))
    return new Problem(422, 'a value is not one the data can hold: out of range, or text with a NUL in it');
  return (
    ofLibrary(error as { type?: string; status?: number; limit?: number }) ??
    new Problem(500, 'something went wrong here; it is in the log under this request id')
  );
}

const laterOf = ({ kind, fields }: Refused): Extra =>
  kind === 'too_many' ? { headers: { 'Retry-After': String(fields.retry_after_seconds ?? 2) } } : {};

export const away = (detail: string, extra: Extra = {}) =>
  new Problem(503, detail, { headers: { 'Retry-After': '5' }, ...extra });

const BODY_PROBLEMS: Record<string, [number, string]> = {
  'entity.parse.failed': [400, 'the body is not valid JSON'],
  'entity.too.large': [413, 'the body is larger than 100 kB'],
  'parameters.too.many': [413, 'the form has too many fields'],
  'encoding.unsupported': [415, 'the body has an encoding other than UTF-8, gzip or deflate'],
  'charset.unsupported': [415, 'the body has a character set other than UTF-8'],
  'request.aborted': [400, 'the request ended before its body did'],
  'request.size.invalid': [400, 'the body has another length than it says'],
};

function ofLibrary({
  type = '',
  status: given,
  limit = 0,
}: {
  type?: string;
  status?: number;
  limit?: number;
}): Problem | undefined {
  if (type === 'entity.too.large' && limit >= 1_048_576)
    return new Problem(413, `the file is larger than ${limit / 1_048_576} MB`);
  const [status, detail] = BODY_PROBLEMS[type] ?? [];
  if (status && detail) return new Problem(status, detail);
  return given === 400 ? new Problem(400, 'the request is not readable') : undefined;
}
