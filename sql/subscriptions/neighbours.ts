import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { giveBack } from '../finance/give-back.ts';

const termRow = z.object({
  id: z.int(),
  subscription: z.string(),
  start_date: z.iso.date(),
  end_date: z.iso.date(),
  pushed_days: z.int(),
  renewed_from_id: z.int().nullable(),
  freeze_end_date: z.iso.date().nullable(),
});
/** A subscription as its neighbours see it: its inclusive business days, and how far its first one was moved. */
export type HeldTerm = z.output<typeof termRow>;

/** A student's subscriptions that are not over, in the order of their first days. The caller holds the student's lock. */
export const termsOf = (db: Sql, studentId: number) =>
  db.any(sql.type(termRow)`
    select held.id, type.name as subscription, start_date, end_date, pushed_days, renewed_from_id, freeze_end_date
    from student_subscriptions held join subscriptions type on type.id = held.subscription_id
    where student_id = ${studentId} and status in ('active', 'frozen') order by start_date, held.id`);

/** Who owes for a student's subscriptions: their wallets are held when a first day moves, for what is due on it moves, too. */
export const payersOwing = (db: Sql, studentId: number) =>
  db.anyFirst(sql.type(z.object({ payer_id: z.int() }))`
    select distinct payer_id from invoices join student_subscriptions held on held.id = student_subscription_id
    where held.student_id = ${studentId} and invoices.status = 'UNPAID'`);

/** Days by which a term is moved: fewer than 0 are back. */
export type Shift = { id: number; days: number };

/**
 * Moves whole terms, with what is owed on their first days. A registration that has taken a session of one of them and is not within
 * its term any more gives it back, and is decided anew by the next night (D12). The caller holds the student and the
 * wallets of {@link payersOwing}.
 */
export async function shiftTerms(transaction: Sql, shifts: readonly Shift[], now: Date) {
  if (shifts.length === 0) return;
  await transaction.query(sql.unsafe`
    with shift as materialized (
      select * from ${sql.unnest(
        shifts.map(({ id, days }) => [id, days]),
        ['int4', 'int4'],
      )} as given (id, days)
    ), due as (
      update invoices bill set due_date = due_date + days
      from shift join student_subscriptions held using (id)
      where bill.student_subscription_id = shift.id and bill.status = 'UNPAID' and bill.due_date = held.start_date
    )
    update student_subscriptions held set start_date = start_date + days, end_date = end_date + days, pushed_days = pushed_days + days
    from shift where held.id = shift.id`);
  const seats = await transaction.anyFirst(sql.type(z.object({ id: z.int() }))`
    select seat.id from student_subscriptions held
    join session_entries entry on entry.student_subscription_id = held.id
    join real_training_students seat on seat.session_entry_id = entry.id
    join real_trainings training on training.id = seat.real_training_id
    where held.id = any(${sql.array(
      shifts.map(({ id }) => id),
      'int4',
    )}) and training.starts_at > ${now.toISOString()}::timestamptz and training_date not between held.start_date and held.end_date
    order by seat.id`);
  if (seats.length > 0) await giveBack(transaction, seats);
}
