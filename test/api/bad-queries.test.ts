import { describe, expect, test } from '@jest/globals';
import { runNames } from '../../queues/jobs/catalog.ts';
import { timetable } from '../../queues/timetable/timetable.ts';
import { cursor, DATE, json, type Refusal, refuses, TRIGGER, untouchedRoute } from '../support/refusals.ts';

const opened = untouchedRoute();

const LIMIT = 'a whole number from 1 to 200';
const ID = 'a whole number, 1 or more';
const PHONE = 'a phone number such as +79001234567';
const CURSOR = 'a next_cursor of this list';
const queries: Refusal[] = [
  ...['0', '201', '-1', '1.5', 'ten', '', '1e2', '0x10', '%20'].map(
    (limit): Refusal => [`limit "${limit}"`, 'GET', `/process-history?limit=${limit}`, {}, 422, LIMIT, 'limit'],
  ),
  ['limit twice', 'GET', '/process-history?limit=1&limit=2', {}, 422, LIMIT, 'limit'],
  ['a made-up cursor', 'GET', '/process-history?cursor=abc', {}, 422, CURSOR, 'cursor'],
  ['a cursor beyond the ids', 'GET', `/process-history?cursor=${cursor(3_000_000_000)}`, {}, 422, CURSOR, 'cursor'],
  ['a cursor of another list', 'GET', `/api/students?cursor=${cursor(['2026-11-23', 'x', 1])}`, {}, 422, CURSOR, 'cursor'],
  [
    'a cursor with a NUL',
    'GET',
    `/schedule/ticks?cursor=${cursor(['2026-11-23T00:00:00Z', '\0'])}`,
    {},
    422,
    /not one the data can hold/,
  ],
  [
    'a status that is none',
    'GET',
    '/process-history?status=done',
    {},
    422,
    'one of queued, running, success, partial, error',
    'status',
  ],
  ['a date that does not exist', 'GET', '/process-history?start_date=2026-13-01', {}, 422, DATE, 'start_date'],
  [
    'a process that is none',
    'GET',
    '/process-history?process_type=foo',
    {},
    422,
    `one of ${runNames.join(', ')}`,
    'process_type',
  ],
  [
    'a history that ends before it begins',
    'GET',
    '/process-history?start_date=2026-11-24&end_date=2026-11-23',
    {},
    422,
    'start_date or later',
    'end_date',
  ],
  ...['/bookings', '/api/invoices', '/real-trainings'].map(
    (path): Refusal => [
      `${path} to a day before`,
      'GET',
      `${path}?from=2026-11-24&to=2026-11-23`,
      {},
      422,
      'from or later',
      'to',
    ],
  ),
  [
    'ticks to an instant before, which looks later',
    'GET',
    '/schedule/ticks?from=2026-11-22T18:00:00Z&to=2026-11-22T20:00:00%2B03:00',
    {},
    422,
    'from or later',
    'to',
  ],
  [
    'an unknown filter',
    'GET',
    '/process-history?type=generation',
    {},
    422,
    /^no such field; there are: start_date, .*, cursor$/,
    'type',
  ],
  ['an unknown period', 'GET', '/process-stats?period=century', {}, 422, 'one of day, week, month, year, all', 'period'],
  [
    'an instant without a zone',
    'GET',
    '/schedule/ticks?from=2026-11-22T18:00:00',
    {},
    422,
    /^an instant with its offset, such as /,
    'from',
  ],
  ['a flag that is none', 'GET', '/api/students?is_active=yes', {}, 422, 'true or false', 'is_active'],
  ['a phone that is none', 'GET', '/api/students?phone=12345', {}, 422, /such as \+79001234567/, 'phone'],
  ['a + and still no phone', 'GET', '/api/students?phone=+7900', {}, 422, PHONE, 'phone'],
  [
    'a + before the zone of an instant',
    'GET',
    '/schedule/ticks?from=2026-11-22T18:00:00+03:00',
    {},
    422,
    /^an instant .*; in an address \+ is written %2B$/,
    'from',
  ],
  ['a filter the record lacks', 'GET', '/api/locations?name=A', {}, 422, 'no such field; there are: limit, cursor', 'name'],
  ...['x', '0', '-1', '1.5', '1e1', '0x1', '99999999999'].map(
    (id): Refusal => [`the id "${id}"`, 'GET', `/process-history/${id}`, {}, 422, ID, 'id'],
  ),
  ...[
    ['a path that is no UTF-8', '/process-history/%ff'],
    ['half an escape in a path', '/process-history/%4'],
    ['NUL in a path', '/process-history/%00'],
    ['NUL in the path of the queues', '/queues/api/queues/generation%00'],
    ['a query that is no UTF-8', '/process-history?status=%ff'],
    ['half a surrogate pair in a query', '/process-history?status=%ed%a0%80'],
    ['NUL in a query', '/process-history?status=%00'],
  ].map(([what, path]): Refusal => [what!, 'GET', path!, {}, 400, 'the address is not readable: it must be UTF-8 without NUL']),
  ['a query where there is none, on a read', 'GET', '/schedule?x=1', {}, 422, 'no such field; there are none', 'x'],
  [
    'a query where there is none, on a write',
    'POST',
    `${TRIGGER}?dry_run=true`,
    {},
    422,
    'no such field; there are none',
    'dry_run',
  ],
  [
    'an Idempotency-Key with a space',
    'POST',
    TRIGGER,
    { headers: { 'Idempotency-Key': 'a b' } },
    422,
    '1 to 255 visible ASCII characters',
    'Idempotency-Key',
  ],
  [
    'an Idempotency-Key of 256',
    'POST',
    TRIGGER,
    { headers: { 'Idempotency-Key': 'k'.repeat(256) } },
    422,
    '1 to 255 visible ASCII characters',
    'Idempotency-Key',
  ],
];
const nothing: Refusal[] = [
  ['an unknown path', 'GET', '/nowhere', {}, 404, 'there is nothing at /nowhere; see /docs'],
  ['a run that is not there', 'GET', '/process-history/77', {}, 404, 'there is no run 77'],
  ['a student that is not there', 'PATCH', '/api/students/77', json({ notes: 'x' }), 404, 'there is no student 77'],
  ['a training that is not there', 'GET', '/real-trainings/77', {}, 404, 'there is no training 77'],
  [
    'students of a template that is not there',
    'GET',
    '/api/training-templates/77/students',
    {},
    404,
    'there is no training template 77',
  ],
  [
    'a place in a template that is not there',
    'POST',
    '/api/training-templates/77/students',
    json({ student_id: 1 }),
    404,
    'there is no training template 77',
  ],
  [
    'a schedule that is not there',
    'POST',
    '/schedule/nightly/pause',
    {},
    404,
    `there is no schedule "nightly"; there are: ${timetable.map(({ name }) => name).join(', ')}`,
  ],
];

describe('a query', () => refuses(opened, queries));
test.each([
  '/bookings?from=2026-11-24&to=2026-11-24',
  '/api/invoices?from=2026-11-24&to=2026-11-24',
  '/real-trainings?from=2026-11-24&to=2026-11-24',
  '/process-history?start_date=2026-11-24&end_date=2026-11-24',
  '/schedule/ticks?from=2026-11-22T18:00:00Z&to=2026-11-22T21:00:00%2B03:00',
  '/real-trainings?to=2026-11-24',
  '/bookings?from=2026-11-24',
])('%s is a query', async (path) => expect(await opened.api.get(path)).toMatchObject({ status: 200, body: { items: [] } }));
describe('nothing there', () => refuses(opened, nothing));

const methods: [string, string, string][] = [
  ['GET', TRIGGER, 'POST'],
  ['DELETE', '/process-history', 'GET'],
  ['PUT', '/api/students', 'GET, POST'],
  ['DELETE', '/api/clients/1', 'GET, PATCH'],
  ['GET', '/schedule/generation/pause', 'POST'],
  ['OPTIONS', '/real-trainings', 'GET, POST'],
  ['POST', '/metrics', 'GET'],
  ['POST', '/health/ready', 'GET'],
  ['PUT', '/health/live', 'GET'],
  ['POST', '/docs', 'GET'],
  ['DELETE', '/openapi.json', 'GET'],
];
test.each(methods)('%s %s is a 405 that allows %s', async (method, path, allowed) => {
  const { status, headers, body } = await opened.api.ask(method, path);
  expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: allowed });
  expect(body.detail).toBe(`${method} is not possible here; accepted: ${allowed}`);
});
