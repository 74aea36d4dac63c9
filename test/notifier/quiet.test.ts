import { describe, expect, test } from '@jest/globals';
import { priorityOf } from '../../sql/notifications/catalog.ts';
import { type Judged, judge, quietPeriod } from '../../workers/notifier/outbox/quiet.ts';
import { reminderAt } from '../../workers/notifier/reminders/occasions.ts';

const night = { from: '22:00', until: '08:00' };
const untilOf = (now: string, zone: string, hours: { from: string; until: string } | null) =>
  quietPeriod(new Date(now), zone, hours)?.until.toISOString() ?? null;

test.each([
  ['before they begin', '2026-11-21T18:59:59.999Z', null],
  ['as they begin', '2026-11-21T19:00:00.000Z', '2026-11-22T05:00:00.000Z'],
  ['at midnight', '2026-11-21T21:00:00.000Z', '2026-11-22T05:00:00.000Z'],
  ['just before they end', '2026-11-22T04:59:59.999Z', '2026-11-22T05:00:00.000Z'],
  ['as they end', '2026-11-22T05:00:00.000Z', null],
])('in Moscow, 22:00 to 08:00, %s', (_, now, until) => {
  expect(untilOf(now, 'Europe/Moscow', night)).toBe(until);
});

test.each([
  ['by day, before', '2026-11-21T12:59:59.999Z', null],
  ['by day, within', '2026-11-21T13:00:00Z', '2026-11-21T14:30:00.000Z'],
  ['by day, after', '2026-11-21T14:30:00Z', null],
])('quiet hours %s', (_, now, until) => {
  expect(untilOf(now, 'UTC', { from: '13:00:00', until: '14:30:00' })).toBe(until);
});

test('none are none', () => {
  expect(untilOf('2026-11-21T23:00:00Z', 'UTC', null)).toBeNull();
  expect(untilOf('2026-11-21T23:00:00Z', 'UTC', { from: '22:00', until: '22:00' })).toBeNull();
  expect(untilOf('2026-11-21T23:00:00Z', 'UTC', { from: '22:00:00', until: '22:00' })).toBeNull();
});

// In Berlin 02:00 to 03:00 is skipped on 29 March 2026 and comes twice on 25 October.
describe.each([
  [
    'their end lies in the gap',
    '01:00',
    '02:30',
    [
      ['2026-03-28T23:59:59Z', null],
      ['2026-03-29T00:00:00Z', '2026-03-29T01:00:00.000Z'],
      ['2026-03-29T00:59:59Z', '2026-03-29T01:00:00.000Z'],
      ['2026-03-29T01:00:00Z', null],
    ],
  ],
  [
    'their beginning lies in the gap',
    '02:30',
    '04:00',
    [
      ['2026-03-29T00:59:59Z', null],
      ['2026-03-29T01:00:00Z', '2026-03-29T02:00:00.000Z'],
      ['2026-03-29T02:00:00Z', null],
    ],
  ],
  [
    'their end comes twice',
    '01:00',
    '02:30',
    [
      ['2026-10-25T00:29:59Z', '2026-10-25T00:30:00.000Z'],
      ['2026-10-25T00:30:00Z', null],
      ['2026-10-25T01:15:00Z', null],
    ],
  ],
  [
    'their beginning comes twice',
    '02:30',
    '04:00',
    [
      ['2026-10-25T00:29:59Z', null],
      ['2026-10-25T00:30:00Z', '2026-10-25T03:00:00.000Z'],
      ['2026-10-25T01:15:00Z', '2026-10-25T03:00:00.000Z'],
      ['2026-10-25T03:00:00Z', null],
    ],
  ],
  [
    'they span the gap',
    '22:00',
    '08:00',
    [
      ['2026-03-28T20:59:59Z', null],
      ['2026-03-28T21:00:00Z', '2026-03-29T06:00:00.000Z'],
      ['2026-03-29T06:00:00Z', null],
    ],
  ],
] as [string, string, string, [string, string | null][]][])('where %s', (_, from, until, cases) => {
  test.each(cases)('at %s', (now, end) => {
    expect(untilOf(now, 'Europe/Berlin', { from, until })).toBe(end);
  });
});

const message = (fields: Partial<Judged> = {}): Judged => ({
  template: 'payment_reminder',
  priority: 1,
  occasion_at: null,
  quiet_from: null,
  quiet_until: null,
  studio_off: [],
  person_off: [],
  ...fields,
});
const studio = { zone: 'Europe/Moscow', quietHours: night };
const EVENING = '2026-11-21T20:00:00Z';
const held = { do: 'hold', until: new Date('2026-11-22T05:00:00Z') };
const sent = { do: 'send' };

test.each<[string, Partial<Judged>, string, object]>([
  ['by day', {}, '2026-11-21T12:00:00Z', sent],
  ['at night', {}, EVENING, held],
  ['at night, of low priority', { priority: 0 }, EVENING, held],
  ['an alarm at night', { template: 'run_failed', priority: 2 }, EVENING, sent],
  [
    'a cancellation of today',
    { template: 'training_cancelled', priority: 2, occasion_at: '2026-11-21T20:30:00Z' },
    EVENING,
    sent,
  ],
  ['one of tomorrow before the quiet hours end', { priority: 2, occasion_at: '2026-11-22T05:00:00Z' }, EVENING, sent],
  ['one of tomorrow after they end', { priority: 2, occasion_at: '2026-11-22T05:00:00.001Z' }, EVENING, held],
  ['after midnight it is today', { priority: 2, occasion_at: '2026-11-22T15:00:00Z' }, '2026-11-21T21:00:00Z', sent],
  ['one of today that has begun', { priority: 2, occasion_at: '2026-11-21T10:00:00Z' }, EVENING, sent],
  ['one of yesterday', { priority: 2, occasion_at: '2026-11-20T20:59:59Z' }, EVENING, held],
  ['not urgent, although of today', { occasion_at: '2026-11-21T20:30:00Z' }, EVENING, held],
  ['to somebody awake till midnight', { quiet_from: '00:00:00', quiet_until: '09:00:00' }, EVENING, sent],
  ['to somebody who never minds', { quiet_from: '10:00:00', quiet_until: '10:00:00' }, EVENING, sent],
  [
    'to somebody who sleeps by day',
    { quiet_from: '10:00:00', quiet_until: '16:00:00' },
    '2026-11-21T07:00:00Z',
    { do: 'hold', until: new Date('2026-11-21T13:00:00Z') },
  ],
  [
    'a reminder of what has begun',
    { template: 'training_reminder', occasion_at: EVENING },
    EVENING,
    { do: 'drop', why: 'too late' },
  ],
  [
    'a reminder a moment before',
    { template: 'training_reminder', occasion_at: '2026-11-21T12:00:00.001Z' },
    '2026-11-21T12:00:00Z',
    sent,
  ],
  [
    'switched off by the studio',
    { studio_off: ['payment_reminder'] },
    EVENING,
    { do: 'drop', why: 'switched off by the studio: payment_reminder' },
  ],
  [
    'switched off by the person',
    { person_off: ['payment_reminder'] },
    EVENING,
    { do: 'drop', why: 'switched off by the person: payment_reminder' },
  ],
  ['another kind is switched off', { person_off: ['belt_exam'], studio_off: ['booking'] }, '2026-11-21T12:00:00Z', sent],
])('a message %s', (_, fields, now, judgement) => {
  expect(judge(message(fields), new Date(now), studio)).toEqual(judgement);
});

test.each([
  ['an afternoon: two hours before', '2026-11-21T15:00:00Z', '2026-11-21T13:00:00.000Z'],
  ['10:00: as the quiet hours end', '2026-11-22T07:00:00Z', '2026-11-22T05:00:00.000Z'],
  ['08:30: held until they end, which is still of use', '2026-11-22T05:30:00Z', '2026-11-22T03:30:00.000Z'],
  ['08:29: the evening before', '2026-11-22T05:29:00Z', '2026-11-21T18:30:00.000Z'],
  ['06:00: the evening before', '2026-11-22T03:00:00Z', '2026-11-21T18:30:00.000Z'],
])('a training at %s', (_, startsAt, at) => {
  expect(reminderAt(new Date(startsAt), 'Europe/Moscow', night, 2).toISOString()).toBe(at);
});

test.each([
  ['2026-11-22T12:00:00Z', 'urgent'],
  ['2026-11-22T12:00:00.001Z', 'normal'],
])('a message about a start at %s is %s a day before', (startsAt, priority) => {
  expect(priorityOf(startsAt, '2026-11-21T12:00:00Z')).toBe(priority);
});
