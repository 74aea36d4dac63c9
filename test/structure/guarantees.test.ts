import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const room = new URL('../../workers/fleet/', import.meta.url);
const [, chapter = ''] = readFileSync(new URL('README.md', room), 'utf8').split('\n## What is guaranteed\n');
const rows = [...chapter.split('\n## ')[0]!.matchAll(/^\| (?!fault|--)(.+) \|$/gm)].map(([, row]) => row!.split(' | '));
/** A file, and what is said to be in it until the next one. */
const named = rows.flatMap(([fault, , , , shown = '']) =>
  [...shown.matchAll(/\]\(([^)]+)\)([^[]*)/g)].map(
    ([, file, words]) => [fault!, file!, [...words!.matchAll(/"([^"]+)"/g)].map(([, name]) => name!)] as const,
  ),
);

test('each fault says what holds for bookings, runs and messages, and what shows it', () => {
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) expect([row[0], row.length, row.every((cell) => cell.trim() !== '')]).toEqual([row[0], 5, true]);
  expect(new Set(named.map(([fault]) => fault)).size).toBe(rows.length);
});

test.each(named)('%s: %s is there and holds what is named', (_, file, names) => {
  const url = new URL(file, room);
  expect(existsSync(url)).toBe(true);
  const text = readFileSync(url, 'utf8');
  for (const name of names) expect([name, text.includes(`'${name}'`)]).toEqual([name, true]);
});

/** What `npm test` leaves out. */
const isOfNight = (path: string) => /chaos|\.night\.test\.ts$/.test(path);

test('a guarantee that only the night plays says so, and no other does', () => {
  for (const [, , , , shown = ''] of rows)
    for (const [, file, words] of shown.matchAll(/\]\(([^)]+)\)([^[]*)/g))
      expect([file, words!.includes('(night)')]).toEqual([file, isOfNight(file!)]);
});

const [, short = ''] = readFileSync('README.md', 'utf8').split('\n## What is guaranteed\n');
const shownBy = [...short.split('\n## ')[0]!.matchAll(/^\| (?!when|--)([^|]+) \|[^|]+\| ([^|]+) \|$/gm)].map(
  ([, when, shown]) => [when!, [...shown!.matchAll(/`(?:test\/)?([^`]+)`/g)].map(([, path]) => `test/${path}`)] as const,
);

test('the README’s own rows are shown by something, too', () => expect(shownBy.length).toBeGreaterThan(6));
test.each(shownBy)('%s: each test that the README names is there', (_, paths) => {
  expect(paths).not.toEqual([]);
  const isThere = (path: string) => ['', '.ts', '.test.ts', '.night.test.ts'].some((ending) => existsSync(path + ending));
  expect(paths.filter((path) => !isThere(path))).toEqual([]);
});
test('the README has 900 words at most', () => {
  expect(readFileSync('README.md', 'utf8').split(/\s+/).filter(Boolean).length).toBeLessThanOrEqual(900);
});

test('the README says, too, what only the night plays', () => {
  const cells = [...short.split('\n## ')[0]!.matchAll(/`(?:test\/)?([^`]+)`( \(night\))?/g)].filter(
    ([, path]) => path!.includes('/') || path === 'chaos',
  );
  expect(cells.length).toBeGreaterThan(10);
  for (const [, path, mark] of cells)
    expect([path, mark !== undefined]).toEqual([path, path === 'chaos' || existsSync(`test/${path}.night.test.ts`)]);
});
