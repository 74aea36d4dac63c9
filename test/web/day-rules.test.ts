import { expect, test } from '@jest/globals';
import { lastOnes } from '../../api/web/console/modules/belts/last-ones.ts';
import { daysOfFile } from '../../api/web/console/modules/catalogue/days-of-file.ts';
import { payingOn } from '../../api/web/console/modules/day/paying.ts';

const held = (id: number, of: Record<string, unknown> = {}) =>
  ({
    id,
    subscription: `S${id}`,
    start_date: '2026-11-01',
    end_date: '2026-11-30',
    status: 'active',
    sessions_left: 8,
    freeze_start_date: null,
    freeze_end_date: null,
    ...of,
  }) as never;

test.each<[string, unknown[], number | undefined]>([
  ['nothing is held', [], undefined],
  ['the day before the first', [held(1, { start_date: '2026-11-16' })], undefined],
  ['the first day', [held(1, { start_date: '2026-11-15' })], 1],
  ['the last day', [held(1, { end_date: '2026-11-15' })], 1],
  ['the day after the last', [held(1, { end_date: '2026-11-14' })], undefined],
  ['it was called off', [held(1, { status: 'cancelled' })], undefined],
  ['nothing is left', [held(1, { sessions_left: 0 })], undefined],
  ['it is frozen then', [held(1, { freeze_start_date: '2026-11-15', freeze_end_date: '2026-11-15' })], undefined],
  ['it is frozen before', [held(1, { freeze_start_date: '2026-11-10', freeze_end_date: '2026-11-14' })], 1],
  ['the one that ends first', [held(1), held(2, { end_date: '2026-11-20' })], 2],
  ['of equal ones the older', [held(4), held(3)], 3],
  ['an unlimited one first', [held(1, { end_date: '2026-11-16' }), held(2, { sessions_left: null })], 2],
])('a training on the 15th is charged to: %s', (_, all, id) => {
  expect(payingOn(all as never[], '2026-11-15')).toEqual(id === undefined ? undefined : expect.objectContaining({ id }));
});

test('closed days of a file: both ways to write a day, three separators, quotes, a title line, kinds', () => {
  const text = '\uFEFFday,name\n2027-01-01,New Year\r\n7.1.2027;"Christmas";off\n\n30.04.2027\tBefore May Day\tshort';
  expect(daysOfFile(text)).toEqual({
    days: [
      { date: '2027-01-01', kind: 'off', name: 'New Year' },
      { date: '2027-01-07', kind: 'off', name: 'Christmas' },
      { date: '2027-04-30', kind: 'short', name: 'Before May Day' },
    ],
    wrong: [],
  });
});

test.each<[string, string, number[]]>([
  ['a day that there is not', '01.01.2027,A\n31.02.2027,B', [2]],
  ['no name', '01.01.2027,A\n02.01.2027,', [2]],
  ['a kind that there is not', '01.01.2027,A,holiday', [1]],
  ['a first line that is meant as a day', '32.01.2027,A\n01.01.2027,B', [1]],
  ['no JSON', '[{"date": ', [1]],
  ['an entry of JSON', '[{"date": "2027-01-01", "name": "A"}, {"date": "x", "name": "B"}]', [2]],
])('lines of a file that are no days are named: %s', (_, text, wrong) => {
  expect(daysOfFile(text).wrong).toEqual(wrong);
});

test('a day that is named again counts once, as it was named last', () => {
  expect(daysOfFile('[{"date": "2027-01-01", "name": "A"}, {"date": "2027-01-01", "name": "B", "kind": "working"}]')).toEqual({
    days: [{ date: '2027-01-01', kind: 'working', name: 'B' }],
    wrong: [],
  });
});

test('only the last award of a program that stands may be taken back', () => {
  const award = (id: number, program: string, awarded_on: string, voided_at: string | null = null) => ({
    id,
    program,
    awarded_on,
    voided_at,
  });
  const awards = [
    award(1, 'BJJ', '2026-01-01'),
    award(2, 'BJJ', '2026-02-01'),
    award(3, 'BJJ', '2026-03-01', '2026-03-02T00:00:00Z'),
    award(4, 'Judo', '2026-01-01'),
    award(5, 'Judo', '2026-01-01'),
  ];
  expect([...lastOnes(awards as never[])].sort()).toEqual([2, 5]);
});
