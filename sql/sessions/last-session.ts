import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { notifyPeople } from '../notifications/notify.ts';
import { noteForStudio } from '../notifications/studio-news.ts';
import { holderColumns, holderNotices, holderRow, holderTables } from './holders.ts';

const emptied = holderRow.extend({ end_date: z.iso.date(), is_auto_renew: z.boolean() });

/**
 * Notifies those whose last session was taken for one of the registrations (D28), and the studio, in the transaction that took it;
 * each subscription once, whatever is given back and taken again.
 */
export async function notifyOfLastSessions(transaction: Sql, seatIds: readonly number[]) {
  if (seatIds.length === 0) return;
  await notifyOfEmptied(
    transaction,
    sql.fragment`
      select entry.student_subscription_id
      from real_training_students seat join session_entries entry on entry.id = seat.session_entry_id
      where seat.id = any(${sql.array([...seatIds], 'int4')})`,
  );
}

/** The same of a booking that was paid with a session (D50). */
export const notifyOfLastSessionOfBooking = (transaction: Sql, bookingId: number) =>
  notifyOfEmptied(
    transaction,
    sql.fragment`select student_subscription_id from session_entries where booking_id = ${bookingId} and reason = 'booking'`,
  );

async function notifyOfEmptied(transaction: Sql, subscriptionIds: ReturnType<typeof sql.fragment>) {
  const holders = await transaction.any(sql.type(emptied)`
    select ${holderColumns}, held.end_date, held.is_auto_renew
    from ${holderTables}
    where held.sessions_left = 0 and held.status in ('active', 'frozen') and held.id in (${subscriptionIds})
    order by held.id`);
  await notifyPeople(
    transaction,
    holders.flatMap((holder) =>
      holderNotices(holder, {
        template: 'subscription_last_session',
        dedupe: `subscription_last_session:${holder.id}`,
        params: { end_date: holder.end_date, is_auto_renew: holder.is_auto_renew },
      }),
    ),
  );
  await noteForStudio(
    transaction,
    holders.map(({ id, student_id, student, subscription, end_date, is_auto_renew }) => ({
      kind: 'last_session',
      userId: student_id,
      dedupe: `last_session:${id}`,
      params: { student, subscription, end_date, is_auto_renew },
    })),
  );
}
