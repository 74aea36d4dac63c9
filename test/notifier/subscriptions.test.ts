import { describe, expect, test } from '@jest/globals';
import { render, templates } from '../../workers/notifier/templates/render.ts';
import { renewalTemplates } from '../../workers/notifier/templates/renewals.ts';
import { subscriptionTemplates } from '../../workers/notifier/templates/subscriptions.ts';

const locales = ['ru', 'uk', 'en'] as const;
const studio = { locale: 'ru', zone: 'Europe/Moscow', currency: 'RUB' } as const;
const say = (template: string, params: Record<string, unknown>, locale: (typeof locales)[number] = 'ru') =>
  render({ template, params, locale }, studio).text;

const whose = { subscription: '8 занятий', student: null };
const long = 'Вельмишановна 👩‍👩‍👧 '.repeat(1_000);
const training = { real_training_id: 1, training_type: 'Йога', training_date: '2026-11-25', start_time: '18:00:00' };
const bill = { ...whose, invoice_id: 1, amount_minor: 400_000, due_date: '2026-11-21', usable_until: '2026-11-28' };
const lapsed = (count: number, name = 'Анна') =>
  Array.from({ length: count }, (_, n) => ({
    student_id: n,
    student: name,
    subscription: name,
    amount_minor: 40_050,
    due_date: '2026-11-21',
  }));
const renewed = { ...whose, start_date: '2026-11-21', end_date: '2026-12-20', price_minor: 400_000 };

const moved = { id: 7, subscription: '8 занятий', start_date: '2027-01-31', end_date: '2027-02-27' };

const cases: [string, Record<string, unknown>][] = [
  ...[0, 1, 21, 500].map((n): [string, Record<string, unknown>] => [
    'subscription_frozen',
    { ...whose, from: '2026-11-21', to: '2026-12-31', end_date: '2027-01-30', released: Array(n).fill(training) },
  ]),
  ...[null, 0, 1, 3, 12].flatMap((sessions_left): [string, Record<string, unknown>][] => [
    ['subscription_unfrozen', { ...whose, end_date: '2026-12-31', sessions_left }],
    ...[0, 400_000].flatMap((price_minor) =>
      [true, false].map((renews): [string, Record<string, unknown>] => [
        'subscription_ending',
        { ...whose, end_date: '2026-12-31', sessions_left, renews, price_minor },
      ]),
    ),
    ...[0, 1, 2, 3].flatMap((carried_sessions) =>
      [true, false].map((is_paid): [string, Record<string, unknown>] => [
        'subscription_renewed',
        { ...renewed, sessions: sessions_left, carried_sessions, is_paid },
      ]),
    ),
  ]),
  ['subscription_renewed', { ...renewed, price_minor: 0, sessions: 8, carried_sessions: 0, is_paid: true }],
  ...[true, false].map((is_auto_renew): [string, Record<string, unknown>] => [
    'subscription_last_session',
    { ...whose, end_date: '2026-12-31', is_auto_renew },
  ]),
  ...[0, 1, 2, 5, 21].map((sessions_expired): [string, Record<string, unknown>] => [
    'subscription_expired',
    { subscription: '8 занятий', student_subscription_id: 1, end_date: '2026-12-31', sessions_expired },
  ]),
  ...[true, false].flatMap((is_lapsed): [string, Record<string, unknown>][] => [
    ['renewal_unpaid', { ...bill, is_lapsed }],
    ['renewal_lapsed', { ...bill, is_lapsed }],
  ]),
  ...[1, 2, 5, 20, 21, 500].flatMap((count): [string, Record<string, unknown>][] => [
    ['renewal_lapsed_admin', { run_id: 42, run_key: 'auto_renewal:2026-11-29', renewals: lapsed(count) }],
    ['renewal_lapsed_admin', { run_id: 42, run_key: 'auto_renewal:2026-11-29', renewals: lapsed(count, long) }],
  ]),
  ['renewal_lapsed_admin', { run_id: 42, run_key: long, renewals: lapsed(1, '') }],
  ...[0, 1, 3, 30].flatMap((count): [string, Record<string, unknown>][] => [
    [
      'subscription_frozen',
      { ...whose, from: '2026-11-21', to: '2026-12-31', end_date: '2027-01-30', released: [], moved: Array(count).fill(moved) },
    ],
    ['subscription_unfrozen', { ...whose, end_date: '2026-12-31', sessions_left: 3, moved: Array(count).fill(moved) }],
  ]),
  ['renewal_previous_unpaid', bill],
  ...[1, 2, 5, 21, 500].map((count): [string, Record<string, unknown>] => [
    'renewal_previous_unpaid_admin',
    { run_id: 42, run_key: 'auto_renewal:2026-11-29', renewals: lapsed(count) },
  ]),
];
const withLongNames = cases
  .filter(([, params]) => 'student' in params)
  .map(([template, params]): [string, Record<string, unknown>] => [template, { ...params, subscription: long, student: long }]);

test('every template about subscriptions is tried here, and can be sent', () => {
  const tried = new Set(cases.map(([template]) => template));
  const known = Object.keys({ ...subscriptionTemplates, ...renewalTemplates });
  expect([...tried].sort()).toEqual(known.sort());
  expect(Object.keys(templates)).toEqual(expect.arrayContaining(known));
});

describe.each(locales)('in %s', (locale) => {
  test.each([...cases, ...withLongNames])('%s is whole and fits', (template, params) => {
    const said = say(template, params, locale);
    expect(said).not.toMatch(/\{\{|undefined|null|\[object|NaN|Invalid|\.\.|(?<!:)\d{4}-\d\d/);
    expect(said.length).toBeLessThanOrEqual(3_500);
    expect(said.isWellFormed()).toBe(true);
  });
});

const figures = { sessions: 8, carried_sessions: 3, is_paid: false };
test.each([
  [
    'ru',
    'Абонемент «8 занятий» продлён: с 21 ноября 2026 г. по 20 декабря 2026 г.\nПеренесено 3 неиспользованных занятия.\nОсталось 11 занятий.\nВыставлен счёт на 4 000 ₽, оплатите его до 21 ноября 2026 г.',
  ],
  [
    'uk',
    'Абонемент «8 занятий» подовжено: з 21 листопада 2026 р. до 20 грудня 2026 р.\nПеренесено 3 невикористані заняття.\nЗалишилося 11 занять.\nВиставлено рахунок на 4 000 RUB, сплатіть його до 21 листопада 2026 р.',
  ],
  [
    'en',
    '“8 занятий” is renewed: 21 November 2026 to 20 December 2026.\n3 unused sessions have moved over.\n11 sessions are left.\nAn invoice over RUB 4,000 has been written; please pay it by 21 November 2026.',
  ],
] as const)('a renewal in %s', (locale, expected) => {
  expect(say('subscription_renewed', { ...renewed, ...figures }, locale).replaceAll(/[\u00a0\u202f]/g, ' ')).toBe(expected);
});

test('the payer’s message names the student', () => {
  const params = { ...renewed, ...figures, is_paid: true, student: 'Анна Иванова' };
  expect(say('subscription_renewed', params)).toContain('«8 занятий (Анна Иванова)» продлён');
  expect(say('renewal_unpaid', { ...bill, student: 'Анна', is_lapsed: false })).toContain('после 28 ноября 2026 г. вас не будут');
});
