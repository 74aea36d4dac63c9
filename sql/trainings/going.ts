import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const subscription = z.object({ id: z.int(), name: z.string() });
const going = z.object({
  seat_id: z.int(),
  student_id: z.int(),
  student: z.string(),
  payer_id: z.int(),
  status: z.enum(['REGISTERED', 'PRESENT', 'ABSENT']),
  is_charged: z.boolean(),
  /** The subscription whose session pays for it, and whether that one covers the day in question. */
  session: subscription.extend({ covers: z.boolean() }).nullable(),
  invoice: z.object({ id: z.int(), amount_minor: z.int(), is_owed: z.boolean() }).nullable(),
  /** The subscription that would pay for it on that day (D13). */
  other: subscription.nullable(),
});
export type Going = z.output<typeof going>;

/** Who has a place in a training, what pays for it, and what would on a business day. */
export const goingTo = (db: Sql, trainingId: number, day: string) =>
  db.any(sql.type(going)`
    select seat.id as seat_id, seat.student_id, concat_ws(' ', person.first_name, nullif(person.last_name, '')) as student,
      students.payer_id, seat.status, seat.charged_at is not null as is_charged,
      case when held.id is not null then jsonb_build_object('id', held.id, 'name', type.name, 'covers', held.status <> 'cancelled'
        and ${day}::date between held.start_date and held.end_date
        and (held.freeze_start_date is null or ${day}::date not between held.freeze_start_date and held.freeze_end_date)) end as session,
      case when invoice.id is not null and invoice.status <> 'CANCELLED' then jsonb_build_object('id', invoice.id,
        'amount_minor', invoice.amount_minor, 'is_owed', invoice.status <> 'PAID') end as invoice,
      other.found as other
    from real_training_students seat
    join students on students.id = seat.student_id
    join users person on person.id = seat.student_id
    left join session_entries entry on entry.id = seat.session_entry_id
    left join student_subscriptions held on held.id = entry.student_subscription_id
    left join subscriptions type on type.id = held.subscription_id
    left join invoices invoice on invoice.id = seat.invoice_id
    left join lateral (
      select jsonb_build_object('id', valid.id, 'name', sold.name) as found
      from student_subscriptions valid join subscriptions sold on sold.id = valid.subscription_id
      where valid.student_id = seat.student_id and ${day}::date between valid.start_date and valid.end_date and valid.status <> 'cancelled'
        and (valid.sessions_left is null or valid.sessions_left > 0)
        and (valid.freeze_start_date is null or ${day}::date not between valid.freeze_start_date and valid.freeze_end_date)
      order by valid.sessions_left is null desc, valid.end_date, valid.id limit 1
    ) as other on seat.charged_at is not null
    where seat.real_training_id = ${trainingId} and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT')
    order by seat.id`);

const chargeRow = z.object({
  seat_id: z.int(),
  subscription_id: z.int().nullable(),
  subscription: z.string().nullable(),
  amount_minor: z.int().nullable(),
});

/** What pays for registrations now. */
export const chargesOf = (db: Sql, seatIds: readonly number[]) =>
  db.any(sql.type(chargeRow)`
    select seat.id as seat_id, held.id as subscription_id, type.name as subscription, invoice.amount_minor
    from real_training_students seat
    left join session_entries entry on entry.id = seat.session_entry_id
    left join student_subscriptions held on held.id = entry.student_subscription_id
    left join subscriptions type on type.id = held.subscription_id
    left join invoices invoice on invoice.id = seat.invoice_id and invoice.status <> 'CANCELLED'
    where seat.id = any(${sql.array([...seatIds], 'int4')}) order by seat.id`);
