import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TakenRoom } from '../../sql/bookings/taken.ts';
import { roomless, startsOutside } from '../../workers/slots/rooms.ts';

const MINUTE = 60_000;
const MIDNIGHT = Date.parse('2026-11-25T00:00:00+03:00');
/** A wall time; from 24:00 on it is of the next day. */
const at = (time: string) => MIDNIGHT + (Number(time.slice(0, 2)) * 60 + Number(time.slice(3))) * MINUTE;
const clock = (instant: number) => {
  const minutes = (instant - MIDNIGHT) / MINUTE;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
};
const HERE = 1;
const ELSEWHERE = 2;
const room = (taken: string[], location_id = HERE): TakenRoom => ({
  location_id,
  is_booked: true,
  taken: taken.map((span) => [at(span.slice(0, 5)), at(span.slice(6))]),
});
const quarters = (from: string, to: string) =>
  Array.from({ length: (at(to) - at(from)) / MINUTE / 15 + 1 }, (_, n) => at(from) + n * 15 * MINUTE);

describe('starts from 10:00 to 12:00 of what takes an hour with its break, in the rooms of a location', () => {
  const all = '10:00 10:15 10:30 10:45 11:00 11:15 11:30 11:45 12:00';
  test.each<[string, TakenRoom[] | null, string]>([
    ['a service without rooms', null, all],
    ['none of its rooms is active', [], ''],
    ['its rooms are elsewhere', [room([], ELSEWHERE)], ''],
    ['a free room', [room([])], all],
    ['a room that is freed exactly at the start', [room(['09:00-11:00'])], '11:00 11:15 11:30 11:45 12:00'],
    ['a minute later', [room(['09:00-11:01'])], '11:15 11:30 11:45 12:00'],
    ['taken exactly when the break is over', [room(['12:00-18:00'])], '10:00 10:15 10:30 10:45 11:00'],
    ['taken a minute before that: the break would hang over it', [room(['11:59-18:00'])], '10:00 10:15 10:30 10:45'],
    ['between two bookings there is room for exactly one', [room(['08:00-10:30', '11:30-18:00'])], '10:30'],
    ['between two bookings a minute is missing', [room(['08:00-10:30', '11:29-18:00'])], ''],
    ['two rooms, one of them taken', [room(['08:00-18:00']), room([])], all],
    [
      'two rooms, free one after the other',
      [room(['08:00-11:00']), room(['11:00-18:00'])],
      '10:00 11:00 11:15 11:30 11:45 12:00',
    ],
    [
      'two rooms, each free for half of it only',
      [room(['08:00-10:45']), room(['11:15-18:00'])],
      '10:00 10:15 10:45 11:00 11:15 11:30 11:45 12:00',
    ],
    ['two rooms, each half free and no more', [room(['08:00-10:30', '11:00-18:00']), room(['08:00-11:00', '11:30-18:00'])], ''],
    ['the free one is elsewhere', [room(['09:00-11:30']), room([], ELSEWHERE)], '11:30 11:45 12:00'],
    ['bookings of one room that overlap', [room(['09:00-11:30', '09:30-10:00'])], '11:30 11:45 12:00'],
  ])('%s', (_, rooms, starts) => {
    expect(
      startsOutside(quarters('10:00', '12:00'), roomless(rooms, HERE, 60))
        .map(clock)
        .join(' '),
    ).toBe(starts);
  });
  test('a specialist without a location takes a room anywhere', () => {
    const rooms = [room(['09:00-11:30']), room(['11:00-18:00'], ELSEWHERE)];
    const starts = startsOutside(quarters('10:00', '12:00'), roomless(rooms, null, 60));
    expect(starts.map(clock)).toEqual(['10:00', '11:30', '11:45', '12:00']);
  });
  test('over midnight', () => {
    const free = (taken: string) =>
      startsOutside(quarters('23:00', '24:30'), roomless([room([taken])], HERE, 60))
        .map(clock)
        .join(' ');
    expect(free('24:15-25:00')).toBe('23:00 23:15');
    expect(free('22:00-24:15')).toBe('24:15 24:30');
  });
});

test('a room suits exactly where nothing in it meets the service, whatever is taken', () => {
  const taken = fc.array(fc.record({ from: fc.integer({ min: 0, max: 400 }), length: fc.integer({ min: 1, max: 90 }) }), {
    maxLength: 8,
  });
  const rooms = fc.array(fc.record({ location_id: fc.constantFrom(HERE, ELSEWHERE), is_booked: fc.boolean(), taken }), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(rooms, fc.constantFrom(HERE, null), fc.integer({ min: 1, max: 8 }), (drawn, place, cells) => {
      const made = drawn.map((drawing) => ({
        ...drawing,
        taken: drawing.taken.map(
          ({ from, length }) => [MIDNIGHT + from * MINUTE, MIDNIGHT + (from + length) * MINUTE] as [number, number],
        ),
      }));
      const starts = quarters('00:00', '07:45');
      const suits = (start: number) =>
        made.some(
          (item) =>
            (place === null ? item.is_booked : item.location_id === place) &&
            item.taken.every(([from, to]) => to <= start || start + cells * 15 * MINUTE <= from),
        );
      expect(startsOutside(starts, roomless(made, place, cells * 15))).toEqual(starts.filter(suits));
    }),
    { numRuns: 500 },
  );
});
