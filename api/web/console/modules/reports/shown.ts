import { count, day, money, monthOf, percent } from '../../../kit/formats.ts';
import { t } from '../../../kit/i18n.ts';
import { lastOf, type Span } from './periods.ts';
import { isMoney, isRate } from './reports.ts';

/** A figure of a column as people read it. */
export function figureShown(column: string, value: string | number | null | undefined, span: Span): string {
  if (value === null || value === undefined) return '–';
  if (column === 'period') return periodOf(String(value), span);
  if (column === 'end_date') return day(String(value));
  if (typeof value === 'string') return value;
  if (isMoney(column)) return money(value);
  return isRate(column) ? percent(value) : count(value);
}

function periodOf(first: string, span: Span): string {
  if (span.by === 'day') return day(first);
  if (span.by === 'month') return monthOf(first);
  const last = lastOf(first, span);
  return last === first ? day(first) : t('reports.span', { from: day(first), to: day(last) });
}
