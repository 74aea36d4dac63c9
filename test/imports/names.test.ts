import { expect, test } from '@jest/globals';
import { dayOf } from '../../queues/time/calendar.ts';
import { isSameName, nameKey, pairsOf, readCivilDay } from '../../workers/imports/values.ts';

test('whoever is the same by name has words in common by which they are looked up', () => {
  const words = ['анна', 'иванова', 'петровна', 'мария', "д'арк"];
  const orNone = ['', ...words];
  const names = words.flatMap((first) => orNone.flatMap((second) => orNone.map((third) => `${first} ${second} ${third}`)));
  // A word twice is no name: one that holds it once is not looked up by it.
  const isName = (key: string) => new Set(key.split(' ')).size === key.split(' ').length;
  const keys = [...new Set(['', ...names].map((name) => nameKey(name)))].filter(isName);
  const pairs = new Map(keys.map((key) => [key, pairsOf(key)]));
  let same = 0;
  for (const one of keys)
    for (const other of keys) {
      if (!isSameName(one, other)) continue;
      same += 1;
      expect(pairs.get(one)!.some((pair) => pairs.get(other)!.includes(pair))).toBe(true);
    }
  expect(same).toBeGreaterThan(keys.length);
});

test('a day is one if the calendar has it', () => {
  const today = dayOf(new Date(), 'Europe/Moscow');
  for (const year of [2000, 2024, 2026, 2100])
    for (let month = 0; month <= 13; month += 1)
      for (let day = 0; day <= 32; day += 1) {
        const read = readCivilDay(`${day}.${month}.${year}`, { order: 'dmy', is1904: false, today });
        const at = new Date(Date.UTC(year, month - 1, day));
        const exists = at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
        expect(read).toEqual(exists ? { value: at.toISOString().slice(0, 10) } : { wrong: 'no_such_day' });
      }
});
