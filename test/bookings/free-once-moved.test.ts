import { expect, test } from '@jest/globals';
import { freeOnceMoved } from '../../workers/bookings/cancel-terms.ts';

const NOW = Date.parse('2026-03-10T10:00:00.000Z');
const inHours = (hours: number) => new Date(NOW + hours * 3_600_000);
const SECOND = 1 / 3_600;

test.each<[string, { starts: number; to: number; status?: 'CANCELLED'; movedLate?: boolean }, number | null]>([
  ['far from far', { starts: 48, to: 72 }, 60],
  ['to exactly twelve hours from now', { starts: 48, to: 12 }, 0],
  ['a second nearer than that', { starts: 48, to: 12 - SECOND }, null],
  ['to a start that has been', { starts: 48, to: -1 }, null],
  ['from exactly twelve hours from now', { starts: 12, to: 72 }, 60],
  ['a second later than that, however far away', { starts: 12 - SECOND, to: 72 }, null],
  ['of one that was moved late before', { starts: 48, to: 72, movedLate: true }, null],
  ['of one that was called off', { starts: 48, to: 72, status: 'CANCELLED' }, null],
])('a move says until when it can be cancelled for free: %s', (_, { starts, to, status, movedLate = false }, until) => {
  const booking = {
    status: status ?? ('CONFIRMED' as const),
    starts_at: inHours(starts).toISOString(),
    moved_late: movedLate,
    pay_from: 'later' as const,
    price_minor: 0,
    invoice: null,
  };
  expect(freeOnceMoved(booking, inHours(to), new Date(NOW))).toEqual(until === null ? null : inHours(until));
});
