import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const place = z.object({
  seat_id: z.int(),
  student_id: z.int(),
  student: z.string(),
  payer_id: z.int(),
  /** The subscription that its session returned to last, and what is left of it (null: unlimited); null where none did. */
  session: z.object({ subscription: z.string(), sessions_left: z.int().nullable() }).nullable(),
  /** The subscription that pays for it now, and what is left there; null where none does. */
  paid_with: z.object({ subscription: z.string(), sessions_left: z.int().nullable() }).nullable(),
  /** The invoice that stands for it now. */
  invoice: z.object({ amount_minor: z.int(), is_paid: z.boolean() }).nullable(),
});
export type SeatFacts = z.output<typeof place>;

/** Whose registrations these are, who pays for them now, and where a session that was given back is now,
 * also one that was carried on to the renewal of its subscription (D47). Read after giving back. */
export const seatFacts = (db: Sql, seatIds: readonly number[]) =>
  db.any(sql.prepared('seat_facts', place)`
    select seat.id as seat_id, seat.student_id, concat_ws(' ', first_name, nullif(last_name, '')) as student, payer_id, (
      select json_build_object('subscription', type.name, 'sessions_left', held.sessions_left)
      from session_entries entry
      join student_subscriptions held on held.id = entry.student_subscription_id
      join subscriptions type on type.id = held.subscription_id
      where held.student_id = seat.student_id and entry.reason in ('returned', 'carried_in') and entry.created_at = (
        select max(created_at) from session_entries back where back.real_training_student_id = seat.id and back.reason = 'returned')
      order by entry.id desc limit 1
    ) as session, (
      select json_build_object('subscription', type.name, 'sessions_left', held.sessions_left)
      from session_entries entry
      join student_subscriptions held on held.id = entry.student_subscription_id
      join subscriptions type on type.id = held.subscription_id
      where entry.id = seat.session_entry_id
    ) as paid_with, (
      select json_build_object('amount_minor', amount_minor, 'is_paid', status = 'PAID') from invoices
      where real_training_student_id = seat.id and status <> 'CANCELLED' order by id desc limit 1
    ) as invoice
    from real_training_students seat
    join students on students.id = seat.student_id
    join users on users.id = seat.student_id
    where seat.id = any(${sql.array([...seatIds], 'int4')}) order by seat.id`);

/** What was charged just now, with what pays for the place. */
export const paysFor = ({ paid_with, invoice }: SeatFacts, charged: { sessions: number; invoices: number }) => ({
  ...charged,
  session: paid_with,
  invoice,
});

/** What is in wallets, by user. Whoever has none is missing. */
export async function balancesOf(db: Sql, userIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const rows = await db.any(sql.type(z.object({ user_id: z.int(), balance_minor: z.int() }))`
    select user_id, balance_minor from wallets where user_id = any(${sql.array([...userIds], 'int4')})`);
  return new Map(rows.map(({ user_id, balance_minor }) => [user_id, balance_minor]));
}
