import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { hoursFrom, hoursText, minorFrom } from '../../api/web/app/admin/typed.ts';
import { costOf, marked, ranked } from '../../api/web/app/client/prices.ts';
import { coloursOf, contrast, legible } from '../../api/web/app/theme.ts';
import { clock, LAST, minutesOf, rowAt, spanBetween } from '../../api/web/app/trainer/span.ts';
import { FACTS, wouldBe } from '../../api/web/kit/dry-run.ts';
import { PROCESSES } from '../../api/web/kit/runs.ts';
import { type RunName, runs } from '../../queues/jobs/catalog.ts';
import { DARK, LIGHT } from './telegram-host.ts';

describe('colours of Telegram', () => {
  test.each([
    ['#000000', '#ffffff', 21],
    ['#ffffff', '#ffffff', 1],
    ['#767676', '#ffffff', 4.54],
  ])('%s on %s has a contrast of %d', (one, other, ratio) => {
    expect(contrast(one, other)).toBeCloseTo(ratio, 1);
  });

  test.each([
    ['#999999', ['#ffffff', '#f1f1f5']],
    ['#708499', ['#17212b', '#232e3c']],
    ['#ff3b30', ['#ffffff']],
  ])('%s is made legible on %j', (colour, grounds) => {
    const made = legible(colour, grounds);
    for (const ground of grounds) expect(contrast(made, ground)).toBeGreaterThanOrEqual(4.5);
  });

  test('colours that can be read stay as they are', () => {
    expect(legible('#000000', ['#ffffff'])).toBe('#000000');
  });

  test.each([
    ['light', LIGHT],
    ['dark', DARK],
  ])('a %s theme says so, and every text can be read on both grounds', (scheme, theme) => {
    const colours = coloursOf(theme);
    expect(colours['color-scheme']).toBe(scheme);
    for (const name of ['--text', '--quiet', '--accent', '--wrong'])
      for (const ground of ['--page', '--card'])
        expect([name, contrast(String(colours[name]), String(colours[ground])) >= 4.5]).toEqual([name, true]);
    expect(contrast(String(colours['--fill']), String(colours['--on-fill']))).toBeGreaterThanOrEqual(4.5);
  });

  test('without colours of Telegram ours stay', () => {
    expect(coloursOf({})).toEqual({});
    expect(coloursOf({ bg_color: 'red' })).toEqual({});
  });
});

test.each([
  ['some of them fit', ['a', 'b', 'c'], ['b'], 0, ['b']],
  ['all fit', ['a', 'b'], ['a', 'b'], 0, []],
  ['all fit and cost less', ['a', 'b'], ['a', 'b'], 10, ['a', 'b']],
  ['none fits', ['a', 'b'], [], 10, []],
  ['one that is taken by now fits', ['a', 'b'], ['c'], 10, []],
])('where %s, %j of which %j fit, for %i per cent less: marked are %j', (_, starts, fitting, less, expected) => {
  expect([...marked(starts, fitting, less)]).toEqual(expected);
});

test.each([
  [
    ['a', 'b', 'c', 'd', 'e', 'f'],
    ['b', 'c', 'e', 'f'],
    [
      ['b', 'c', 'e'],
      ['a', 'd', 'f'],
    ],
  ],
  [['a', 'b'], ['b'], [['b'], ['a']]],
  [['a', 'b'], ['a', 'b'], [['a', 'b']]],
  [['a', 'b'], [], [['a', 'b']]],
  [[], [], []],
])('of %j those with a mark, %j, stand first, three at most', (starts, marks, expected) => {
  expect(ranked(starts, new Set(marks))).toEqual(expected);
});

test.each([
  ['later', 500],
  ['wallet', 500],
  ['package', 0],
  ['subscription', 0],
] as const)('paid by %s, what costs 500 takes %i of money', (way, minor) => {
  expect(costOf({ price_minor: 500 }, way)).toBe(minor);
});

describe('a span that is dragged', () => {
  test.each([
    [0, 0, '07:00', '07:30'],
    [0, 3, '07:00', '09:00'],
    [3, 0, '07:00', '09:00'],
    [29, 29, '21:30', '22:00'],
  ])('from row %i to row %i', (one, other, from, to) => {
    expect(spanBetween(one, other).map(clock)).toEqual([from, to]);
  });

  test.each([
    [-5, 0],
    [0, 0],
    [17.9, 0],
    [18, 1],
    [539, 29],
    [9_999, 29],
  ])('at %d of 540 pixels it is row %i', (y, row) => {
    expect(rowAt(y, 540)).toBe(row);
  });

  test('clocks and minutes are each other', () => {
    expect(minutesOf(clock(LAST))).toBe(LAST);
    expect(clock(65)).toBe('01:05');
  });
});

describe('values that administrators type', () => {
  test.each([
    ['09:00-18:00', [['09:00', '18:00']]],
    [
      '9-13, 14:30–21',
      [
        ['09:00', '13:00'],
        ['14:30', '21:00'],
      ],
    ],
    ['', []],
    ['  ', []],
    ['from nine', null],
    ['09:00', null],
    ['09:00-18:00,', null],
  ])('hours "%s"', (text, hours) => {
    expect(hoursFrom(text)).toEqual(hours);
  });

  test('hours are shown as they are typed', () => {
    expect(
      hoursText([
        ['09:00:00', '13:00'],
        ['14:00', '21:00'],
      ]),
    ).toBe('09:00-13:00, 14:00-21:00');
    expect(hoursText(undefined)).toBe('');
  });

  test.each([
    ['1500', 2, 150_000],
    ['1 500,50', 2, 150_050],
    ['0.5', 2, 50],
    ['7', 0, 7],
    ['7.5', 0, null],
    ['1.005', 2, null],
    ['-1', 2, null],
    ['much', 2, null],
  ])('the price "%s" of %i digits', (text, digits, minor) => {
    expect(minorFrom(text, digits)).toBe(minor);
  });
});

describe('a process that is run by hand', () => {
  const named = PROCESSES as RunName[];

  test('says beforehand what it would do wherever it can', () => {
    expect(named.filter((name) => 'dry_run' in runs[name].body.shape).sort()).toEqual(Object.keys(FACTS).sort());
  });

  test.each(Object.entries(FACTS).flatMap(([name, facts]) => Object.values(facts).map((place) => [name, place] as const)))(
    '%s has a count at %s',
    (name, place) => {
      const steps = place.split('.');
      const end = steps.reduce<z.ZodType | undefined>(
        (schema, step) => {
          if (schema instanceof z.ZodArray && step === 'length') return z.int();
          if (schema instanceof z.ZodObject && step.startsWith('*')) return endingIn(schema, step.slice(1));
          return schema instanceof z.ZodObject ? schema.shape[step] : undefined;
        },
        runs[name as RunName].result,
      );
      expect(end?.safeParse(1).success).toBe(true);
      expect(end?.safeParse('1').success).toBe(false);
    },
  );

  /** What is summed: all of it counts. */
  function endingIn({ shape }: z.ZodObject, end: string) {
    const summed = Object.entries(shape).filter(([name]) => name.endsWith(end));
    expect(summed.length).toBeGreaterThan(1);
    expect(summed.filter(([, schema]) => !(schema as z.ZodType).safeParse(1).success)).toEqual([]);
    return z.int();
  }

  test('its counts are read where they stand', () => {
    expect(wouldBe('auto_unfreeze', [{}, {}])).toEqual([['unfrozen', 2]]);
    expect(wouldBe('generation', { created_count: 3, students_added: 1, conflicts: [{}] })).toEqual([
      ['trainings', 3],
      ['places', 1],
      ['conflicts', 1],
    ]);
    const tidied = { notifications_deleted: 2, runs_deleted: 3, tasks_hidden: 9, sessions_expired: 4, audit_findings: 7 };
    expect(wouldBe('cleanup', { ...tidied, subscriptions_expired: 0, bookings_completed: 1 })).toEqual([
      ['expired', 0],
      ['lapsed', 4],
      ['completed', 1],
      ['deleted', 5],
      ['findings', 7],
    ]);
    expect(wouldBe('stats', { days_calculated: 35, days_written: 2 })).toEqual([['days', 2]]);
  });
});

describe('texts of the Mini App', () => {
  type Texts = Record<string, string>;
  const textsOf = (locale: string): Texts => JSON.parse(readFileSync(`api/web/app/texts/${locale}.json`, 'utf8'));
  const [ru, uk, en] = [textsOf('ru'), textsOf('uk'), textsOf('en')];
  const bare = (key: string) => key.replace(/_(one|few|many|other)$/, '');
  const holes = (text: string | undefined) => [...(text ?? '').matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

  test.each([
    ['ru', ru],
    ['uk', uk],
    ['en', en],
  ])('%s says everything, in each of its plural forms, with the same holes', (locale, texts) => {
    expect(new Set(Object.keys(texts).map(bare))).toEqual(new Set(Object.keys(en).map(bare)));
    const plurals = Object.keys(en).filter((key) => key.endsWith('_other'));
    for (const key of plurals)
      for (const form of new Intl.PluralRules(locale).resolvedOptions().pluralCategories)
        expect(Object.keys(texts)).toContain(`${bare(key)}_${form}`);
    for (const [key, said] of Object.entries(texts))
      expect([key, holes(said)]).toEqual([key, holes(en[key] ?? en[`${bare(key)}_other`])]);
  });

  test('no text stands in a screen itself, and every text is used', () => {
    const all = globSync('api/web/app/**/*.{vue,ts}')
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    expect(all).not.toMatch(/[а-яёіїєґ]/i);
    const isMade = (key: string) =>
      key.split('.').some((_, place, parts) => place > 0 && all.includes(`\`${parts.slice(0, place).join('.')}.\${`));
    const unused = Object.keys(en)
      .map(bare)
      .filter((key) => !all.includes(`'${key}'`) && !isMade(key));
    expect([...new Set(unused)]).toEqual([]);
  });
});
