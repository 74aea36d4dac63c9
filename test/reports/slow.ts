import type { Database } from '../../sql/database/database.ts';
import { sql } from '../../sql/database/database.ts';

/**
 * What reports say, computed once more by other means: all rows are read and looked through one by one, in plain TypeScript, days by
 * JavaScript's own calendar. Slow, and independent of the statements it is compared with.
 */
export type Row = Record<string, unknown> & { id: number };
const tables = [
  'payments',
  'payment_refunds',
  'invoices',
  'wallet_transactions',
  'session_entries',
  'real_trainings',
  'real_training_students',
  'student_subscriptions',
  'subscription_freezes',
  'subscriptions',
  'bookings',
  'client_packages',
  'package_entries',
  'students',
  'users',
  'rooms',
  'locations',
  'calendar_days',
  'calendar_overrides',
] as const;
export type Studio = Record<(typeof tables)[number], Row[]> & { dayOf(instant: unknown): string };
/** Days of a studio, both inclusive. */
export type Period = { first: string; last: string };

export async function readStudio(db: Database, zone: string): Promise<Studio> {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const read = await Promise.all(
    tables.map(async (table) => [table, [...(await db.any(sql.unsafe`select * from ${sql.identifier([table])}`))]] as const),
  );
  const days = new Map<string, string>();
  const dayOf = (instant: unknown) => {
    const text = String(instant);
    const known = days.get(text) ?? format.format(new Date(text));
    days.set(text, known);
    return known;
  };
  return { ...(Object.fromEntries(read) as Record<(typeof tables)[number], Row[]>), dayOf };
}

export const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
export const n = (value: unknown) => Number(value ?? 0);
export const dayAfter = (day: string, days = 1) => new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
export const within = ({ first, last }: Period, day: unknown) => first <= String(day) && String(day) <= last;
/** A part of a whole, to four decimals. */
export const partOf = (part: number, whole: number) => (whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000);

const METHODS = ['cash', 'card', 'transfer', 'online', 'other'];

/** What came in and went out in a period, by method as well. */
export function receivedIn(studio: Studio, period: Period) {
  const paid = studio.payments.map((one) => ({ ...one, day: one.payment_date ?? studio.dayOf(one.created_at) }));
  const refunded = (payment: Row) =>
    sum(studio.payment_refunds.filter((one) => one.payment_id === payment.id).map((one) => n(one.amount_minor)));
  const ofMethod = (isCounted: (one: Row) => boolean) => {
    const amounts = (rows: Row[]) => sum(rows.filter(isCounted).map((one) => n(one.amount_minor)));
    const cancelled = studio.payments.filter(
      (one) => one.cancelled_at !== null && within(period, studio.dayOf(one.cancelled_at)) && isCounted(one),
    );
    const figures = {
      gross_minor: amounts(paid.filter(({ day }) => within(period, day))),
      refunded_minor: amounts(studio.payment_refunds.filter((one) => within(period, studio.dayOf(one.created_at)))),
      cancelled_minor: sum(cancelled.map((one) => n(one.amount_minor) - refunded(one))),
    };
    return { ...figures, net_minor: figures.gross_minor - figures.refunded_minor - figures.cancelled_minor };
  };
  const net = METHODS.map((method) => [`net_${method}_minor`, ofMethod((one) => one.method === method).net_minor]);
  return { ...ofMethod(() => true), ...Object.fromEntries(net) };
}

/** What lies in wallets and what is owed at the end of a day. */
export function positionOn(studio: Studio, day: string) {
  const payments = new Map(studio.payments.map((one) => [one.id, one]));
  const entries = studio.wallet_transactions.filter((entry) => {
    const payment = entry.kind === 'deposit' ? payments.get(n(entry.payment_id)) : undefined;
    return String(payment?.payment_date ?? studio.dayOf(entry.created_at)) <= day;
  });
  const paid = -sum(entries.filter((entry) => entry.invoice_id !== null).map((entry) => n(entry.amount_minor)));
  return {
    wallets_minor: sum(entries.map((entry) => n(entry.amount_minor))),
    owed_minor: sum(liveOn(studio, day).map((one) => n(one.amount_minor))) - paid,
  };
}

/** Invoices that stand at the end of a day. */
export const liveOn = (studio: Studio, day: string) =>
  studio.invoices.filter(
    (one) => studio.dayOf(one.created_at) <= day && (one.cancelled_at === null || studio.dayOf(one.cancelled_at) > day),
  );

/** Who came in a period. */
export function attendanceIn(studio: Studio, period: Period) {
  const trainings = studio.real_trainings.filter((one) => within(period, one.training_date));
  const stand = new Set(trainings.filter((one) => one.status !== 'cancelled').map(({ id }) => id));
  const seats = studio.real_training_students.filter((one) => stand.has(n(one.real_training_id)));
  const present = seats.filter((one) => one.status === 'PRESENT').length;
  const absent = seats.filter((one) => one.status === 'ABSENT' && one.excused_at === null).length;
  const held = trainings.filter((one) => one.status === 'completed').length;
  return {
    trainings_held: held,
    trainings_cancelled: trainings.filter((one) => one.status === 'cancelled').length,
    present,
    absent,
    rate: partOf(present, present + absent),
    average: held === 0 ? null : Math.round((present / held) * 100) / 100,
  };
}
