import { z } from 'zod';
import { bookingsNotSquare, deadUnits, packagesNotSquare, unitsNotSquare } from '../bookings/audit.ts';
import { auditCalendar, calendarRules } from '../calendar/audit.ts';
import { type Sql, sql } from '../database/database.ts';
import { auditSubscriptions, subscriptionRules } from '../subscriptions/audit.ts';
import { stockNotSquare, stockRules } from '../vending/audit.ts';

/** One thing that is not square: which rule, about what, and what was found. */
export const finding = z.object({
  rule: z.enum([
    'balance',
    'sessions_left',
    'charged_twice',
    'never_charged',
    'charge_lost',
    'charged_in_vain',
    'never_began',
    'completed_early',
    'returned_twice',
    'paid_without_transaction',
    'refunds_differ',
    'units_left',
    'package_charge',
    'dead_units',
    'booking_charge',
    ...subscriptionRules,
    ...calendarRules,
    ...stockRules,
  ]),
  id: z.int(),
  detail: z.string(),
});
export type Finding = z.output<typeof finding>;

/**
 * Recomputes the ledgers from the ledgers. Finds wallets and subscriptions that differ from the sum of their entries or are below
 * zero; registrations charged twice, never (for trainings up to the business day), by something that is no live charge of theirs,
 * or although they were taken back, or for a training that never began: a run made it after its time; trainings completed before they
 * began; sessions returned twice; invoices whose transactions do not fit their status; packages that
 * differ from the sum of their units, or are not invoiced at their price, or at what was kept of it, or have units although they are
 * over; payments refunded beyond their amount, or otherwise than their wallets say; bookings that are not paid for exactly once; what is amiss with subscriptions; who or what is in two places at once; and what is amiss with the stock of vending machines (V31).
 * Nothing found: all square.
 */
export const auditBooks = async (db: Sql, date: string): Promise<readonly Finding[]> => [
  ...(await auditCharges(db, date)),
  ...(await auditSubscriptions(db)),
  ...(await auditCalendar(db)),
  ...(await db.any(sql.type(finding)`${stockNotSquare} order by 1, 2, 3`)),
];

const auditCharges = (db: Sql, date: string) =>
  db.any(sql.type(finding)`
    with balances as (
      select user_id as id, format('balance %s, transactions %s', balance_minor, coalesce(sum, 0)) as detail
      from wallets left join (select user_id, sum(amount_minor) as sum from wallet_transactions group by user_id) entered using (user_id)
      where balance_minor <> coalesce(sum, 0) or balance_minor < 0
    ), sessions as (
      select held.id, format('sessions_left %s, entries %s', sessions_left, coalesce(sum, 0)) as detail
      from student_subscriptions held
      left join (select student_subscription_id as id, sum(delta) as sum from session_entries group by student_subscription_id) entered
        using (id)
      where coalesce(sessions_left, 0) <> coalesce(sum, 0) or sessions_left < 0
    ), charge as materialized (
      select entry.real_training_student_id as seat_id, entry.id as entry_id, null::int as invoice_id
      from session_entries entry
      where entry.reason = 'training' and not exists (select from session_entries back where back.reverses_id = entry.id)
      union all
      select real_training_student_id, null, id from invoices where real_training_student_id is not null and status <> 'CANCELLED'
    ), twice as (
      select seat_id as id, format('%s live charges', count(*)) as detail from charge group by seat_id having count(*) > 1
    ), lost as (
      select seat_id as id, 'a live charge its registration does not know' as detail
      from charge join real_training_students seat on seat.id = seat_id
      where (seat.session_entry_id, seat.invoice_id) is distinct from (entry_id, charge.invoice_id)
      union all
      select seat.id, 'its session was returned, or is not its own' from real_training_students seat
      where session_entry_id is not null and not exists (select from charge where entry_id = session_entry_id and seat_id = seat.id)
      union all
      select seat.id, 'its invoice is not its own' from real_training_students seat join invoices on invoices.id = seat.invoice_id
      where real_training_student_id is distinct from seat.id
    ), vain as (
      select seat.id, format('%s, training %s is %s', seat.status, training.id, training.status) as detail
      from real_training_students seat join real_trainings training on training.id = real_training_id
      where seat.charged_at is not null and (seat.status in ('CANCELLED_SAFE', 'WAITLIST') or training.status = 'cancelled')
    ), unbegun as (
      select seat.id, format('training %s was made by run %s after it had begun', training.id, training.run_id) as detail
      from real_training_students seat join real_trainings training on training.id = real_training_id
      where seat.charged_at is not null and training.run_id is not null and training.created_at >= training.starts_at
    ), early as (
      select training.id, format('%s marked as present', count(seat.id)) as detail
      from real_trainings training
      left join real_training_students seat on seat.real_training_id = training.id and seat.status = 'PRESENT'
      where training.status = 'completed'
      group by training.id
      having training.completed_at < training.starts_at
        or (training.completed_at is null and bool_or(seat.attendance_marked_at < training.starts_at and coalesce(seat.marked_by, 'automatic') = 'automatic'))
    ), back as (
      select reverses_id as id, format('%s times', count(*)) as detail from session_entries
      where reverses_id is not null group by reverses_id having count(*) > 1
    ), never as (
      select seat.id, format('training %s of %s', training.id, training_date) as detail
      from real_training_students seat join real_trainings training on training.id = real_training_id
      where seat.charged_at is null and seat.excused_at is null and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT')
        and training.status <> 'cancelled' and training_date <= ${date}::date
    ), bills as (
      select id, format('%s, transactions %s of %s', status, coalesce(sum, 0), amount_minor) as detail
      from invoices left join (
        select invoice_id as id, sum(amount_minor) as sum from wallet_transactions where invoice_id is not null group by invoice_id
      ) entered using (id)
      where coalesce(sum, 0) <> case status when 'PAID' then -amount_minor else 0 end
    ), payouts as (
      select payments.id, format('refunds %s of %s, payouts %s', coalesce(refunded, 0), amount_minor, coalesce(paid_out, 0)) as detail
      from payments
      left join (select payment_id as id, sum(amount_minor) as refunded from payment_refunds group by payment_id) back using (id)
      left join (select payment_id as id, -sum(amount_minor) as paid_out from wallet_transactions where kind = 'payout' group by payment_id) gone
        using (id)
      where coalesce(refunded, 0) > amount_minor or coalesce(refunded, 0) <> coalesce(paid_out, 0)
    ), units as (${unitsNotSquare}), sold as (${packagesNotSquare}), booked as (${bookingsNotSquare}), dead as (${deadUnits})
    select 'balance' as rule, id, detail from balances
    union all select 'sessions_left', id, detail from sessions
    union all select 'charged_twice', id, detail from twice
    union all select 'charge_lost', id, detail from lost
    union all select 'charged_in_vain', id, detail from vain
    union all select 'never_began', id, detail from unbegun
    union all select 'completed_early', id, detail from early
    union all select 'returned_twice', id, detail from back
    union all select 'never_charged', id, detail from never
    union all select 'paid_without_transaction', id, detail from bills
    union all select 'refunds_differ', id, detail from payouts
    union all select 'units_left', id, detail from units
    union all select 'package_charge', id, detail from sold
    union all select 'booking_charge', id, detail from booked
    union all select 'dead_units', id, detail from dead
    order by rule, id`);
