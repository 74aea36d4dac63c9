import { describe, expect, test } from '@jest/globals';
import { DATE, json, type Refusal, raw, refuses, TRIGGER, untouchedDoor } from '../support/refusals.ts';

const opened = untouchedDoor();

const trigger: Refusal[] = [
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
  ['a week beyond the calendar', 'POST', TRIGGER, json({ week_start: '9999-12-27' }), 422, 'a Monday, YYYY-MM-DD', 'week_start'],
  ['text for a flag', 'POST', TRIGGER, json({ again: 'yes' }), 422, 'true or false', 'again'],
  ['an unknown field', 'POST', TRIGGER, json({ weekstart: '2026-11-23' }), 422, 'no such field', 'weekstart'],
  ['a prototype', 'POST', TRIGGER, raw('{"__proto__": {"again": true}}'), 422, 'no such field', '__proto__'],
];

describe('a trigger', () => refuses(opened, trigger));

test('10 MB are not even read', async () => {
  const answer = await opened.door.post(TRIGGER, { week_start: 'x'.repeat(10_000_000) });
  expect(answer).toMatchObject({ status: 413, body: { title: 'Too large', detail: 'the body is larger than 100 kB' } });
});
