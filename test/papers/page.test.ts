import { expect, test } from '@jest/globals';
import { line, wrapped } from '../../workers/papers/page.ts';

test.each<[string, string, string[]]>([
  ['nothing', '  ', []],
  ['what fits', 'one two', ['one two']],
  ['as many letters as a line has', 'one two th', ['one two th']],
  ['one more than that', 'one two thr', ['one two', 'thr']],
  ['a word longer than a line goes on in the next one', 'abcdefghijklm no', ['abcdefghij', 'klm no']],
  ['a word after others', 'no abcdefghijklm', ['no', 'abcdefghij', 'klm']],
  ['what has no room is left out', `${'1234567890'.repeat(3)}1`, ['1234567890', '1234567890', '123456789…']],
  ['signs of two units are one letter and stay whole', '🥋'.repeat(11), ['🥋'.repeat(10), '🥋']],
  ['signs of two units are cut between them', '🥋'.repeat(31), ['🥋'.repeat(10), '🥋'.repeat(10), `${'🥋'.repeat(9)}…`]],
])('words of a page in three lines of ten letters: %s', (_, words, rows) => {
  expect(wrapped(words, 10, 3)).toEqual(rows);
});

test('nothing in a line of a page is markup', () => {
  expect(line(`<b a="1">'&amp;`, { x: 1, y: 2, size: 4 })).toBe(
    '<text x="1" y="2" font-size="4" text-anchor="start">&lt;b a=&quot;1&quot;&gt;&#39;&amp;amp;</text>',
  );
});

test('a line of a page that is too long is made smaller, a bold one more', () => {
  const sizeOf = (most: number, weight?: 'bold') =>
    Number(/font-size="([\d.]+)"/.exec(line('x'.repeat(20), { x: 0, y: 0, size: 5, most, ...(weight ? { weight } : {}) }))?.[1]);
  expect([sizeOf(62), sizeOf(31), sizeOf(31, 'bold')]).toEqual([5, 2.5, 2.2]);
});
