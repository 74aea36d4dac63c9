import { expect, test } from '@jest/globals';
import { spanAt, spanOfAbsence, standingIn, wishOfSpan } from '../../api/web/console/modules/board/away.ts';
import { changedAmong } from '../../api/web/console/modules/board/changed.ts';
import { closedIn, impossibleIn, type OpenHours } from '../../api/web/console/modules/board/closed.ts';
import {
  type Column,
  carriedTo,
  columnsOf,
  daysOf,
  isIn,
  placedIn,
  stepFrom,
} from '../../api/web/console/modules/board/columns.ts';
import { metAt } from '../../api/web/console/modules/board/conflicts.ts';
import {
  absenceWishOf,
  bookingWishOf,
  type Entry,
  entriesOfAbsence,
  entryOfTraining,
  isAllDay,
  minutesOfClock,
  type Place,
  type Training,
  wishOf,
} from '../../api/web/console/modules/board/entries.ts';
import {
  columnAt,
  hoursShown,
  isDrag,
  lanesOf,
  snapped,
  snappedFrom,
  startWithin,
} from '../../api/web/console/modules/board/geometry.ts';
import { carriedBy, initialsOf, othersAt } from '../../api/web/console/modules/board/others.ts';
import { neighbour, stepped } from '../../api/web/console/modules/board/steps.ts';

const ZONE = 'Europe/Berlin';
const DAY = '2026-03-10';
const at = (from: number, minutes = 60, more: Partial<Place> = {}): Place => ({
  day: DAY,
  from,
  minutes,
  trainerId: 1,
  roomId: null,
  ...more,
});
const entry = (key: string, place: Place, more: Partial<Entry> = {}): Entry => ({
  key,
  kind: 'training',
  id: 1,
  version: 1,
  title: key,
  trainer: 'Anna',
  room: null,
  state: 'planned',
  isMovable: true,
  startsAt: '2026-03-10T09:00:00.000Z',
  endsAt: '2026-03-10T10:00:00.000Z',
  place,
  ...more,
});

test.each([
  ['alone', [[0, 60]], ['0/1']],
  ['that only touch', [[0, 60], [60, 120]], ['0/1', '0/1']], // biome-ignore format: one case a line
  ['that overlap', [[0, 61], [60, 120]], ['0/2', '1/2']], // biome-ignore format: one case a line
  ['that hang together by a third', [[0, 60], [30, 120], [60, 90]], ['0/2', '1/2', '0/2']], // biome-ignore format: one case a line
  ['of which a long one holds all', [[0, 300], [0, 60], [60, 120], [300, 360]], ['0/2', '1/2', '1/2', '0/1']], // biome-ignore format: one case a line
  ['three at once, in any order', [[60, 120], [0, 200], [70, 80]], ['1/3', '0/3', '2/3']], // biome-ignore format: one case a line
] as const)('spans %s get their lanes', (_words, spans, wanted) => {
  const lanes = lanesOf(spans.map(([from, to]) => ({ from, to })));
  expect(lanes.map(({ lane, of }) => `${lane}/${of}`)).toEqual(wanted);
});

test.each([
  [[], 480, 1260],
  [[[445, 500]], 420, 1260],
  [[[1200, 1275]], 480, 1320],
  [[[1400, 1500]], 480, 1440],
] as const)('of %j the hours from %i to %i are drawn', (spans, from, to) => {
  expect(hoursShown(spans.map(([a, b]) => ({ from: a, to: b })))).toEqual({ from, to });
});

test('a drag begins at four pixels, goes by quarters of an hour, and stays within its day', () => {
  expect([isDrag(3, 0), isDrag(0, 4), isDrag(3, 3)]).toEqual([false, true, true]);
  expect([snapped(67), snapped(68), startWithin(-10), startWithin(1_500)]).toEqual([60, 75, 0, 1_425]);
  // What stands off the quarters stays there until it is carried half a step away.
  expect([610, 617, 618, 603, 602].map((minutes) => snappedFrom(minutes, 610))).toEqual([610, 610, 615, 610, 600]);
  const boxes = [
    { left: 0, right: 100 },
    { left: 110, right: 200 },
  ];
  expect([-5, 50, 106, 150, 900].map((x) => columnAt(boxes, x))).toEqual([0, 0, 1, 1, 1]);
});

test.each([
  ['a minute of overlap with the trainer', at(659), ['a']],
  ['the same trainer right after', at(660), []],
  ['another trainer', at(600, 60, { trainerId: 2 }), []],
  ['another trainer in the same room', at(600, 60, { trainerId: 2, roomId: 7 }), ['b']],
  ['another day', at(600, 60, { day: '2026-03-11' }), []],
])('%s is met or not', (_words, place, met) => {
  const entries = [
    entry('a', at(600)),
    entry('b', at(600, 60, { trainerId: 3, roomId: 7 })),
    entry('gone', at(600), { state: 'cancelled' }),
  ];
  expect(metAt(entries, 'me', place).map(({ key }) => key)).toEqual(met);
  expect(metAt(entries, 'a', at(600))).toEqual([]);
});

test('only what differs is asked for, in instants of the studio', () => {
  expect(wishOf(at(600), at(600), ZONE)).toEqual({});
  expect(wishOf(at(600), at(615, 45, { trainerId: 2, roomId: 4 }), ZONE)).toEqual({
    starts_at: '2026-03-10T09:15:00.000Z',
    duration_minutes: 45,
    trainer_id: 2,
    room_id: 4,
  });
  const booking = entry('b', at(600, 60, { roomId: 4 }), { kind: 'booking' });
  expect(bookingWishOf(booking, at(600, 60, { trainerId: 2 }), ZONE)).toEqual({
    starts_at: '2026-03-10T09:00:00.000Z',
    specialist_id: 2,
  });
});

test.each([
  ['before the clocks go forward', '2026-03-29', 60, '2026-03-29T00:00:00.000Z'],
  ['in the hour that is left out', '2026-03-29', 150, '2026-03-29T01:00:00.000Z'],
  ['after it', '2026-03-29', 180, '2026-03-29T01:00:00.000Z'],
  ['in the hour that comes twice', '2026-10-25', 150, '2026-10-25T00:30:00.000Z'],
])('a start %s is the instant of the studio', (_words, day, from, instant) => {
  expect(wishOf(at(0), at(from, 60, { day }), ZONE)).toEqual({ starts_at: instant });
});

const COLUMNS: Column[] = [
  { key: 'trainer-1', title: 'Anna', day: DAY, trainerId: 1 },
  { key: 'trainer-2', title: 'Boris', day: DAY, trainerId: 2 },
];
test.each([
  ['ArrowUp', at(600), at(585)],
  ['ArrowUp', at(0), at(0)],
  ['ArrowDown', at(600), at(615)],
  ['ArrowRight', at(600), at(600, 60, { trainerId: 2 })],
  ['ArrowLeft', at(600), at(600)],
  ['+', at(600), at(600, 75)],
  ['-', at(600, 15), at(600, 15)],
  ['x', at(600), null],
])('%s brings what was picked up there', (key, from, to) => {
  expect(stepped({ kind: 'training', place: from }, key, COLUMNS)).toEqual(to);
});
test('a booking is not made longer', () => expect(stepped({ kind: 'booking', place: at(600) }, '+', COLUMNS)).toBeNull());

test('arrows go through a column, and beside it to the nearest in time', () => {
  const [a, b, c, d] = [
    entry('a', at(540)),
    entry('b', at(700)),
    entry('c', at(500, 60, { trainerId: 2 })),
    entry('d', at(690, 60, { trainerId: 2 })),
  ];
  const go = (key: string, from: Entry) => neighbour(key, from, COLUMNS, [b, a, d, c])?.key ?? null;
  expect([go('ArrowDown', a), go('ArrowUp', b), go('ArrowUp', a), go('ArrowDown', b)]).toEqual(['b', 'a', null, null]);
  expect([go('ArrowRight', a), go('ArrowRight', b), go('ArrowLeft', d), go('ArrowRight', c)]).toEqual(['c', 'd', 'b', null]);
});

test('a day has a column per trainer or room, by name, and one for whoever is not known any more', () => {
  const known = [
    { id: 2, name: 'Boris' },
    { id: 1, name: 'Anna' },
  ];
  const entries = [entry('a', at(600)), entry('x', at(600, 60, { trainerId: 9, roomId: 4 }), { trainer: 'Zoe', room: 'Hall' })];
  expect(columnsOf('trainer', DAY, known, entries, 'none').map(({ title }) => title)).toEqual(['Anna', 'Boris', 'Zoe']);
  const rooms = columnsOf('room', DAY, [{ id: 4, name: 'Hall' }], entries, 'none');
  expect(rooms.map(({ title, roomId }) => [title, roomId])).toEqual([
    ['Hall', 4],
    ['none', null],
  ]);
  expect(entries.map(({ place }) => rooms.findIndex((column) => isIn(column, place)))).toEqual([1, 0]);
  expect(placedIn(at(600), rooms[0] as Column, 660)).toEqual(at(660, 60, { roomId: 4 }));
  const many = Array.from({ length: 13 }, (_, n) => ({ id: n + 20, name: `${n}` }));
  expect(columnsOf('trainer', DAY, many, entries, 'none').map(({ title }) => title)).toEqual(['Anna', 'Zoe']);
});

test('a week begins on Monday', () => {
  expect(daysOf('week', '2026-03-15').at(0)).toBe('2026-03-09');
  expect(daysOf('list', '2026-03-09').at(-1)).toBe('2026-03-15');
  expect(daysOf('day', DAY)).toEqual([DAY]);
});

test('what is new or another is marked, another span of days is not', () => {
  const row = (id: number, version = 1, status = 'scheduled') => ({ id, version, status, starts_at: 'x' });
  expect(changedAmong([row(1), row(2), row(3)], [row(1), row(2, 2), row(3, 1, 'cancelled'), row(4)])).toEqual([2, 3, 4]);
  expect(changedAmong([row(1)], [row(8), row(9)])).toEqual([]);
  expect(changedAmong([], [row(8)])).toEqual([8]);
});

test.each([
  ['scheduled', 1, true],
  ['scheduled', 0, false],
  ['completed', 1, false],
  ['cancelled', 1, false],
] as const)(
  'a training that is %s, %i minute ahead, is movable: %s, and never for whoever may not',
  (status, ahead, isMovable) => {
    const starts_at = '2026-03-10T09:00:00.000Z';
    const training = { status, starts_at, ends_at: '2026-03-10T10:30:00.000Z', trainer_id: 1, room_id: null } as Training;
    const around = { zone: ZONE, now: Date.parse(starts_at) - ahead * 60_000 };
    const made = entryOfTraining(training, { ...around, mayMove: true });
    expect([made.isMovable, made.place]).toEqual([isMovable, at(600, 90)]);
    expect(entryOfTraining(training, { ...around, mayMove: false }).isMovable).toBe(false);
  },
);

test.each([
  ['09:05', 545],
  ['24:00', null],
  ['9:05', null],
  ['', null],
])('%s is %s minutes after midnight', (text, minutes) => expect(minutesOfClock(text)).toBe(minutes));

test.each([
  ['2026-11-26', 42, '2026-10-26', '2026-12-06'],
  ['2026-02-01', 35, '2026-01-26', '2026-03-01'],
  ['2027-02-15', 28, '2027-02-01', '2027-02-28'],
])('the month of %s has %i days on the board', (day, count, first, last) => {
  const days = daysOf('month', day);
  expect([days.length, days[0], days.at(-1)]).toEqual([count, first, last]);
});

test.each([
  ['day', '2026-11-30', '2026-11-29', '2026-12-01'],
  ['week', '2026-11-30', '2026-11-23', '2026-12-07'],
  ['month', '2026-01-31', '2025-12-01', '2026-02-01'],
  ['list', '2026-11-30', '2026-11-23', '2026-12-07'],
] as const)('a step of the %s from %s', (view, day, before, after) => {
  expect([stepFrom(view, day, -1), stepFrom(view, day, 1)]).toEqual([before, after]);
});

const gone = (from_at: string, to_at: string) => ({ id: 5, specialist_id: 1, from_at, to_at, reason: 'dentist' });
const shownOn = (absence: ReturnType<typeof gone>, ...days: string[]) =>
  entriesOfAbsence(absence, { zone: ZONE, now: 0, days, nameOf: () => 'Anna', word: 'Away' });

test('an absence is an entry a day: one of a single day may be carried, a longer one only opened', () => {
  expect(shownOn(gone('2026-03-10T09:00:00.000Z', '2026-03-10T10:30:00.000Z'), DAY)).toMatchObject([
    { key: 'absence-5', title: 'dentist', isMovable: true, place: at(600, 90) },
  ]);
  const whole = shownOn(gone('2026-03-09T23:00:00.000Z', '2026-03-10T23:00:00.000Z'), '2026-03-09', DAY, '2026-03-11');
  expect(whole).toMatchObject([{ key: 'absence-5', isMovable: true, place: at(0, 1_440) }]);
  const long = shownOn(
    gone('2026-03-09T11:00:00.000Z', '2026-03-11T09:00:00.000Z'),
    '2026-03-08',
    '2026-03-09',
    DAY,
    '2026-03-11',
  );
  expect(long.map(({ isMovable, place }) => [isMovable, place.day, place.from, place.minutes])).toEqual([
    [false, '2026-03-09', 720, 720],
    [false, DAY, 0, 1_440],
    [false, '2026-03-11', 0, 600],
  ]);
});

test.each([
  ['a day', '2026-03-09T23:00:00.000Z', '2026-03-10T23:00:00.000Z', [true]],
  ['a minute less', '2026-03-09T23:00:00.000Z', '2026-03-10T22:59:00.000Z', [false]],
  ['the day of 23 hours', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z', [true]],
  ['24 hours of the day of 25', '2026-10-24T22:00:00.000Z', '2026-10-25T22:00:00.000Z', [false]],
  ['from one noon to another', '2026-03-09T11:00:00.000Z', '2026-03-11T11:00:00.000Z', [false, true, false]],
])('an absence takes all of a day: %s', (_, from, to, all) => {
  const days = ['2026-03-09', DAY, '2026-03-11', '2026-03-29', '2026-10-25'];
  expect(shownOn(gone(from, to), ...days).map((one) => isAllDay(one, ZONE))).toEqual(all);
});

test('an absence that is carried stays with whose it is, and asks for its new span', () => {
  const [absence] = shownOn(gone('2026-03-10T09:00:00.000Z', '2026-03-10T10:30:00.000Z'), DAY) as [Entry];
  const place = carriedTo(absence, { key: 'b', title: 'B', day: DAY, trainerId: 2 }, 660);
  expect(place).toEqual(at(660, 90));
  expect(absenceWishOf(place, ZONE)).toEqual({ from: '2026-03-10T10:00:00.000Z', to: '2026-03-10T11:30:00.000Z' });
});

test('an absence is typed as hours or as whole days, and must end after it begins', () => {
  const span = spanAt(at(23 * 60 + 30, 30));
  expect(span).toMatchObject({ fromDay: DAY, from: '23:30', toDay: '2026-03-11', to: '00:30' });
  expect(wishOfSpan({ ...span, reason: ' dentist ' }, ZONE)).toEqual({
    from: '2026-03-10T22:30:00.000Z',
    to: '2026-03-10T23:30:00.000Z',
    reason: 'dentist',
  });
  expect(wishOfSpan({ ...span, toDay: DAY, to: '23:30' }, ZONE)).toBeNull();
  expect(wishOfSpan({ ...span, to: '' }, ZONE)).toBeNull();
  const days = spanOfAbsence(gone('2026-03-09T23:00:00.000Z', '2026-03-11T23:00:00.000Z'), ZONE);
  expect(days).toMatchObject({ isWholeDays: true, fromDay: DAY, toDay: '2026-03-11' });
  expect(wishOfSpan(days, ZONE)).toEqual({ from: DAY, to: '2026-03-11', reason: 'dentist' });
  expect(wishOfSpan({ ...days, toDay: '2026-03-09' }, ZONE)).toBeNull();
});

test('what stands while somebody is away is what overlaps of theirs and is neither called off nor over', () => {
  const span = { ...spanAt(at(600, 60)), reason: '' };
  const others = [
    entry('in', at(600)),
    entry('of another', at(600, 60, { trainerId: 2 })),
    entry('called off', at(600), { state: 'cancelled' }),
    entry('before', at(540), { startsAt: '2026-03-10T08:00:00.000Z', endsAt: '2026-03-10T09:00:00.000Z' }),
  ];
  expect(standingIn(others, 1, span, ZONE).map(({ key }) => key)).toEqual(['in']);
  expect(standingIn(others, 1, { ...span, isWholeDays: true }, ZONE).map(({ key }) => key)).toEqual(['in', 'before']);
});

test('others are shown once each, by initials, and oneself is not', () => {
  const at = (socket: string, who: string, name: string, day = DAY) => ({ socket, who, name, day });
  const all = [at('1', 'person:1', 'Me'), at('2', 'person:2', 'Їжак Ольга Петрівна'), at('3', 'person:2', 'Їжак Ольга Петрівна')];
  expect(othersAt([...all, at('4', 'person:3', 'Far', '2026-03-11')], [DAY], 'person:1')).toEqual([
    { who: 'person:2', name: 'Їжак Ольга Петрівна', initials: 'ЇО' },
  ]);
  expect(['anna', '', '(no) name 7'].map(initialsOf)).toEqual(['A', '?', 'N']);
});

test('what others carry is drawn where it is a place of a day that is shown; nothing else that they say is', () => {
  const place = { day: DAY, from: 600, minutes: 60, trainerId: 1, roomId: null };
  const at = (doing: unknown, who = 'person:2') => ({ socket: 's', who, name: 'Anna', day: DAY, doing });
  const shown = (doing: unknown, who?: string) => carriedBy([at(doing, who)], [DAY], 'person:1').length;
  expect(carriedBy([at({ key: 'training-1', place })], [DAY], 'person:1')).toEqual([
    { socket: 's', name: 'Anna', key: 'training-1', place },
  ]);
  expect(shown({ key: 'training-1', place }, 'person:1')).toBe(0);
  const odd = [null, 17, 'text', {}, { key: 'a' }, { key: 1, place }, { key: 'a', place: null }];
  const places = [{ day: '2026-03-11' }, { from: '600' }, { minutes: null }, { roomId: 'x' }].map((wrong) => ({
    ...place,
    ...wrong,
  }));
  expect([...odd, ...places.map((one) => ({ key: 'a', place: one }))].map((doing) => shown(doing))).toEqual(Array(11).fill(0));
});

const hoursOf = (more: Partial<OpenHours>): OpenHours => ({
  day: DAY,
  location_id: null,
  specialist_id: null,
  open: [['09:00', '20:00']],
  is_exception: false,
  closed_for: null,
  ...more,
});
const HOMES = { trainers: new Map([[1, 1], [2, null]]), rooms: new Map([[7, 2]]) }; // biome-ignore format: two lists
const spans = (list: { from: number; to: number }[]) => list.map(({ from, to }) => `${from / 60}-${to / 60}`).join(' ');

test.each<[string, Partial<Column>, Partial<OpenHours>[], string]>([
  ['a trainer’s by the hours of the location', { trainerId: 1 }, [{ location_id: 1 }, { location_id: 2, open: [] }], '0-9 20-24'],
  ['a room’s by its own location', { roomId: 7 }, [{ location_id: 1 }, { location_id: 2, open: [['12:00', '24:00']] }], '0-12'],
  ['a trainer’s by the own day off, too', { trainerId: 1 }, [{ location_id: 1, open: null }, { specialist_id: 1, open: [] }], '0-24'],
  ['nobody else’s', { trainerId: 2 }, [{ location_id: 1 }, { specialist_id: 1, open: [] }], ''],
  ['not by another day', { trainerId: 1 }, [{ location_id: 1, day: '2026-03-11' }], ''],
  ['of the whole studio when no location is open', {}, [{ location_id: 1 }, { location_id: 2, open: [['08:00', '10:00'], ['19:00', '21:00']] }], '0-8 21-24'],
  ['of the whole studio never, where one has no hours', {}, [{ location_id: 1, open: [] }, { location_id: 2, open: null }], ''],
  ['of a studio without locations never', {}, [], ''],
])('a column is closed: %s', (_, column, rows, expected) => {
  expect(spans(closedIn({ key: 'x', title: '', day: DAY, ...column }, rows.map(hoursOf), HOMES))).toBe(expected);
}); // biome-ignore format: one case a line

test.each<[string, Partial<Entry>, Partial<Column>, Partial<OpenHours>[], string]>([
  ['the trainer is busy', {}, { trainerId: 1 }, [], '10-11'],
  ['another trainer is free', {}, { trainerId: 2 }, [], ''],
  ['the room is taken, whoever comes', {}, { roomId: 7 }, [], '10-11 14-15'],
  ['in the week, by whoever gives it', {}, {}, [], '10-11'],
  ['weekly hours bind no training', {}, { trainerId: 1 }, [{ location_id: 1 }], '10-11'],
  ['they bind a booking', { kind: 'booking' }, { trainerId: 1 }, [{ location_id: 1 }], '10-11 0-9 20-24'],
  ['an override binds all', {}, { trainerId: 1 }, [{ location_id: 1, is_exception: true }], '10-11 0-9 20-24'],
  ['an absence may be where it is closed', { kind: 'absence' }, { trainerId: 2 }, [{ location_id: 1, is_exception: true }], '10-11'],
])('while something is carried, a column is impossible: %s', (_, more, column, rows, expected) => {
  const entries = [
    entry('one', at(600)),
    entry('other', at(840, 60, { trainerId: 3, roomId: 7 })),
    entry('called off', at(900), { state: 'cancelled' }),
  ];
  const carried = entry('mine', at(720), more);
  const found = impossibleIn({ key: 'x', title: '', day: DAY, ...column }, carried, { entries, hours: rows.map(hoursOf), homes: HOMES });
  expect(spans(found)).toBe(expected);
}); // biome-ignore format: one case a line
