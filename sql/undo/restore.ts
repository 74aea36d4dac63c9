import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/**
 * Makes trainings what they were before a change: time, place, price, places, notes, status. Their registrations stay as they are. Throws
 * an exclusion violation for what has been taken since.
 */
export const restoreTrainings = (transaction: Sql, undoId: number) =>
  transaction.query(sql.unsafe`
    update real_trainings training set trainer_id = was.trainer_id, regular_trainer_id = was.regular_trainer_id, room_id = was.room_id, training_date = was.training_date,
      start_time = was.start_time, starts_at = was.starts_at, ends_at = was.ends_at, max_participants = was.max_participants,
      price_minor = was.price_minor, status = was.status, notes = was.notes, free_until_start = was.free_until_start,
      cancelled_at = was.cancelled_at, cancellation_reason = was.cancellation_reason, cancellation = was.cancellation
    from undos, jsonb_array_elements(before -> 'trainings') as one, jsonb_populate_record(null::real_trainings, one -> 'row') as was
    where undos.id = ${undoId} and training.id = was.id`);

/** Makes the registrations what they were, but for what pays for them. Throws an exclusion violation for who is elsewhere since. */
export const restoreSeats = (transaction: Sql, undoId: number) =>
  transaction.query(sql.unsafe`
    update real_training_students seat set status = was.status, cancelled_at = was.cancelled_at,
      cancellation_reason = was.cancellation_reason, cancellation = was.cancellation, excused_at = was.excused_at,
      attendance_marked_at = was.attendance_marked_at, marked_by = was.marked_by, mark_notes = was.mark_notes
    from undos, jsonb_array_elements(before -> 'trainings') as one, jsonb_array_elements(one -> 'seats') as place,
      jsonb_populate_record(null::real_training_students, place) as was
    where undos.id = ${undoId} and seat.id = was.id and seat.status <> was.status`);

const placeBefore = z.object({
  training_id: z.int(),
  trainer_id: z.int(),
  room_id: z.int().nullable(),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  student_ids: z.array(z.int()),
});

/** Who and what the trainings of a change took before it, and when. */
export const placesBefore = (db: Sql, undoId: number) =>
  db.any(sql.type(placeBefore)`
    select was.id as training_id, was.trainer_id, was.room_id, was.starts_at, was.ends_at, array(
      select (place ->> 'student_id')::int from jsonb_array_elements(one -> 'seats') as place
      where place ->> 'status' in ('REGISTERED', 'PRESENT')) as student_ids
    from undos, jsonb_array_elements(before -> 'trainings') as one, jsonb_populate_record(null::real_trainings, one -> 'row') as was
    where undos.id = ${undoId} order by was.id`);

const paid = z.object({
  seat_id: z.int(),
  student_id: z.int(),
  /** What pays for it now is not what did. */
  is_recharged: z.boolean(),
  /** It was charged, and is not as it was. */
  is_lost: z.boolean(),
  charged_at: z.string().nullable(),
  /** The session that paid: whose it was, whether it counted, where it was entered when it came back, and where it is now. */
  held_id: z.int().nullable(),
  delta: z.int().nullable(),
  returned_on: z.int().nullable(),
  invoice_id: z.int().nullable(),
  invoice_status: z.enum(['PENDING', 'UNPAID', 'PAID', 'CANCELLED']).nullable(),
  amount_minor: z.int().nullable(),
  payer_id: z.int().nullable(),
});
export type Paid = z.output<typeof paid>;

/** What paid for the registrations of a change before it, compared with what pays now. */
export const paidBefore = (db: Sql, undoId: number) =>
  db.any(sql.type(paid)`
    select seat.id as seat_id, seat.student_id,
      seat.charged_at is not null and (seat.session_entry_id, seat.invoice_id)
        is distinct from ((place ->> 'session_entry_id')::int, (place ->> 'invoice_id')::int) as is_recharged,
      place ->> 'charged_at' is not null and (seat.charged_at is null or (seat.session_entry_id, seat.invoice_id)
        is distinct from ((place ->> 'session_entry_id')::int, (place ->> 'invoice_id')::int)) as is_lost,
      place ->> 'charged_at' as charged_at, (place ->> 'held_id')::int as held_id, (place ->> 'delta')::int as delta,
      back.student_subscription_id as returned_on, (place ->> 'invoice_id')::int as invoice_id, place ->> 'invoice_status' as invoice_status,
      (place ->> 'amount_minor')::int8 as amount_minor, (place ->> 'payer_id')::int as payer_id
    from undos, jsonb_array_elements(before -> 'trainings') as one, jsonb_array_elements(one -> 'seats') as place
    join real_training_students seat on seat.id = (place ->> 'id')::int
    left join session_entries back on back.reverses_id = (place ->> 'session_entry_id')::int
    where undos.id = ${undoId} order by seat.id`);

/** A subscription and those that renew it, up to another one; empty where there is no such way. */
export const wayBetween = (db: Sql, from: number, to: number) =>
  db.maybeOneFirst(sql.type(z.object({ path: z.array(z.int()) }))`
    with recursive chain as (
      select id, array[id] as path from student_subscriptions where id = ${from}
      union all
      select heir.id, path || heir.id from chain join student_subscriptions heir on heir.renewed_from_id = chain.id
    )
    select path from chain where id = ${to}`);

/** Sessions a subscription has left, null: unlimited. */
export const sessionsLeft = (db: Sql, id: number) =>
  db.oneFirst(sql.type(z.object({ sessions_left: z.int().nullable() }))`
    select sessions_left from student_subscriptions where id = ${id}`);

/** Takes the session again that paid for a registration. The subscription has one. */
export const takeSessionAgain = (transaction: Sql, of: { seatId: number; heldId: number; delta: number; chargedAt: string }) =>
  transaction.query(sql.unsafe`
    with entered as (
      insert into session_entries (student_subscription_id, real_training_student_id, charge_no, delta, reason)
      select ${of.heldId}, id, returns, ${of.delta}, 'training' from real_training_students where id = ${of.seatId}
      returning id
    )
    update real_training_students set charged_at = ${of.chargedAt}::timestamptz, session_entry_id = entered.id
    from entered where real_training_students.id = ${of.seatId}`);

/** Lets an invoice stand again as it stood, paid from the wallet if it was. The wallet is locked and holds enough. */
export const reviveInvoice = (transaction: Sql, of: { id: number; status: 'PENDING' | 'UNPAID' | 'PAID' }) =>
  transaction.query(sql.unsafe`
    with alive as (
      update invoices set status = ${of.status}, cancelled_at = null, cancellation_reason = null
      where id = ${of.id} and status = 'CANCELLED' returning id, payer_id, amount_minor
    )
    insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
    select payer_id, -amount_minor, 'payment', id from alive where ${of.status} = 'PAID'`);

/** Notes of a registration that an invoice pays for it, or, with null, that nothing was to be paid. */
export const chargeAgain = (transaction: Sql, of: { seatId: number; invoiceId: number | null; chargedAt: string }) =>
  transaction.query(sql.unsafe`
    update real_training_students set charged_at = ${of.chargedAt}::timestamptz, invoice_id = ${of.invoiceId} where id = ${of.seatId}`);

/** Forgets changes of the schedule that were taken back, and the taking back, unless the admins have been told of them. */
export const forgetRestored = (transaction: Sql, ids: readonly number[], trainingIds: readonly number[]) =>
  transaction.query(sql.unsafe`
    with forgotten as (
      delete from schedule_changes where id = any(${sql.array([...ids], 'int4')}::bigint[]) and told_at is null returning id
    )
    delete from schedule_changes
    where changed_at = now() and real_training_id = any(${sql.array([...trainingIds], 'int4')})
      and (select count(*) from forgotten) = ${ids.length}`);
