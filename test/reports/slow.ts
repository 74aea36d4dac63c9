import type { Database } from '../../sql/database/database.ts';
import { sql } from '../../sql/database/database.ts';

/**
 * What reports say, computed once more by other means: all rows are read and looked through one by one, in plain TypeScript, days by
 * JavaScript's own calendar. Slow, and independent of the statements it is compared with.
 */
type Row = Record<string, unknown> & { id: number };
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
  'students',
] as const;
type Studio = Record<(typeof tables)[number], Row[]> & { dayOf(instant: unknown): string };

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

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
const n = (value: unknown) => Number(value ?? 0);
/** D22: rounded down, what is left over goes to the first. */
const split = (total: number, parts: number) =>
  Array.from({ length: parts }, (_, place) => Math.floor(total / parts) + (place < total % parts ? 1 : 0));

export function receivedOn(studio: Studio, day: string) {
  const gross = studio.payments.filter((one) => (one.payment_date ?? studio.dayOf(one.created_at)) === day);
  const refunds = studio.payment_refunds.filter((one) => studio.dayOf(one.created_at) === day);
  const cancelled = studio.payments.filter((one) => one.cancelled_at !== null && studio.dayOf(one.cancelled_at) === day);
  const refundedOf = (payment: Row) =>
    sum(studio.payment_refunds.filter((one) => one.payment_id === payment.id).map((one) => n(one.amount_minor)));
  return {
    gross_minor: sum(gross.map((one) => n(one.amount_minor))),
    refunded_minor: sum(refunds.map((one) => n(one.amount_minor))),
    cancelled_minor: sum(cancelled.map((one) => n(one.amount_minor) - refundedOf(one))),
  };
}

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

const liveOn = (studio: Studio, day: string) =>
  studio.invoices.filter(
    (one) => studio.dayOf(one.created_at) <= day && (one.cancelled_at === null || studio.dayOf(one.cancelled_at) > day),
  );

/** All that is earned by the end of a day, and all that is sold then. */
export function earnedOn(studio: Studio, day: string) {
  const trainings = new Map(studio.real_trainings.map((one) => [one.id, one]));
  const seats = new Map(studio.real_training_students.map((one) => [one.id, one]));
  const isHeld = (seatId: unknown) => {
    const training = trainings.get(n(seats.get(n(seatId))?.real_training_id));
    return training?.status === 'completed' && String(training.training_date) <= day;
  };
  const live = liveOn(studio, day);
  const ofTrainings = sum(
    live
      .filter((one) => one.real_training_student_id !== null && isHeld(one.real_training_student_id))
      .map((one) => n(one.amount_minor)),
  );
  const others = sum(
    live
      .filter((one) => one.real_training_student_id === null && one.student_subscription_id === null)
      .map((one) => n(one.amount_minor)),
  );
  const entries = new Map(studio.session_entries.map((one) => [one.id, one]));
  const byHolding = Map.groupBy(
    studio.session_entries.filter((one) => studio.dayOf(one.created_at) <= day),
    (one) => n(one.student_subscription_id),
  );
  /** What came with sessions carried in, by the subscription it came to. */
  const came = new Map<number, number>();
  let ofSubscriptions = 0;
  // An heir is younger than what it renews.
  for (const held of [...studio.student_subscriptions].sort((one, other) => one.id - other.id)) {
    if (studio.dayOf(held.created_at) > day) continue;
    const own = byHolding.get(held.id) ?? [];
    const net = (...reasons: string[]) =>
      sum(own.filter((one) => reasons.includes(String(one.reason))).map((one) => n(one.delta)));
    const carriedIn = net('carried_in');
    const bills = live.filter((one) => one.student_subscription_id === held.id);
    const first = studio.invoices
      .filter((one) => one.student_subscription_id === held.id && studio.dayOf(one.created_at) <= day)
      .sort((one, other) => one.id - other.id)[0];
    const price = n(first?.amount_minor);
    const broughtIn = carriedIn > 0 ? (came.get(held.id) ?? 0) : 0;
    const units = [...split(broughtIn, carriedIn), ...split(price, net('granted', 'adjustment'))];
    const goes = -net('carried_out');
    const gone = goes > 0 ? units.slice(-goes) : [];
    const heir = studio.student_subscriptions.find((one) => one.renewed_from_id === held.id);
    if (heir && goes > 0) came.set(heir.id, sum(gone));
    const worth = sum(bills.map((one) => n(one.amount_minor))) + broughtIn - sum(gone);
    const isExpired =
      net('expired') < 0 || (held.status === 'expired' && held.sessions_left === null && String(held.end_date) <= day);
    const isCancelled = held.status === 'cancelled' && String(held.cancelled_on ?? studio.dayOf(held.cancelled_at)) <= day;
    const taken = own.filter((one) => {
      const source = one.reason === 'returned' ? entries.get(n(one.reverses_id)) : one;
      return (one.reason === 'training' || one.reason === 'returned') && isHeld(source?.real_training_student_id);
    });
    const used =
      held.sessions_left === null
        ? split(price, n(held.term_days)).slice(0, unfrozenDays(studio, held, day))
        : units.slice(0, Math.max(0, -sum(taken.map((one) => n(one.delta)))));
    ofSubscriptions += isExpired || isCancelled ? worth : Math.min(worth, sum(used));
  }
  const earned = ofTrainings + others + ofSubscriptions;
  return { earned, deferred: sum(live.map((one) => n(one.amount_minor))) - earned };
}

/** Days of a subscription until a day that were not frozen, counted one by one. */
function unfrozenDays(studio: Studio, held: Row, until: string) {
  const freezes = studio.subscription_freezes.filter((one) => one.student_subscription_id === held.id);
  let days = 0;
  for (let at = Date.parse(String(held.start_date)); ; at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10);
    if (day > until || day > String(held.end_date)) return days;
    if (!freezes.some((one) => String(one.first_day) <= day && day <= String(one.last_day))) days += 1;
  }
}

export function attendanceOn(studio: Studio, day: string) {
  const held = new Set(
    studio.real_trainings.filter((one) => one.training_date === day && one.status !== 'cancelled').map(({ id }) => id),
  );
  const seats = studio.real_training_students.filter((one) => held.has(n(one.real_training_id)));
  return {
    present: seats.filter((one) => one.status === 'PRESENT').length,
    absent: seats.filter((one) => one.status === 'ABSENT' && one.excused_at === null).length,
  };
}

/** Who is active on a day, by id (R23). */
export function activeOn(studio: Studio, day: string): Set<number> {
  const before = new Date(Date.parse(day) - 30 * 86_400_000).toISOString().slice(0, 10);
  const active = new Set<number>();
  for (const held of studio.student_subscriptions) {
    const over = held.status === 'cancelled' ? String(held.cancelled_on) : '9999-12-31';
    const isFrozen = studio.subscription_freezes.some(
      (one) => one.student_subscription_id === held.id && String(one.first_day) <= day && day <= String(one.last_day),
    );
    if (String(held.start_date) <= day && day <= String(held.end_date) && day < over && !isFrozen) active.add(n(held.student_id));
  }
  const near = new Set(
    studio.real_trainings
      .filter((one) => one.status !== 'cancelled' && String(one.training_date) >= before && String(one.training_date) <= day)
      .map(({ id }) => id),
  );
  for (const seat of studio.real_training_students)
    if (seat.status === 'PRESENT' && near.has(n(seat.real_training_id))) active.add(n(seat.student_id));
  return active;
}
