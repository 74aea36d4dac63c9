import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Entity, MOST_UNITS, splitText } from '../../workers/notifier/templates/split.ts';
import { entityTrouble } from '../support/telegram/text.ts';

const join = (parts: { text: string }[]) => parts.map(({ text }) => text).join('');
const texts = (text: string, most: number, entities: Entity[] = []) =>
  splitText({ text, entities }, most).map((part) => part.text);
const graphemes = (text: string) => [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);

test.each([
  ['fits', 'один два', 8, ['один два']],
  ['is a unit too long', 'один два', 7, ['один ', 'два']],
  ['has lines', 'a b\nc d\ne f', 9, ['a b\nc d\n', 'e f']],
  ['has a line end before the last word that fits', 'a b\nc d e', 7, ['a b\n', 'c d e']],
  ['has a line end just at the limit', 'abc\ndef', 4, ['abc\n', 'def']],
  ['has neither lines nor words', 'abcdefg', 3, ['abc', 'def', 'g']],
  ['is a family', '👩‍👩‍👧👩‍👩‍👧', 8, ['👩‍👩‍👧', '👩‍👩‍👧']],
  ['is flags', '🇺🇦🇺🇦🇺🇦', 7, ['🇺🇦', '🇺🇦', '🇺🇦']],
  ['is letters with marks', 'a\u0301'.repeat(3), 3, ['a\u0301', 'a\u0301', 'a\u0301']],
  ['has a grapheme longer than a part', `👍${'\u0301'.repeat(6)}`, 3, [`👍\u0301`, '\u0301\u0301\u0301', '\u0301\u0301']],
  ['would be cut in a surrogate pair', `\u0301${'😀'.repeat(2)}`, 2, ['\u0301', '😀', '😀']],
  ['is nothing', '', 10, []],
])('a text that %s', (_, text, most, parts) => {
  const split = texts(text, most);
  expect(join(splitText({ text, entities: [] }, most))).toBe(text);
  for (const part of split) expect(part.length).toBeLessThanOrEqual(most);
  expect(split).toEqual(parts);
});

test('a part begins anew what was cut, and a link is not cut', () => {
  const text = 'жирный жирный ссылка тут';
  const entities = [
    { type: 'bold', offset: 0, length: 13 },
    { type: 'text_link', offset: 14, length: 10, url: 'https://example.org' },
  ];
  expect(splitText({ text, entities }, 10)).toEqual([
    { text: 'жирный ', entities: [{ type: 'bold', offset: 0, length: 7 }] },
    { text: 'жирный ', entities: [{ type: 'bold', offset: 0, length: 6 }] },
    { text: 'ссылка тут', entities: [{ type: 'text_link', offset: 0, length: 10, url: 'https://example.org' }] },
  ]);
});

test('Telegram’s own limit: 4,096 units are one message, one more are two', () => {
  expect(texts('я'.repeat(MOST_UNITS), MOST_UNITS)).toHaveLength(1);
  expect(texts('я'.repeat(MOST_UNITS + 1), MOST_UNITS).map((part) => part.length)).toEqual([MOST_UNITS, 1]);
});

const atom = fc.constantFrom(
  ...[
    'a',
    'я',
    'ї',
    ' ',
    ' ',
    '\n',
    '\r\n',
    '\t',
    'é',
    'e\u0301',
    '😀',
    '👍🏽',
    '👩‍👩‍👧‍👦',
    '🏳️‍🌈',
    '🇺🇦',
    '🇩🇪',
    '가',
    'नि',
    '\u0301',
    '\u200d',
    '1️⃣',
  ],
);
const soup = fc.oneof(
  fc.array(atom, { maxLength: 200 }).map((atoms) => atoms.join('')),
  fc.string({ unit: 'binary', maxLength: 300 }),
);

/** Formatting that nests as Telegram's does: ranges between graphemes, none crossing another. */
const formatted = soup.chain((text) => {
  const ends = [0];
  for (const { segment, index } of new Intl.Segmenter().segment(text)) ends.push(index + segment.length);
  const at = fc.nat(ends.length - 1).map((n) => ends[n] as number);
  const kind = fc.constantFrom('bold', 'italic', 'pre', 'spoiler', 'text_link', 'custom_emoji', 'code');
  return fc.array(fc.tuple(kind, at, at), { maxLength: 6 }).map((drawn) => {
    const entities: Entity[] = [];
    for (const [type, a, b] of drawn) {
      const entity = { type, offset: Math.min(a, b), length: Math.abs(a - b) };
      if (entity.length > 0 && entityTrouble(text, [...entities, entity]) === null) entities.push(entity);
    }
    return { text, entities };
  });
});

/** Every unit of the text with the formatting it has. */
const painted = ({ text, entities }: { text: string; entities: Entity[] }) =>
  text.split('').map((unit, n) => {
    const here = entities.filter(({ offset, length }) => offset <= n && n < offset + length);
    return [unit, ...here.map(({ type }) => type).sort()].join('|');
  });

test('any text: the parts are the text, each fits, formatting is kept and valid, no grapheme is cut that need not be', () => {
  fc.assert(
    fc.property(formatted, fc.integer({ min: 2, max: 40 }), (written, most) => {
      const parts = splitText(written, most);
      expect(join(parts)).toBe(written.text);
      expect(parts.flatMap(painted)).toEqual(painted(written));
      const cuts = new Set<number>();
      let cut = 0;
      for (const part of parts) {
        expect(part.text.length).toBeGreaterThan(0);
        expect(part.text.length).toBeLessThanOrEqual(most);
        expect(part.text.isWellFormed()).toBe(true);
        expect(entityTrouble(part.text, part.entities)).toBeNull();
        cut += part.text.length;
        cuts.add(cut);
      }
      const short = graphemes(written.text).every((grapheme) => grapheme.length <= most);
      const ends = new Set<number>();
      for (const { segment, index } of new Intl.Segmenter().segment(written.text)) ends.add(index + segment.length);
      if (short) for (const place of cuts) expect(ends.has(place)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test('a long text of words is cut between words, and each part is as long as it can be', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'я'), minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 80 }),
      (words) => {
        const parts = texts(words.join(' '), 20);
        expect(parts.flatMap((part) => part.trim().split(' '))).toEqual(words);
        for (const [n, part] of parts.slice(0, -1).entries()) {
          expect(part.length + (parts[n + 1] as string).split(' ')[0]!.length + 1).toBeGreaterThan(20);
        }
      },
    ),
  );
});
