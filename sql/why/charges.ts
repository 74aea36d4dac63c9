import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { aboutInvoice, invoiceName, invoicePerson, invoiceStart } from '../finance/about-invoice.ts';
import { firstToPay, paysOn } from '../finance/pays.ts';

const charge = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  payer_id: z.int(),
  student_id: z.int().nullable(),
  type: z.string(),
  status: z.string(),
  amount_minor: z.int(),
  is_auto_renewal: z.boolean(),
  /** Of a booking that cost less because its start left no gap. */
  is_fitting: z.boolean(),
  due_date: z.iso.date().nullable(),
  paid_at: z.iso.datetime().nullable(),
  cancelled_at: z.iso.datetime().nullable(),
  cancellation_reason: z.string().nullable(),
  seat_id: z.int().nullable(),
  training_id: z.int().nullable(),
  training_date: z.iso.date().nullable(),
  student_subscription_id: z.int().nullable(),
  booking_id: z.int().nullable(),
  run_id: z.int().nullable(),
  name: z.string().nullable(),
  person: z.string().nullable(),
  starts_at: z.iso.datetime().nullable(),
});
export type ExplainedCharge = z.output<typeof charge>;

/** An invoice with what it is for; null when there is none. */
export const findCharge = (db: Sql, invoiceId: number) =>
  db.maybeOne(sql.type(charge)`
    select bill.id, bill.created_at as at, bill.payer_id, bill.student_id, bill.type, bill.status, bill.amount_minor, bill.is_auto_renewal,
      exists (select from booking_discounts less where less.booking_id = bill.booking_id and less.kind = 'fitting') as is_fitting,
      bill.due_date, bill.paid_at, bill.cancelled_at, bill.cancellation_reason, seat.id as seat_id, training.id as training_id,
      training.training_date, bill.student_subscription_id, bill.booking_id, bill.run_id,
      ${invoiceName} as name, ${invoiceStart} as starts_at,
      (select concat_ws(' ', first_name, nullif(last_name, '')) from users where users.id = ${invoicePerson}) as person
    from invoices bill ${aboutInvoice}
    where bill.id = ${invoiceId}`);

export const considered = z.object({
  student_subscription_id: z.int(),
  subscription: z.string(),
  start_date: z.iso.date(),
  end_date: z.iso.date(),
  sessions_left: z.int().nullable(),
  obstacle: z.enum(['not_begun', 'ended', 'cancelled', 'frozen', 'used_up', 'promised', 'later']),
});

/**
 * Why none of a student's subscriptions paid for a training of a day when it was charged at an instant (D13): the nearest ten. Sessions are
 * counted as they were then; a freeze is known only as it is now. `later`: it was bought or changed since.
 * `promised`: its sessions go to trainings before this one, which is not charged yet.
 */
export const consideredFor = (db: Sql, of: { studentId: number; day: string; at: string }) =>
  db.any(sql.type(considered)`
    select held.id as student_subscription_id, kind.name as subscription, start_date, end_date, case when sessions_left is not null then was end as sessions_left,
      case when start_date > ${of.day}::date then 'not_begun'
        when end_date < ${of.day}::date then 'ended'
        when held.created_at > ${of.at}::timestamptz then 'later'
        when held.status = 'cancelled' then 'cancelled'
        when ${of.day}::date between freeze_start_date and freeze_end_date then 'frozen'
        when sessions_left is not null and was <= 0 then 'used_up'
        else 'later' end as obstacle
    from student_subscriptions held
    join subscriptions kind on kind.id = subscription_id
    cross join lateral (
      select coalesce(sum(delta), 0)::int as was from session_entries
      where student_subscription_id = held.id and created_at < ${of.at}::timestamptz) as counted
    where held.student_id = ${of.studentId}
    order by abs(end_date - ${of.day}::date), held.id limit 10`);

const due = z.object({
  seat_id: z.int(),
  /** Subscriptions that may pay for it, the first to pay first; `left` is null where that is unlimited. */
  payers: z.array(z.object({ id: z.int(), name: z.string(), left: z.int().nullable() })),
});
/** What is due of a student up to one place, in the order in which it is charged, and with what each may be paid as things stand (D13). */
export const dueUpTo = (db: Sql, of: { studentId: number; seatId: number }) =>
  db.any(sql.type(due)`
    select seat.id as seat_id, coalesce((
      select jsonb_agg(jsonb_build_object('id', held.id, 'name', kind.name, 'left', sessions_left) order by ${firstToPay})
      from student_subscriptions held join subscriptions kind on kind.id = subscription_id
      where held.student_id = seat.student_id and ${paysOn(sql.fragment`training.training_date`)}), '[]') as payers
    from real_training_students seat join real_trainings training on training.id = seat.real_training_id
    where seat.student_id = ${of.studentId} and seat.charged_at is null and seat.excused_at is null
      and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT') and training.status <> 'cancelled'
      and (starts_at, seat.id) <= (
        select starts_at, place.id from real_training_students place join real_trainings on real_trainings.id = real_training_id
        where place.id = ${of.seatId})
    order by starts_at, seat.id`);

const entry = z.object({ id: z.int(), at: z.iso.datetime(), kind: z.string(), amount_minor: z.int() });

/** What an invoice did to the wallet, oldest first. */
export const entriesOfInvoice = (db: Sql, invoiceId: number) =>
  db.any(sql.type(entry)`
    select id, created_at as at, kind, amount_minor from wallet_transactions where invoice_id = ${invoiceId} order by id`);

/** What a payment did to the wallet, oldest first. */
export const entriesOfPayment = (db: Sql, paymentId: number) =>
  db.any(sql.type(entry)`
    select id, created_at as at, kind, amount_minor from wallet_transactions where payment_id = ${paymentId} order by id`);

/** Whose wallet an entry is in, and what it is of; null when there is none. */
export const findTransaction = (db: Sql, id: number) =>
  db.maybeOne(
    sql.type(
      z.object({
        id: z.int(),
        at: z.iso.datetime(),
        kind: z.string(),
        amount_minor: z.int(),
        user_id: z.int(),
        invoice_id: z.int().nullable(),
        payment_id: z.int().nullable(),
        refund_id: z.int().nullable(),
      }),
    )`select id, created_at as at, kind, amount_minor, user_id, invoice_id, payment_id, refund_id from wallet_transactions where id = ${id}`,
  );

/** The payment a refund is of; null when there is no such refund. */
export const paymentOfRefund = (db: Sql, refundId: number) =>
  db.maybeOneFirst(sql.type(z.object({ payment_id: z.int() }))`select payment_id from payment_refunds where id = ${refundId}`);
