import { addDays, type Day } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import type { AskedRows } from '../../sql/reports/asked.ts';
import { listEntries, sumEntries } from '../../sql/reports/entries.ts';
import { BEFORE_ALL, earnedBetween, listStanding, readMoneyDays } from '../../sql/reports/money-days.ts';
import type { ReportSpan } from '../../sql/reports/periods.ts';
import { settledMoney, settledUntil } from '../../sql/reports/settled.ts';
import { isMore, isNamed, partsFrom, periodsIn, type Report, simpleFigures } from './report.ts';

const METHODS = ['cash', 'card', 'transfer', 'online', 'other'] as const;
const KINDS = ['training', 'subscription', 'booking', 'package', 'other'] as const;
const STATES = ['wallets', 'deferred', 'owed'] as const;
const MONEY = ['gross', 'refunded', 'cancelled'] as const;

const RECOGNISED = KINDS.map((kind) => `recognised_${kind}_minor` as const);
const STANDING = STATES.map((state) => `${state}_minor` as const);

const emptySums = <Name extends string>(names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;

/**
 * Money received (R21) and recognised (R22), apart, and where it stands at the end of each period: in wallets, paid or invoiced and not
 * earned yet, owed. What was received, ever, less what was recognised is wallets and deferred less owed.
 */
export const revenue: Report = {
  async rows(db, span) {
    const periods = periodsIn(span);
    const received = Map.groupBy(await sumEntries(db, 'received', span), ({ first }) => first);
    const days = await moneyUntil(db, span);
    const [earned, states] = [emptySums(KINDS), emptySums(STATES)];
    let next = 0;
    /** Adds up the days until one. */
    const until = (last: Day) => {
      for (let row = days[next]; row && row.day <= last; row = days[++next]) {
        for (const kind of KINDS) earned[kind] += row[`earned_${kind}_minor`];
        for (const state of STATES) states[state] += row[`${state}_minor`];
      }
    };
    until(addDays(span.from, -1));
    return periods.map(({ first, last }) => {
      const sums = new Map(received.get(first)?.map(({ figure, value }) => [figure, value]));
      const sumOf = (figure: string) => sums.get(figure) ?? 0;
      const before = { ...earned };
      until(last);
      return {
        period: first,
        ...netOf(MONEY.map((name) => sumOf(`${name}_minor`))),
        ...Object.fromEntries(
          METHODS.map((method) => [
            `net_${method}_minor`,
            netOf(MONEY.map((name) => sumOf(`${name}_${method}_minor`))).net_minor,
          ]),
        ),
        recognised_minor: KINDS.reduce((sum, kind) => sum + earned[kind] - before[kind], 0),
        ...Object.fromEntries(KINDS.map((kind) => [`recognised_${kind}_minor`, earned[kind] - before[kind]])),
        wallets_minor: states.wallets,
        deferred_minor: states.deferred,
        owed_minor: states.owed,
      };
    });
  },
  /** Of what is a state at an end, the last one stands. */
  states: STANDING,
  figures: {
    ...simpleFigures(
      ...MONEY.map((name) => `${name}_minor`),
      ...MONEY.flatMap((name) => METHODS.map((method) => `${name}_${method}_minor`)),
    ),
    net_minor: netParts(''),
    ...Object.fromEntries(METHODS.map((method) => [`net_${method}_minor`, netParts(`_${method}`)])),
    ...simpleFigures(...RECOGNISED),
    recognised_minor: partsFrom(...RECOGNISED),
    ...simpleFigures(...STANDING),
  },
  explain: async (db, span, _today, asked) => [
    ...(isMore(asked, ...RECOGNISED, ...STANDING) ? await listEntries(db, 'received', span, asked) : []),
    ...(asked.figures === null || isNamed(asked, ...RECOGNISED) ? await explainEarned(db, span, asked) : []),
    ...(await explainStanding(db, span, asked)),
  ],
};

/** All days until the end of a span on which money changed: settled ones from the daily figures, later ones from the ledgers. */
async function moneyUntil(db: Sql, { from, to, zone }: ReportSpan) {
  const settled = await settledUntil(db, zone);
  const until = settled && settled < to ? settled : to;
  return [
    ...(settled ? await settledMoney(db, { from, until }) : []),
    ...(settled && settled >= to ? [] : await readMoneyDays(db, { before: settled ?? BEFORE_ALL, last: to, zone })),
  ];
}

function netOf([gross = 0, refunded = 0, cancelled = 0]: number[]): Record<string, number> {
  return { gross_minor: gross, refunded_minor: refunded, cancelled_minor: cancelled, net_minor: gross - refunded - cancelled };
}

function netParts(under: string): Record<string, 1 | -1> {
  return { [`gross${under}_minor`]: 1, [`refunded${under}_minor`]: -1, [`cancelled${under}_minor`]: -1 };
}

const explainEarned = (db: Sql, { from, to, zone }: ReportSpan, asked: AskedRows) =>
  earnedBetween(db, { before: addDays(from, -1), last: to, zone }, asked);

async function explainStanding(db: Sql, { to, zone }: ReportSpan, asked: AskedRows) {
  const figure = STANDING.find((state) => isNamed(asked, state));
  return figure ? listStanding(db, figure, { last: to, zone }, asked) : [];
}
