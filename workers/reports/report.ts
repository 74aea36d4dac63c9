import { addDays, type Day, mondayAfter } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import type { ReportSpan } from '../../sql/reports/periods.ts';

/** A row of a report, or a row behind a figure. Amounts in minor units, rates as parts of 1. */
export type Figures = Record<string, string | number | null>;

export type Report = {
  rows(db: Sql, span: ReportSpan, today: string): Promise<Figures[]>;
  /** The rows behind the figures, at most {@link MOST_EXPLAINED} of a kind. */
  explain(db: Sql, span: ReportSpan, today: string): Promise<readonly Figures[]>;
  /** Columns that are no sums: in the total the last one stands. */
  states?: readonly string[];
  /** Columns that follow from others, in rows and in the total. */
  rates?: (row: Figures) => Figures;
  /** Nothing is summed up: rows are of one moment, or overlap. */
  hasNoTotal?: boolean;
};

export const MOST_EXPLAINED = 10_000;

/** The periods of a span, cut where it begins and ends: days, weeks from Monday, months. */
export function periodsIn({ from, to, by }: Pick<ReportSpan, 'from' | 'to' | 'by'>): { first: Day; last: Day }[] {
  const periods: { first: Day; last: Day }[] = [];
  for (let first = from; first <= to; first = nextStart(first, by)) {
    const last = addDays(nextStart(first, by), -1);
    periods.push({ first, last: last < to ? last : to });
  }
  return periods;
}

function nextStart(day: Day, by: ReportSpan['by']): Day {
  if (by === 'day') return addDays(day, 1);
  if (by === 'week') return mondayAfter(day);
  return addDays(`${day.slice(0, 7)}-01`, 31)
    .slice(0, 7)
    .concat('-01');
}

/** A part of a whole, to four decimals; null where there is no whole. */
export const rateOf = (part: number, whole: number) => (whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000);

/** The whole of a report: sums of its columns; of states the last one. */
export function totalOf(report: Report, rows: readonly Figures[]): Figures | null {
  if (report.hasNoTotal || rows.length === 0) return null;
  const total: Figures = {};
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (typeof value !== 'number' || name.endsWith('_id')) continue;
      total[name] = report.states?.includes(name) ? value : Number(total[name] ?? 0) + value;
    }
  }
  return report.rates ? { ...total, ...report.rates(total) } : total;
}
