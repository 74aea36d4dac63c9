import { addDays } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import { listEntries, sumEntries } from '../../sql/reports/entries.ts';
import type { ReportSpan } from '../../sql/reports/periods.ts';
import { positionAt } from '../../sql/reports/position.ts';
import { earnedBetween, earnedBy } from '../../sql/reports/recognised.ts';
import { type Figures, MOST_EXPLAINED, periodsIn, type Report } from './report.ts';

const METHODS = ['cash', 'card', 'transfer', 'online', 'other'] as const;
const KINDS = ['training', 'subscription', 'booking', 'package', 'other'] as const;
const MONEY = ['gross', 'refunded', 'cancelled'] as const;

/**
 * Money received (R21) and recognised (R22), apart, and where it stands at the end of each period: in wallets, paid or invoiced and not
 * earned yet, owed. What was received, ever, less what was recognised is wallets and deferred less owed.
 */
export const revenue: Report = {
  async rows(db, span) {
    const periods = periodsIn(span);
    const received = await sumEntries(db, 'received', span);
    // What is earned in a period is what is earned by its end, less what was by the end of the one before.
    const ends = [addDays(span.from, -1), ...periods.map(({ last }) => last)];
    const earned = new Map((await earnedBy(db, ends, span.zone)).map((row) => [row.day, row]));
    const positions = new Map((await positionAt(db, ends, span.zone)).map((row) => [row.day, row]));
    return periods.map(({ first, last }) => {
      const of = (figure: string) => received.find((row) => row.first === first && row.figure === figure)?.value ?? 0;
      const [before, after] = [earned.get(addDays(first, -1)), earned.get(last)];
      const position = positions.get(last);
      if (!before || !after || !position) throw new TypeError(`nothing is known of ${first} to ${last}`);
      return {
        period: first,
        ...netOf(MONEY.map((name) => of(`${name}_minor`))),
        ...Object.fromEntries(
          METHODS.map((method) => [`net_${method}_minor`, netOf(MONEY.map((name) => of(`${name}_${method}_minor`))).net_minor]),
        ),
        recognised_minor: after.earned_minor - before.earned_minor,
        ...Object.fromEntries(
          KINDS.map((kind) => [`recognised_${kind}_minor`, after[`earned_${kind}_minor`] - before[`earned_${kind}_minor`]]),
        ),
        wallets_minor: position.wallets_minor,
        deferred_minor: after.deferred_minor,
        owed_minor: position.owed_minor,
      };
    });
  },
  /** Of what is a state at an end, the last one stands. */
  states: ['wallets_minor', 'deferred_minor', 'owed_minor'],
  explain: async (db, span) => [...(await listEntries(db, 'received', span, MOST_EXPLAINED)), ...(await explainEarned(db, span))],
};

function netOf([gross = 0, refunded = 0, cancelled = 0]: number[]): Record<string, number> {
  return { gross_minor: gross, refunded_minor: refunded, cancelled_minor: cancelled, net_minor: gross - refunded - cancelled };
}

async function explainEarned(db: Sql, { from, to, zone }: ReportSpan): Promise<Figures[]> {
  const rows = await earnedBetween(db, { before: addDays(from, -1), last: to }, zone, MOST_EXPLAINED);
  return rows.map(({ kind, id, person_id, value }) => ({
    day: to,
    figure: `recognised_${kind}_minor`,
    source: kind === 'subscription' ? 'subscription' : 'invoice',
    source_id: id,
    person_id,
    value,
  }));
}
