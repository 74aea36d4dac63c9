import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { lockStudents } from '../finance/seats.ts';
import { lockWallets, settle } from '../finance/settle.ts';
import { carry, refundSession } from '../sessions/carry.ts';
import { payersOfChains } from '../sessions/shares.ts';

/** Whether the subscription that paid for a booking, if any, is valid and not frozen on a business day. */
export const isWithinSubscription = (transaction: Sql, bookingId: number, day: string) =>
  transaction.oneFirst(sql.type(z.object({ is_within: z.boolean() }))`
    select not exists (
      select from session_entries entry join student_subscriptions held on held.id = student_subscription_id
      where entry.booking_id = ${bookingId} and entry.reason = 'booking'
        and (${day}::date not between held.start_date and held.end_date or ${day}::date between held.freeze_start_date and held.freeze_end_date)
    ) as is_within`);

const homeRow = z.object({
  student_id: z.int(),
  origin_id: z.int(),
  is_free: z.boolean(),
  is_lost: z.boolean(),
  is_broken: z.boolean(),
  path: z.array(z.int()),
});

/**
 * Gives the session of a booking back (D47): to the subscription it was taken from and on to its live successor, or, where there is none,
 * as its share of the price. The caller holds the booking; the student is locked here, then wallets.
 * @param day the later one of today and the booking's business day
 */
export async function returnSession(transaction: Sql, entryId: number, day: string) {
  const before = await homeOf(transaction, entryId, day);
  await lockStudents(transaction, [before.student_id]);
  const { origin_id: origin, path, is_free, is_lost, is_broken } = await homeOf(transaction, entryId, day);
  const isOver = path.length === 0 && !is_free;
  const payers = isOver ? await payersOfChains(transaction, [origin]) : [];
  if (payers.length > 0) await lockWallets(transaction, payers);
  const home = is_free || is_broken ? (path.at(-1) ?? origin) : origin;
  await transaction.query(sql.unsafe`
    insert into session_entries (student_subscription_id, booking_id, delta, reason, reverses_id)
    select ${home}, booking_id, case when ${is_free || is_lost}::boolean then 0 else -delta end, 'returned', id
    from session_entries where id = ${entryId}`);
  if (!is_free && !is_broken) {
    await carry(
      transaction,
      path.slice(1).map((to, n) => ({ from: path[n] as number, to, sessions: 1 })),
      null,
    );
  }
  if (!isOver) return { sessions: 1, refunded_minor: 0, cancelled_minor: 0 };
  const share = await refundSession(transaction, { heldId: origin, seatId: null, runId: null, today: day });
  if (payers.length > 0) await settle(transaction, payers);
  return { sessions: 0, ...share };
}

const homeOf = (transaction: Sql, entryId: number, day: string) =>
  transaction.one(sql.type(homeRow)`
    with recursive taken as (
      select entry.student_subscription_id as origin_id, entry.delta = 0 as is_free from session_entries entry where id = ${entryId}
    ), chain as (
      select held.id, array[held.id] as path, held.sessions_left is null as is_lost, held.sessions_left is null as is_broken,
        held.status in ('active', 'frozen') and held.end_date >= ${day}::date as is_live
      from taken join student_subscriptions held on held.id = origin_id
      union all
      select heir.id, path || heir.id, heir.sessions_left is null, is_broken or heir.sessions_left is null,
        heir.status in ('active', 'frozen') and heir.end_date >= ${day}::date
      from chain join student_subscriptions heir on heir.renewed_from_id = chain.id
    ), home as (select path, is_lost, is_broken from chain where is_live order by cardinality(path) desc limit 1)
    select (select student_id from student_subscriptions where id = origin_id) as student_id, origin_id, is_free,
      coalesce(is_lost, false) as is_lost, coalesce(is_broken, false) as is_broken, coalesce(path, '{}') as path
    from taken left join home on true`);

const sessionRow = z.object({ subscription: z.string(), sessions_left: z.int().nullable() });

/** The subscription that a booking's session is in now, and what is left of it (null: unlimited): taken from it, or given back to it or on to its renewal (D47). */
export const sessionOfBooking = (transaction: Sql, bookingId: number, what: 'booking' | 'returned') =>
  transaction.maybeOne(sql.type(sessionRow)`
    with own as materialized (
      select entry.created_at, entry.student_subscription_id, held.student_id
      from session_entries entry join student_subscriptions held on held.id = student_subscription_id
      where entry.booking_id = ${bookingId} and entry.reason = ${what} order by entry.id desc limit 1
    )
    select type.name as subscription, held.sessions_left
    from own
    join session_entries entry on entry.created_at = own.created_at
      and (entry.student_subscription_id = own.student_subscription_id or ${what} = 'returned' and entry.reason = 'carried_in')
    join student_subscriptions held on held.id = entry.student_subscription_id and held.student_id = own.student_id
    join subscriptions type on type.id = held.subscription_id
    order by entry.id desc limit 1`);
