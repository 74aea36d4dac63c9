import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { holderColumns, holderRow, holderTables } from '../subscriptions/holders.ts';
import { after, type Place } from './due.ts';

const unpaidRow = holderRow.extend({
  invoice_id: z.int(),
  due_date: z.iso.date(),
  amount_minor: z.int(),
  /** Days since the due date, on the night's day. */
  days_late: z.int(),
  /** The keys under which its holder was told about this invoice. */
  told: z.array(z.string()),
});
export type Unpaid = z.output<typeof unpaidRow>;

/**
 * Unpaid renewals whose invoices were due on a business day or up to `since` days before it, in the order of their due date and id.
 * One that a late night of the same day has made is left out: its holder was told the price and the day just now.
 */
export const nextUnpaid = (db: Sql, date: string, since: number, place: Place, limit: number) =>
  db.any(sql.type(unpaidRow)`
    select ${holderColumns}, bill.id as invoice_id, bill.due_date, bill.amount_minor, ${date}::date - bill.due_date as days_late,
      array(
        select dedupe_key from notifications
        where dedupe_key in ('renewal_lapsed:' || bill.id, 'renewal_unpaid:' || bill.id || ':0', 'renewal_unpaid:' || bill.id || ':3',
          'renewal_unpaid:' || bill.id || ':7')) as told
    from ${holderTables}
    join invoices bill on bill.student_subscription_id = held.id
    where bill.is_auto_renewal and bill.status = 'UNPAID' and held.status <> 'cancelled' and bill.due_date between ${date}::date - ${since}::int and ${date}::date
      and ${after(place, sql.fragment`bill.due_date`, sql.fragment`bill.id`)}
      and not exists (
        select from automated_process_history run where run.id = bill.run_id and run.process_date = ${date}::date)
    order by bill.due_date, bill.id limit ${limit}`);
