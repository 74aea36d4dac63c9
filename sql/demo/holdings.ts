import { DAY_MS } from '../database/instants.ts';
import { termEnd } from '../subscriptions/term.ts';
import { daysAfter, weekAfter } from './days.ts';
import type { DemoPerson } from './people.ts';
import type { Random } from './random.ts';

/** Name, price in whole units of the currency, sessions (null: unlimited), and the term: days, or months (D48). */
export const CATALOGUE = {
  eight: ['8 занятий', 4_800, 8, 30, null],
  twelve: ['12 занятий', 6_600, 12, 45, null],
  child: ['Детский, 8 занятий', 3_800, 8, 30, null],
  month: ['Безлимит на месяц', 8_500, null, null, 1],
  year: ['Годовой безлимит', 69_000, null, 365, null],
} as const;
export type ItemKind = keyof typeof CATALOGUE;

/** A subscription a student holds; days are inclusive (D4). */
export type Holding = {
  kind: ItemKind;
  start: string;
  /** The day of the month on which its terms begin. */
  anchor: number;
  end: string;
  left: number | null;
  /** True where the story is about what is left, so that a past does not change it. */
  tellsLeft?: true;
  isAutoRenew: boolean;
  freeze: { start: string; end: string } | null;
  status: 'active' | 'frozen' | 'expired';
};

/** How many live through which story; the others' subscriptions are simply running. */
const STORIES = { frozen: 8, ending: 14, lastSession: 10, expired: 16 };

/**
 * Subscriptions for about two students in three. Newcomers pay by the visit; the reformers' regulars nearly all hold one.
 * Returns them by student.
 */
export function planHoldings(random: Random, today: string, students: readonly DemoPerson[]): Map<DemoPerson, Holding> {
  const settled = students.filter(({ student }) => student!.age >= 90);
  const holders = random.shuffled(
    settled.filter(({ student }) => random.chance(student!.favourites.includes('pilates') ? 0.95 : 0.75)),
  );
  const stories = (['frozen', 'ending', 'lastSession', 'expired'] as const).flatMap((story) =>
    Array.from({ length: STORIES[story] }, (_, n) => ({ story, n })),
  );
  return new Map(
    holders.map((person, index) => {
      const { story, n } = stories[index] ?? { story: 'running' as const, n: 0 };
      return [person, tell[story](random, today, person, n)];
    }),
  );
}

const counted = (person: DemoPerson): ItemKind[] => (person.isChild ? ['child'] : ['eight', 'eight', 'twelve']);
const monthly = (person: DemoPerson): ItemKind[] => (person.isChild ? ['child'] : [...counted(person), 'month']);
const lastDay = (kind: ItemKind, start: string) => {
  const [, , , validity_days, validity_months] = CATALOGUE[kind];
  return termEnd(start, { validity_days, validity_months });
};
const dayOf = (day: string) => Number(day.slice(8));
/** The first day of a term that ends on a day, and its anchor. */
function termUntil(kind: ItemKind, end: string): { start: string; anchor: number } {
  const next = daysAfter(end, 1);
  const [, , , days] = CATALOGUE[kind];
  if (days !== null) return { start: daysAfter(end, 1 - days), anchor: dayOf(daysAfter(end, 1 - days)) };
  // A month before, that is the last one whose term ends no later.
  let start = daysAfter(next, -28);
  while (termEnd(start, { validity_days: null, validity_months: 1 }, dayOf(next)) > end) start = daysAfter(start, -1);
  while (termEnd(start, { validity_days: null, validity_months: 1 }, dayOf(next)) < end) start = daysAfter(start, 1);
  return { start, anchor: dayOf(next) };
}
/** Days of a term, more or less. */
const length = (kind: ItemKind) => CATALOGUE[kind][3] ?? 30;

const tell = {
  running(random: Random, today: string, person: DemoPerson): Holding {
    const kind = random.pick<ItemKind>(person.isChild ? ['child'] : [...monthly(person), 'year']);
    const [sessions, days] = [CATALOGUE[kind][2], length(kind)];
    const age = random.int(1, Math.min(days - 9, person.student!.age));
    const start = daysAfter(today, -age);
    const left = sessions && sessions - Math.floor((sessions * age) / days);
    const anchor = dayOf(start);
    return {
      kind,
      start,
      anchor,
      end: lastDay(kind, start),
      left,
      isAutoRenew: random.chance(0.25),
      freeze: null,
      status: 'active',
    };
  },
  /** Ends today or in the six days after it; every other one renews itself. */
  ending(random: Random, today: string, person: DemoPerson, n: number): Holding {
    const kind = random.pick(monthly(person));
    const end = daysAfter(today, n % 7);
    const term = termUntil(kind, end);
    const left = CATALOGUE[kind][2] && random.int(1, 4);
    return { kind, ...term, end, left, isAutoRenew: n % 2 === 0, freeze: null, status: 'active' };
  },
  lastSession(random: Random, today: string, person: DemoPerson, n: number): Holding {
    const kind = random.pick(counted(person));
    const start = daysAfter(today, -random.int(14, 21));
    const anchor = dayOf(start);
    return {
      kind,
      start,
      anchor,
      end: lastDay(kind, start),
      left: n % 2,
      tellsLeft: true,
      isAutoRenew: n % 3 === 0,
      freeze: null,
      status: 'active',
    };
  },
  /** Frozen since before today until after the next week; the end moved by the length of the freeze (D25). */
  frozen(random: Random, today: string, person: DemoPerson): Holding {
    const kind = random.pick(monthly(person));
    const start = daysAfter(today, -random.int(6, 20));
    const freeze = { start: daysAfter(today, -random.int(0, 5)), end: daysAfter(weekAfter(today).sunday, random.int(0, 9)) };
    const frozen = (Date.parse(freeze.end) - Date.parse(freeze.start)) / DAY_MS + 1;
    const left = CATALOGUE[kind][2] && random.int(3, 7);
    const end = daysAfter(lastDay(kind, start), frozen);
    return { kind, start, anchor: dayOf(start), end, left, isAutoRenew: false, freeze, status: 'frozen' };
  },
  /** What was left has expired with it (D27). */
  expired(random: Random, today: string, person: DemoPerson): Holding {
    const kind = random.pick(monthly(person));
    const end = daysAfter(today, -random.int(1, 40));
    return {
      kind,
      ...termUntil(kind, end),
      end,
      left: CATALOGUE[kind][2] && 0,
      tellsLeft: true,
      isAutoRenew: false,
      freeze: null,
      status: 'expired',
    };
  },
};
