import { describe, expect, test } from '@jest/globals';
import { hasCell } from '../../workers/slots/bits.ts';
import { calculateGrids, type Grid, gridOf, gridText } from '../../workers/slots/grid.ts';
import { daysFrom } from '../../workers/slots/horizon.ts';
import { freeStarts } from '../../workers/slots/starts.ts';
import { cellsOfIntervals, cellsOfOverride, intervalsOf, weekHours } from '../../workers/slots/week.ts';
import { zoneDays } from '../../workers/slots/zone-days.ts';

const BERLIN = 'Europe/Berlin';
const MOSCOW = 'Europe/Moscow';
/** 2026-11-25 is a Wednesday. */
const WEDNESDAY = '2026-11-25';
const always = weekHours(JSON.stringify(Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((day) => [day, [['00:00', '24:00']]]))));
const never = weekHours('{}');
type Over = Record<string, [string, string][]>;

const at = (instant: string) => Date.parse(instant) / 1_000;
const span = (from: string, to: string) => [at(from), at(to)] as const;
const everyDay = (...list: [string, string][]) =>
  weekHours(JSON.stringify(Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((day) => [day, list]))));
const overrides = (given: Over = {}) => new Map(Object.entries(given).map(([day, list]) => [day, cellsOfOverride(list)]));

function grids(
  days: string[],
  fields: {
    zone?: string;
    work?: typeof always;
    own?: Over;
    bot?: typeof always | null;
    houseDays?: Over;
    taken?: (readonly [number, number])[];
    absent?: (readonly [number, number])[];
  } = {},
): Grid[] {
  return calculateGrids(zoneDays(days, fields.zone ?? MOSCOW), {
    specialist: { week: fields.work ?? always, overrides: overrides(fields.own) },
    location: fields.bot === null ? null : { week: fields.bot ?? always, overrides: overrides(fields.houseDays) },
    taken: fields.taken ?? [],
    absent: fields.absent ?? [],
  });
}
const freeOn = (...args: Parameters<typeof grids>) => intervalsOf(grids(...args)[0]!.free);

/** Wall times at which a service can begin on the first day. */
function starts(
  minutes: [duration: number, rest: number],
  fields: Parameters<typeof grids>[1] = {},
  days = [WEDNESDAY, '2026-11-26'],
) {
  const zone = fields.zone ?? MOSCOW;
  const cells = { duration: Math.ceil(minutes[0] / 15), rest: Math.ceil(minutes[1] / 15) };
  const [found = []] = freeStarts(zoneDays(days, zone), grids(days, fields), cells, 0, 1);
  return found.map((instant) =>
    new Date(instant).toLocaleTimeString('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' }),
  );
}

describe('work intervals round inwards (D30)', () => {
  test.each<[string, [string, string], [string, string][]]>([
    ['on the grid', ['09:00', '18:00'], [['09:00', '18:00']]],
    ['a start a second late', ['09:00:01', '10:00'], [['09:15', '10:00']]],
    ['a start a minute before the next cell', ['09:14', '10:00'], [['09:15', '10:00']]],
    ['an end a second early', ['09:00', '09:59:59'], [['09:00', '09:45']]],
    ['an end a minute after a cell', ['09:00', '09:46'], [['09:00', '09:45']]],
    ['shorter than a cell', ['09:05', '09:15'], []],
    ['a cell within', ['09:01', '09:31'], [['09:15', '09:30']]],
    ['to 23:59:59, which is midnight', ['23:00', '23:59:59'], [['23:00', '24:00']]],
    ['to 23:59:58, which is not', ['23:00', '23:59:58'], [['23:00', '23:45']]],
    ['to 23:59, which is not', ['23:00', '23:59'], [['23:00', '23:45']]],
    ['to 24:00', ['23:00', '24:00'], [['23:00', '24:00']]],
    ['all day', ['00:00', '24:00'], [['00:00', '24:00']]],
  ])('%s', (_, interval, free) => {
    expect(intervalsOf(cellsOfIntervals([interval]))).toEqual(free);
  });
});

describe('specialists are offered in their hours (D3, D30)', () => {
  test('"0" is Monday and "6" Sunday', () => {
    const week = weekHours('{"0": [["09:00","18:00"]], "1": [["09:00","12:00"],["14:00","20:00"]], "6": []}');
    const free = grids(daysFrom('2026-11-23', '2026-11-29'), { work: week }).map(({ free: cells }) => intervalsOf(cells));
    expect(free).toEqual([
      [['09:00', '18:00']],
      [
        ['09:00', '12:00'],
        ['14:00', '20:00'],
      ],
      [],
      [],
      [],
      [],
      [],
    ]);
  });
  const morning = everyDay(['08:00', '13:00']);
  const late = everyDay(['11:00', '20:00']);
  test.each<[string, Parameters<typeof grids>[1], [string, string][]]>([
    ['both work', { work: late, bot: morning }, [['11:00', '13:00']]],
    ['without a location', { work: late, bot: null }, [['11:00', '20:00']]],
    ['the location is always closed', { work: late, bot: never }, []],
    ['the specialist is never there', { work: never, bot: morning }, []],
    [
      'an override of the specialist',
      { work: late, bot: morning, own: { [WEDNESDAY]: [['09:00', '10:00']] } },
      [['09:00', '10:00']],
    ],
    [
      'an override of the location',
      { work: late, bot: morning, houseDays: { [WEDNESDAY]: [['12:00', '22:00']] } },
      [['12:00', '20:00']],
    ],
    [
      'overrides of both',
      { work: never, bot: never, own: { [WEDNESDAY]: [['10:00', '12:00']] }, houseDays: { [WEDNESDAY]: [['11:00', '14:00']] } },
      [['11:00', '12:00']],
    ],
    ['an empty override of the specialist', { own: { [WEDNESDAY]: [] } }, []],
    ['an empty override of the location', { houseDays: { [WEDNESDAY]: [] } }, []],
    ['an override of the day before', { own: { '2026-11-24': [] } }, [['00:00', '24:00']]],
    ['an override of the day after', { own: { '2026-11-26': [] } }, [['00:00', '24:00']]],
  ])('%s', (_, fields, free) => {
    expect(freeOn([WEDNESDAY], fields)).toEqual(free);
  });
  test('a schedule that is none means closed', () => {
    for (const text of ['{"7": [["09:00","18:00"]]}', '{"0": [["18:00","09:00"]]}', '{"0": "x"}', '[]', '5', 'null'])
      expect(weekHours(text).flatMap(intervalsOf)).toEqual([]);
    expect(intervalsOf(cellsOfOverride([['a', 'b']]))).toEqual([]);
  });
});

describe('bookings and trainings take slots', () => {
  const hour = (from: string, to: string) => span(`${WEDNESDAY}T${from}+03:00`, `${WEDNESDAY}T${to}+03:00`);
  test.each<[string, readonly [number, number], [string, string][]]>([
    [
      'on the grid',
      hour('10:00', '11:00'),
      [
        ['00:00', '10:00'],
        ['11:00', '24:00'],
      ],
    ],
    [
      'a second into a cell',
      hour('10:00', '11:00:01'),
      [
        ['00:00', '10:00'],
        ['11:15', '24:00'],
      ],
    ],
    [
      'a second before a cell',
      hour('09:59:59', '11:00'),
      [
        ['00:00', '09:45'],
        ['11:00', '24:00'],
      ],
    ],
    [
      'within a cell',
      hour('10:05', '10:10'),
      [
        ['00:00', '10:00'],
        ['10:15', '24:00'],
      ],
    ],
    ['the whole day', hour('00:00', '23:59:59'), []],
    ['into the day', span('2026-11-24T22:00+03:00', `${WEDNESDAY}T01:00+03:00`), [['01:00', '24:00']]],
    ['out of the day', span(`${WEDNESDAY}T23:00+03:00`, '2026-11-26T01:00+03:00'), [['00:00', '23:00']]],
    ['until the day begins', span('2026-11-24T22:00+03:00', `${WEDNESDAY}T00:00+03:00`), [['00:00', '24:00']]],
    ['from where the day ends', span('2026-11-26T00:00+03:00', '2026-11-26T01:00+03:00'), [['00:00', '24:00']]],
  ])('%s', (_, busy, free) => {
    expect(freeOn([WEDNESDAY], { taken: [busy] })).toEqual(free);
    expect(freeOn([WEDNESDAY], { absent: [busy] })).toEqual(free);
    const [grid] = grids([WEDNESDAY], { absent: [busy] });
    expect(intervalsOf(grid!.taken)).toEqual([]);
  });
  test('a booking over midnight touches both days (D32)', () => {
    const [first, second] = grids([WEDNESDAY, '2026-11-26'], {
      taken: [span(`${WEDNESDAY}T23:30+03:00`, '2026-11-26T00:45+03:00')],
    });
    expect(intervalsOf(first!.taken)).toEqual([['23:30', '24:00']]);
    expect(intervalsOf(second!.taken)).toEqual([['00:00', '00:45']]);
  });
  test('days with holes between them', () => {
    const busy = span(`${WEDNESDAY}T12:00+03:00`, '2026-11-28T12:00+03:00');
    const [first, last] = grids([WEDNESDAY, '2026-11-28'], { taken: [busy] });
    expect(intervalsOf(first!.taken)).toEqual([['12:00', '24:00']]);
    expect(intervalsOf(last!.taken)).toEqual([['00:00', '12:00']]);
  });
  test('a grid is its text', () => {
    const [grid] = grids([WEDNESDAY], {
      taken: [hour('10:00', '11:00')],
      work: everyDay(['00:00', '08:00'], ['23:00', '24:00']),
    });
    expect(gridOf(gridText(grid!))).toEqual(grid);
    expect(gridText(grid!)).toHaveLength(48);
  });
});

describe('where a service fits (D29, D31)', () => {
  const twoHours = { work: everyDay(['10:00', '12:00']) };
  const booked = (from: string, to: string) => ({
    ...twoHours,
    taken: [span(`${WEDNESDAY}T${from}+03:00`, `${WEDNESDAY}T${to}+03:00`)],
  });
  const morning = ['10:00', '10:15', '10:30', '10:45', '11:00', '11:15', '11:30', '11:45'];
  test.each<[string, [number, number], Parameters<typeof grids>[1], string[]]>([
    ['an hour', [60, 0], twoHours, morning.slice(0, 5)],
    ['a minute more is a cell more', [61, 0], twoHours, morning.slice(0, 4)],
    ['a cell', [15, 0], twoHours, morning],
    ['a minute is a cell', [1, 0], twoHours, morning],
    ['a break over closing time', [120, 60], twoHours, ['10:00']],
    ['longer than the day', [121, 0], twoHours, []],
    // 50 + 10 minutes are 4 + 1 cells, not 4.
    ['duration and break round up separately', [50, 10], booked('11:00', '12:00'), []],
    ['with a cell more', [50, 10], booked('11:15', '12:00'), ['10:00']],
    ['without the break', [50, 0], booked('11:00', '12:00'), ['10:00']],
    ['the break ends where a booking begins', [45, 15], booked('11:00', '12:00'), ['10:00']],
    ['the break reaches a booking by a minute', [45, 16], booked('11:00', '12:00'), []],
    ['the break reaches a booking after closing time', [60, 60], booked('12:30', '13:00'), morning.slice(0, 3)],
    ['right after a booking', [60, 0], booked('10:00', '11:00'), ['11:00']],
    ['a cell too late after a booking', [60, 0], booked('10:00', '11:01'), []],
  ])('%s', (_, minutes, fields, expected) => {
    expect(starts(minutes, fields)).toEqual(expected);
  });
  test('a break may hang over an absence, a duration may not', () => {
    const away = { ...twoHours, absent: [span(`${WEDNESDAY}T11:00+03:00`, `${WEDNESDAY}T12:00+03:00`)] };
    expect(starts([60, 60], away)).toEqual(['10:00']);
    expect(starts([61, 0], away)).toEqual([]);
  });
  test('over midnight, as long as both days are open', () => {
    const night = { work: everyDay(['00:00', '01:00'], ['23:00', '24:00']) };
    expect(starts([60, 0], night)).toEqual(['00:00', '23:00', '23:15', '23:30', '23:45']);
    expect(starts([120, 0], night)).toEqual(['23:00']);
    expect(starts([121, 0], night)).toEqual([]);
    expect(starts([60, 0], { ...night, own: { '2026-11-26': [] } })).toEqual(['00:00', '23:00']);
  });
  test('a break over midnight meets the booking of the next day', () => {
    const evening = { work: everyDay(['22:00', '24:00']), taken: [span('2026-11-26T00:30+03:00', '2026-11-26T01:00+03:00')] };
    expect(starts([60, 30], evening)).toEqual(['22:00', '22:15', '22:30', '22:45', '23:00']);
    expect(starts([60, 45], evening)).toEqual(['22:00', '22:15', '22:30', '22:45']);
  });
  test('not at the instant itself, but after it (D34)', () => {
    const line = zoneDays([WEDNESDAY], MOSCOW);
    const found = (after: string) =>
      freeStarts(line, grids([WEDNESDAY], twoHours), { duration: 4, rest: 0 }, Date.parse(after))[0]?.length;
    expect(found(`${WEDNESDAY}T09:59:59+03:00`)).toBe(5);
    expect(found(`${WEDNESDAY}T10:00:00+03:00`)).toBe(4);
    expect(found(`${WEDNESDAY}T11:00:00+03:00`)).toBe(0);
  });
});

describe('days on which the clock is changed, in Berlin', () => {
  const GAP = '2027-03-28';
  const OVERLAP = '2026-10-25';
  const berlin = (fields: Parameters<typeof grids>[1] = {}) => ({ zone: BERLIN, ...fields });

  test('the lost hour is busy', () => {
    expect(freeOn([GAP], berlin())).toEqual([
      ['00:00', '02:00'],
      ['03:00', '24:00'],
    ]);
    const cells = grids([GAP], berlin())[0]!.free;
    expect(Array.from({ length: 96 }, (_, cell) => hasCell(cells, cell)).filter(Boolean)).toHaveLength(92);
  });
  test.each([
    ['2027-03-27', 96],
    [GAP, 92],
    ['2027-03-29', 96],
    ['2026-10-24', 96],
    [OVERLAP, 100],
    ['2026-10-26', 96],
  ])('%s has %i quarters of an hour', (day, quarters) => {
    expect(zoneDays([day], BERLIN)[0]!.quarters).toBe(quarters);
  });
  test('the day begins where the wall says so', () => {
    const begins = zoneDays([GAP, '2027-03-29', OVERLAP, '2026-10-26'], BERLIN).map(({ start }) => new Date(start).toISOString());
    expect(begins).toEqual([
      '2027-03-27T23:00:00.000Z',
      '2027-03-28T22:00:00.000Z',
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ]);
  });
  test('nothing is offered in the gap or across it', () => {
    const found = starts([30, 0], berlin({ work: everyDay(['01:00', '04:00']) }), [GAP, '2027-03-29']);
    expect(found).toEqual(['01:00', '01:15', '01:30', '03:00', '03:15', '03:30']);
  });
  test('a booking after the gap lies where the wall says', () => {
    const taken = [span('2027-03-28T01:00:00Z', '2027-03-28T02:00:00Z')];
    expect(intervalsOf(grids([GAP], berlin({ taken }))[0]!.taken)).toEqual([['03:00', '04:00']]);
  });
  test('an hour that comes twice is free if it is both times', () => {
    const first = [span('2026-10-25T00:00:00Z', '2026-10-25T00:30:00Z')];
    const second = [span('2026-10-25T01:00:00Z', '2026-10-25T01:30:00Z')];
    for (const taken of [first, second]) {
      expect(freeOn([OVERLAP], berlin({ taken }))).toEqual([
        ['00:00', '02:00'],
        ['02:30', '24:00'],
      ]);
    }
    expect(freeOn([OVERLAP], berlin())).toEqual([['00:00', '24:00']]);
  });
  test('a service takes its real time when the hour comes twice', () => {
    const work = everyDay(['01:00', '03:00']);
    const line = [OVERLAP, '2026-10-26'];
    const three = freeStarts(zoneDays(line, BERLIN), grids(line, berlin({ work })), { duration: 12, rest: 0 }, 0, 1)[0];
    expect(three?.map((instant) => new Date(instant).toISOString())).toEqual(['2026-10-24T23:00:00.000Z']);
    const item = freeStarts(zoneDays(line, BERLIN), grids(line, berlin({ work })), { duration: 4, rest: 0 }, 0, 1)[0];
    expect(item?.map((instant) => new Date(instant).toISOString().slice(11, 16))).toEqual([
      '23:00',
      '23:15',
      '23:30',
      '23:45',
      '00:00',
      '00:15',
      '00:30',
      '00:45',
      '01:00',
    ]);
  });
  test('a booking after the overlap lies where the wall says', () => {
    const taken = [span('2026-10-25T02:00:00Z', '2026-10-25T03:00:00Z')];
    expect(intervalsOf(grids([OVERLAP], berlin({ taken }))[0]!.taken)).toEqual([['03:00', '04:00']]);
  });
  test('a gap at midnight: the day begins at one', () => {
    // Cairo, where summer begins on Friday at 00:00.
    const [day] = zoneDays(['2026-04-24'], 'Africa/Cairo');
    expect(day!.quarters).toBe(92);
    expect(freeOn(['2026-04-24'], { zone: 'Africa/Cairo' })).toEqual([['01:00', '24:00']]);
    const line = ['2026-04-23', '2026-04-24'];
    expect(starts([30, 0], { zone: 'Africa/Cairo', work: everyDay(['00:00', '02:00'], ['23:00', '24:00']) }, line)).toEqual([
      ...['00:00', '00:15', '00:30', '00:45', '01:00', '01:15', '01:30', '23:00', '23:15', '23:30'],
    ]);
  });
  test('a change of half an hour', () => {
    const [spring, autumn] = zoneDays(['2026-10-04', '2027-04-04'], 'Australia/Lord_Howe');
    expect([spring!.quarters, autumn!.quarters]).toEqual([94, 98]);
    expect(freeOn(['2026-10-04'], { zone: 'Australia/Lord_Howe' })).toEqual([
      ['00:00', '02:00'],
      ['02:30', '24:00'],
    ]);
  });
});
