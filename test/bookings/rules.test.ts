import { describe, expect, test } from '@jest/globals';
import type { SpecialistCalendar } from '../../sql/bookings/calendar.ts';
import type { Discount } from '../../sql/bookings/offer-to-book.ts';
import { whyNever } from '../../workers/bookings/limits.ts';
import { priceOf } from '../../workers/bookings/price.ts';
import { render } from '../../workers/notifier/templates/render.ts';
import { fits } from '../../workers/slots/fits.ts';
import { workSchedule } from '../../workers/slots/work-schedule.ts';

const percent = (basis_points: number): Discount => ({ id: 1, kind: 'percent', basis_points, amount_minor: null });
const fixed = (amount_minor: number): Discount => ({ id: 2, kind: 'fixed', basis_points: null, amount_minor });

test.each<[number, Discount[], number]>([
  [1_000, [], 1_000],
  [999, [percent(1_000)], 899],
  [105, [percent(1_000)], 94],
  [104, [percent(1_000)], 94],
  [1_000, [percent(1_000), percent(1_000)], 810],
  [1_000, [percent(5_000), fixed(499)], 1],
  [1_000, [percent(5_000), fixed(501)], 0],
  [1_000, [percent(10_000), fixed(1)], 0],
  [0, [percent(5_000), fixed(1)], 0],
  [999_999_999_999, [percent(9_999)], 100_000_000],
])('a price of %i less %j is %i', (price, discounts, left) => {
  const { priceMinor, taken } = priceOf(price, discounts);
  expect(priceMinor).toBe(left);
  expect(taken.reduce((sum, span) => sum + span.discountMinor, 0)).toBe(price - left);
});

describe('a start nobody can book (D29, D34)', () => {
  const now = new Date('2026-11-21T10:00:00+03:00');
  test.each<[string, number, boolean]>([
    ['2026-11-21T10:00:00+03:00', 0, false],
    ['2026-11-21T10:15:00+03:00', 0, true],
    ['2026-11-21T10:15:00+03:00', 15, false],
    ['2026-11-21T10:15:00+03:00', 14, true],
    ['2026-11-21T10:20:00+03:00', 0, false],
    ['2026-11-21T10:15:01+03:00', 0, false],
    ['2027-01-19T23:45:00+03:00', 0, true],
    ['2027-01-20T00:00:00+03:00', 0, false],
  ])('%s with %i minutes of notice can be booked: %s', (start, notice, can) => {
    expect(whyNever(new Date(start), now, 'Europe/Moscow', notice) === null).toBe(can);
  });
});

describe('free time (D30, D31)', () => {
  const DAY = '2026-11-25';
  const at = (time: string) => Date.parse(`${DAY}T${time}:00+03:00`);
  type Given = Partial<Omit<SpecialistCalendar, 'location' | 'specialist'>> & { location?: object | null; specialist?: object };
  const split = {
    2: [
      ['08:00', '12:00'],
      ['14:00', '20:00'],
    ],
  };
  const calendar = ({ location = { 2: [['09:00', '18:00']] }, specialist = split, ...of }: Given = {}): SpecialistCalendar => ({
    location: location && JSON.stringify(location),
    specialist: JSON.stringify(specialist),
    location_days: {},
    specialist_days: {},
    taken: [],
    absent: [],
    ...of,
  });
  const hour = { duration_minutes: 50, break_minutes: 10 };
  const span = (from: string, to: string) => [{ from: at(from), to: at(to) }];

  test.each<[string, string, Given, boolean]>([
    ['the location is closed', '08:45', {}, false],
    ['both are open', '09:00', {}, true],
    ['up to the pause', '11:00', {}, true],
    ['into the pause', '11:15', {}, false],
    ['the last before closing, the break after it', '17:00', {}, true],
    ['over closing', '17:15', {}, false],
    ['a location without a schedule of its own', '18:00', { location: null }, true],
    ['no day of work', '10:00', { specialist: { 1: [['00:00', '24:00']] } }, false],
    ['an override that closes', '10:00', { specialist_days: { [DAY]: [] } }, false],
    ['an override that opens the pause', '12:00', { specialist_days: { [DAY]: [['12:00', '13:00']] } }, true],
    ['an override of the location only', '12:00', { location_days: { [DAY]: [['12:00', '13:00']] } }, false],
    ['intervals round inwards: the start up', '09:00', { specialist: { 2: [['09:01', '12:00']] } }, false],
    ['the start up, a cell later', '09:15', { specialist: { 2: [['09:01', '12:00']] } }, true],
    ['the end down', '11:00', { specialist: { 2: [['09:00', '11:59']] } }, false],
    ['23:59:59 is midnight', '23:00', { location: null, specialist: { 2: [['20:00', '23:59:59']] } }, true],
    ['23:59 is not', '23:00', { location: null, specialist: { 2: [['20:00', '23:59']] } }, false],
    ['a booking right after the break', '09:00', { taken: span('10:15', '11:00') }, true],
    ['a booking within the break', '09:00', { taken: span('10:14', '11:00') }, false],
    ['a booking right before', '10:00', { taken: span('09:00', '10:00') }, true],
    ['an absence within the break', '09:00', { absent: span('10:00', '11:00') }, true],
    ['an absence within the duration', '09:00', { absent: span('09:59', '11:00') }, false],
  ])('%s: %s', (_, time, fields, expected) => {
    expect(fits(calendar(fields), at(time), hour, 'Europe/Moscow')).toBe(expected);
  });

  test('over midnight both days count', () => {
    const late = { location: null, specialist: { 2: [['20:00', '24:00']], 3: [['00:00', '00:15']] } };
    const two = (minutes: number) => ({ duration_minutes: minutes, break_minutes: 0 });
    const open = calendar(late);
    expect(fits(open, at('23:30'), two(45), 'Europe/Moscow')).toBe(true);
    expect(fits(open, at('23:30'), two(46), 'Europe/Moscow')).toBe(false);
  });

  test.each<[string, string, boolean]>([
    ['before the gap: 01:30 to 02:00', '2026-03-29T00:30:00Z', true],
    ['across the gap: the hour from 02:00 is lost, and busy', '2026-03-29T00:45:00Z', false],
    ['after the gap: from 03:00', '2026-03-29T01:00:00Z', true],
    ['the hour that comes twice is two hours long', '2026-10-25T00:00:00Z', true],
  ])('a clock change in Berlin, %s', (_, start, expected) => {
    const always = { 6: [['00:00', '24:00']] };
    expect(
      fits(
        calendar({ location: null, specialist: always }),
        Date.parse(start),
        { duration_minutes: 30, break_minutes: 0 },
        'Europe/Berlin',
      ),
    ).toBe(expected);
  });
});

test.each<[unknown, string, string]>([
  [{ 7: [] }, '', 'no such day; the days are "0" (Monday) to "6" (Sunday)'],
  [{ 0: [['10:00', '09:00']] }, '0.0', 'the interval 10:00-09:00 must end after it begins'],
  [{ 0: [['10:00', '10:00']] }, '0.0', 'the interval 10:00-10:00 must end after it begins'],
  [
    {
      3: [
        ['09:00', '12:00'],
        ['11:59:59', '13:00'],
      ],
    },
    '3.1',
    'the interval 11:59:59-13:00 overlaps 09:00-12:00',
  ],
  [
    {
      3: [
        ['11:00', '13:00'],
        ['09:00', '12:00'],
      ],
    },
    '3.0',
    'the interval 11:00-13:00 overlaps 09:00-12:00',
  ],
  [{ 0: [['9:00', '12:00']] }, '0.0.0', 'a wall time HH:MM or HH:MM:SS, at most 24:00'],
  [{ 0: [['09:00', '24:01']] }, '0.0.1', 'a wall time HH:MM or HH:MM:SS, at most 24:00'],
  [{ 0: [['09:00']] }, '0.0', 'a pair of wall times such as ["09:00", "18:00"]'],
])('the schedule %j is refused by name', (schedule, path, message) => {
  const issues = workSchedule.safeParse(schedule).error?.issues.map((issue) => [issue.path.join('.'), issue.message]);
  expect(issues).toContainEqual([path, message]);
});

test('the schedule of the source document is one, and intervals may touch', () => {
  const schedule = {
    0: [['09:00', '18:00']],
    1: [
      ['09:00', '12:00'],
      ['12:00', '20:00'],
    ],
    6: [],
  };
  expect(workSchedule.parse(schedule)).toEqual(schedule);
});

const about = {
  booking_id: 7,
  client: 'Анна',
  specialist: 'Ольга',
  service: 'Стрижка',
  booking_date: '2026-11-25',
  start_time: '18:00:00',
};
const studio = { locale: 'ru', zone: 'Europe/Moscow', currency: 'RUB' } as const;
const said = (template: string, locale: 'ru' | 'uk' | 'en', params: object) =>
  render({ template, locale, params: { ...about, ...params } }, studio).text.replaceAll(/[\u00a0\u202f]/g, ' ');

test.each<[string, 'ru' | 'uk' | 'en', object, string]>([
  [
    'booking_confirmed',
    'ru',
    { reader: 'client', price_minor: 150_000, pay_from: 'later' },
    'Вы записаны: ср 25 ноября 18:00, Стрижка. Специалист: Ольга.\nК оплате: 1 500 ₽.',
  ],
  [
    'booking_confirmed',
    'en',
    { reader: 'specialist', price_minor: 150_000, pay_from: 'later' },
    'New booking: Wed 25 November 18:00, Стрижка, Анна.',
  ],
  [
    'booking_confirmed',
    'uk',
    { reader: 'client', price_minor: 0, pay_from: 'package' },
    'Вас записано: ср 25 листопада 18:00, Стрижка. Спеціаліст: Ольга.\nОдин візит списано з вашого пакета.',
  ],
  ['booking_moved', 'en', { reader: 'client' }, 'Your booking has moved: now Wed 25 November 18:00, Стрижка, with Ольга.'],
  [
    'booking_given_away',
    'ru',
    { reader: 'specialist' },
    'Запись передана другому специалисту: ср 25 ноября 18:00, Стрижка. Клиент: Анна.',
  ],
  [
    'booking_cancelled',
    'ru',
    { reader: 'client', outcome: 'safe', reason: 'заболела', returned: { refunded_minor: 7_000, cancelled_minor: 0, units: 0 } },
    'Ваша запись отменена: ср 25 ноября 18:00, Стрижка. Специалист: Ольга.\nПричина: заболела\nНа ваш счёт вернулось 70 ₽.',
  ],
])('%s in %s of %j', (template, locale, params, text) => {
  expect(said(template, locale, params)).toBe(text);
});
