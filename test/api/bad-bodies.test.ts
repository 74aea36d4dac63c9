import { describe, expect, test } from '@jest/globals';
import { kindNames } from '../../sql/notifications/catalog.ts';
import { DATE, json, type Refusal, raw, refuses, TRIGGER, untouchedRoute } from '../support/refusals.ts';

const opened = untouchedRoute();

const FIELDS = 'no such field; there are: week_start, keep_both, dry_run, again';
const bodies: Refusal[] = [
  ['broken JSON', 'POST', TRIGGER, raw('{"week_start": '), 400, 'the body is not valid JSON'],
  ['a JSON string', 'POST', TRIGGER, raw('"2026-11-23"'), 400, 'the body is not valid JSON'],
  ['a JSON array', 'POST', TRIGGER, json([]), 422, 'a JSON object', ''],
  [
    'plain text',
    'POST',
    TRIGGER,
    raw('week_start=2026-11-23', 'text/plain'),
    415,
    'the body must be JSON (Content-Type: application/json)',
  ],
  ['a form', 'POST', TRIGGER, raw('week_start=2026-11-23', 'application/x-www-form-urlencoded'), 415, /must be JSON/],
  [
    'another character set',
    'POST',
    TRIGGER,
    raw('{}', 'application/json; charset=koi8-r'),
    415,
    /character set other than UTF-8/,
  ],
  [
    'a body that is not gzip',
    'POST',
    TRIGGER,
    { raw: '{}', headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' } },
    400,
    'the request is not readable',
  ],
  ['a date that does not exist', 'POST', TRIGGER, json({ week_start: '2026-02-30' }), 422, DATE, 'week_start'],
  ['a Tuesday', 'POST', TRIGGER, json({ week_start: '2026-11-24' }), 422, 'a Monday, YYYY-MM-DD', 'week_start'],
  ['a number for a date', 'POST', TRIGGER, json({ week_start: 20261123 }), 422, DATE, 'week_start'],
  ['null for a date', 'POST', TRIGGER, json({ week_start: null }), 422, DATE, 'week_start'],
  [
    'a week beyond the calendar',
    'POST',
    TRIGGER,
    json({ week_start: '9999-12-27' }),
    422,
    'a day from 2000-01-01 to 2100-12-31',
    'week_start',
  ],
  ['text for a flag', 'POST', TRIGGER, json({ again: 'yes' }), 422, 'true or false', 'again'],
  ['an unknown field', 'POST', TRIGGER, json({ weekstart: '2026-11-23' }), 422, FIELDS, 'weekstart'],
  ['a prototype', 'POST', TRIGGER, raw('{"__proto__": {"again": true}}'), 422, FIELDS, '__proto__'],
  [
    'a field of a body that has none',
    'POST',
    '/api/tasks/1/done',
    json({ by: 'me' }),
    422,
    'no such field; there are: answer',
    'by',
  ],
  [
    'an unknown field inside a list',
    'POST',
    '/api/service-packages',
    json({ composition: [{ service_id: 1, units: 1, price: 1 }] }),
    422,
    'no such field; there are: service_id, units',
    'composition.0.price',
  ],
  [
    'a day that is none',
    'PATCH',
    '/api/specialists/1',
    json({ work_schedule: { 7: [], monday: [] } }),
    422,
    'no such day; the days are "0" (Monday) to "6" (Sunday)',
    'work_schedule.monday',
  ],
  [
    'a week that is a list',
    'PATCH',
    '/api/specialists/1',
    json({ work_schedule: [] }),
    422,
    'an object with days "0" (Monday) to "6" (Sunday)',
    'work_schedule',
  ],
  [
    'an unknown kind of message',
    'PUT',
    '/api/notification-kinds',
    json({ spam: false }),
    422,
    `no such field; there are: ${kindNames.slice(0, 20).join(', ')} and ${kindNames.length - 20} more, see /docs`,
    'spam',
  ],
  [
    'an unknown kind of message to a person',
    'PUT',
    '/api/people/1/notifications',
    json({ quiet_hours: null, kinds: { spam: false } }),
    422,
    `no such field; there are: ${kindNames.slice(0, 20).join(', ')} and ${kindNames.length - 20} more, see /docs`,
    'kinds.spam',
  ],
];

describe('a body', () => refuses(opened, bodies));

test('10 MB are not even read', async () => {
  const answer = await opened.api.post(TRIGGER, { week_start: 'x'.repeat(10_000_000) });
  expect(answer).toMatchObject({ status: 413, body: { title: 'Payload Too Large', detail: 'the body is larger than 100 kB' } });
});
