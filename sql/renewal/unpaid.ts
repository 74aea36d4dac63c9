import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { holderColumns, holderRow, holderTables } from '../sessions/holders.ts';
import { after, type Position } from './due.ts';

const unpaidRow = holderRow.extend({
  invoice_id: z.int(),
  due_date: z.iso.date(),
  amount_minor: z.int(),
  /** Days since the due date, on the night's day. */
  days_late: z.int(),
  /** How often it had been paid before it became owed again, and the days since then, at most `days_late`. */
  owed_no: z.int(),
  days_owed: z.int(),
  /** The dedupe keys of the messages sent to its holder about this invoice. */
  told: z.array(z.string()),
});
export type Unpaid = z.output<typeof unpaidRow>;

/**
 * Unpaid renewals whose invoices were due, or became owed again, on a business day or up to `since` days before it, in the order of their due date and id.
 * One that a late night of the same day has made is left out: its holder was told the price and the day just now.
 */
export const nextUnpaid = (db: Sql, date: string, since: number, place: Position, limit: number, zone: string) =>
  db.any(sql.type(unpaidRow)`
    select ${holderColumns}, bill.id as invoice_id, bill.due_date, bill.amount_minor, ${date}::date - bill.due_date as days_late,
      owed_no, ${date}::date - owed_since as days_owed,
      array(
        select dedupe_key from notifications
        where dedupe_key in ('renewal_lapsed:' || owed, 'renewal_unpaid:' || owed || ':0', 'renewal_unpaid:' || owed || ':3',
          'renewal_unpaid:' || owed || ':7')) as told
    from ${holderTables}
    join invoices bill on bill.student_subscription_id = held.id
    cross join lateral (
      select count(*) filter (where kind = 'payment')::int as owed_no,
        greatest(bill.due_date, max(least((created_at at time zone ${zone})::date, ${date}::date)) filter (where kind = 'refund')) as owed_since
      from wallet_transactions where invoice_id = bill.id
    ) as paid
    cross join lateral (select bill.id || case when owed_no > 0 then '.' || owed_no else '' end as owed) as named
    where bill.is_auto_renewal and bill.status = 'UNPAID' and held.status <> 'cancelled' and bill.due_date <= ${date}::date
      and owed_since >= ${date}::date - ${since}::int
      and ${after(place, sql.fragment`bill.due_date`, sql.fragment`bill.id`)}
      and not exists (
        select from automated_process_history run where run.id = bill.run_id and run.process_date = ${date}::date)
    order by bill.due_date, bill.id limit ${limit}`);
