import { addDays, type Day, mondayAfter } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import type { AskedRows } from '../../sql/reports/asked.ts';
import type { ReportSpan } from '../../sql/reports/periods.ts';

/** A row of a report, or a row behind a figure. Amounts in minor units, rates as parts of 1. */
export type Figures = Record<string, string | number | null>;

export type Report = {
  rows(db: Sql, span: ReportSpan, today: string): Promise<Figures[]>;
  /** Each figure that can be explained, and of which rows it is put together. */
  figures: Readonly<Record<string, Parts>>;
  /**
   * The rows that are asked for, of each kind at most as many. With no figure named, none of what is of more than the span:
   * balances that stand at its end, open hours, and who is active in later months.
   */
  explain(db: Sql, span: ReportSpan, today: string, asked: AskedRows): Promise<readonly Figures[]>;
  /** Columns that are no sums: in the total the last one stands. */
  states?: readonly string[];
  /** Columns that follow from others, in rows and in the total. */
  rates?: (row: Figures) => Figures;
  /** Nothing is summed up: rows are of one moment, or overlap. */
  hasNoTotal?: boolean;
};

/** The figures of the rows behind one, and whether they count for it or against it. */
type Parts = Readonly<Record<string, 1 | -1>>;
/** Figures each of which is the sum of rows of its own name. */
export const simpleFigures = <Name extends string>(...names: Name[]) =>
  Object.fromEntries(names.map((name) => [name, { [name]: 1 }])) as Record<Name, Parts>;
/** What follows from all these rows: their sum, or how one kind of them is to another. */
export const partsFrom = (...names: string[]): Parts => Object.fromEntries(names.map((name) => [name, 1]));

/**
 * The rows behind a figure, or behind all of them; `isCut` where there are more than the limit. Rows keep the names of what they are: of a
 * figure that is put together they are of its parts, with a minus where they count against it.
 * @param who the person whose rows are asked for, or the room; null: of all
 */
export async function rowsBehind(
  report: Report,
  db: Sql,
  span: ReportSpan,
  { today, figure, who, limit }: { today: string; figure: string | undefined; who: number | null; limit: number },
): Promise<{ rows: Figures[]; isCut: boolean }> {
  const parts = figure === undefined ? null : (report.figures[figure] ?? {});
  const found = await report.explain(db, span, today, { figures: parts && Object.keys(parts), who, limit: limit + 1 });
  const rows = found
    .slice(0, limit)
    .map((row) => (parts?.[String(row.figure)] === -1 ? { ...row, value: -Number(row.value) } : row));
  return { rows, isCut: found.length > limit };
}

/** Whether rows of one of these figures are asked for by name. */
export const isNamed = ({ figures }: AskedRows, ...names: readonly string[]) =>
  figures?.some((figure) => names.includes(figure)) === true;
/** Whether rows of other figures than these are asked for, by name or because none is named. */
export const isMore = ({ figures }: AskedRows, ...names: readonly string[]) =>
  figures === null || figures.some((figure) => !names.includes(figure));

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
      if (typeof value !== 'number' || name === 'id' || name.endsWith('_id')) continue;
      total[name] = report.states?.includes(name) ? value : Number(total[name] ?? 0) + value;
    }
  }
  return report.rates ? { ...total, ...report.rates(total) } : total;
}
