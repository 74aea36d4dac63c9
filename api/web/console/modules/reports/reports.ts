/** What each report shows, and of what its figures are made. Words and looks are elsewhere. */
export const KINDS = ['revenue', 'attendance', 'students', 'retention', 'load', 'debtors', 'renewals', 'trainers'] as const;
export type ReportKind = (typeof KINDS)[number];
export const STEPS = ['day', 'week', 'month'] as const;
export type Grain = (typeof STEPS)[number];
export type Row = Record<string, string | number | null>;

const METHODS = ['cash', 'card', 'transfer', 'online', 'other'] as const;
const EARNED = ['training', 'subscription', 'booking', 'package', 'other'] as const;
const MONTHS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'] as const;
const netOf = METHODS.map((method) => `net_${method}_minor` as const);
const earnedOf = EARNED.map((kind) => `recognised_${kind}_minor` as const);

/** A picture, and a table beside it. `key` names the sentence that explains it. */
type Section = { key: SectionName; by: string; chart: Drawn; columns: readonly string[] };
type SectionName = 'received' | 'recognised' | 'stands' | OfOneTable;
type OfOneTable = Exclude<ReportKind, 'revenue'>;
type Drawn =
  | 'net_minor'
  | 'recognised_minor'
  | 'owed_minor'
  | 'rate'
  | 'active'
  | 'students'
  | 'used_minutes'
  | 'expected_minor'
  | 'hours';
const only = (kind: OfOneTable, by: string, chart: Drawn, columns: readonly string[]): readonly Section[] => [
  { key: kind, by, chart, columns },
];

export const SECTIONS = {
  revenue: [
    {
      key: 'received',
      by: 'period',
      chart: 'net_minor',
      columns: ['period', 'gross_minor', 'refunded_minor', 'cancelled_minor', 'net_minor', ...netOf],
    },
    { key: 'recognised', by: 'period', chart: 'recognised_minor', columns: ['period', 'recognised_minor', ...earnedOf] },
    { key: 'stands', by: 'period', chart: 'owed_minor', columns: ['period', 'wallets_minor', 'deferred_minor', 'owed_minor'] },
  ],
  attendance: only('attendance', 'period', 'rate', [
    'period',
    'trainings_held',
    'trainings_cancelled',
    'present',
    'absent',
    'rate',
    'average',
  ]),
  students: only('students', 'period', 'active', ['period', 'new', 'active_at_start', 'active', 'frozen', 'churned', 'churn']),
  retention: only('retention', 'period', 'students', ['period', 'students', ...MONTHS.map((month) => `month_${month}`)]),
  load: only('load', 'room', 'used_minutes', ['period', 'room', 'used_minutes', 'open_minutes', 'load']),
  debtors: only('debtors', 'payer', 'owed_minor', [
    'payer',
    'invoices',
    'owed_minor',
    'days_1_7_minor',
    'days_8_30_minor',
    'days_over_30_minor',
    'oldest_days',
  ]),
  renewals: only('renewals', 'end_date', 'expected_minor', [
    'end_date',
    'student',
    'subscription',
    'expected_minor',
    'no_longer_sold_minor',
  ]),
  trainers: only('trainers', 'trainer', 'hours', ['period', 'trainer', 'trainings', 'substituted', 'bookings', 'heads', 'hours']),
} as const satisfies Record<ReportKind, readonly Section[]>;

const WHO: Partial<Record<ReportKind, string>> = { load: 'room_id', trainers: 'trainer_id', debtors: 'payer_id' };
/**
 * By which period and which person or room the figures of a row are asked about (null: of all). Null for a row that is of neither alone: who
 * has two subscriptions that end has two rows of renewals.
 */
export function askedBy(kind: ReportKind, row: Row): { of: string | null; who: number | null } | null {
  const of = typeof row.period === 'string' ? row.period : null;
  const who = Number(row[WHO[kind] ?? '']) || null;
  return of === null && who === null ? null : { of, who };
}

/** Reports of today, or of the days ahead: a period is nothing to them. */
export const isOfToday = (kind: ReportKind) => kind === 'debtors' || kind === 'renewals';

const WORDS = new Set(['period', 'room', 'payer', 'student', 'subscription', 'trainer', 'end_date']);
export const isWord = (column: string) => WORDS.has(column);
export const isMoney = (column: string) => column.endsWith('_minor');
export const isRate = (column: string) => ['rate', 'churn', 'load'].includes(column) || column.startsWith('month_');

/** A figure of which the sum of the rows behind it says nothing: it is how some of them are to others. */
export const isRatio = (column: string) => isRate(column) || column === 'average';
/** Of all periods these are not what stands behind one of them. */
export const isOfOnePeriod = (column: string) => ['active_at_start', 'churned', 'churn', 'oldest_days'].includes(column);

/** What a chart draws: the rows put together by period, person or room; of a time in its order, else the greatest first. */
export function reportBars(rows: readonly Row[], { by, chart }: { by: string; chart: string }): { key: string; value: number }[] {
  const bars = [...Map.groupBy(rows, (row) => String(row[by] ?? ''))].map(([key, own]) => ({
    key,
    value: own.reduce((sum, row) => sum + Number(row[chart] ?? 0), 0),
  }));
  return isTime(by) ? bars.sort((a, b) => a.key.localeCompare(b.key)) : bars.sort((a, b) => b.value - a.value);
}
export const isTime = (by: string) => by === 'period' || by === 'end_date';
