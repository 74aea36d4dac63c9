import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { dayOfInstant } from './periods.ts';

const position = z.object({
  day: z.iso.date(),
  /** Payments less refunds and what was cancelled, ever. */
  received_minor: z.int(),
  /** What else was entered into wallets by hand, and belongs to no payment. */
  adjusted_minor: z.int(),
  /** Money in wallets: paid and not used for anything yet. */
  wallets_minor: z.int(),
  /** Invoices that stand and are not paid. */
  owed_minor: z.int(),
});

/**
 * Where money stands at the end of studio days, from the ledgers: a deposit counts on the day of its payment. What was received, less
 * what was earned, is what lies in wallets and is paid for and not earned, less what is owed and earned.
 */
export const positionAt = (db: Sql, days: readonly string[], zone: string) =>
  db.any(sql.type(position)`
    with asked as materialized (
      select day from unnest(${sql.array([...days], 'date')}) as day
    ), moved as materialized (
      select case entry.kind when 'deposit' then coalesce(payment_date, ${dayOfInstant('entry.created_at', zone)})
          else ${dayOfInstant('entry.created_at', zone)} end as moved_on,
        entry.kind, entry.amount_minor, entry.invoice_id, entry.payment_id
      from wallet_transactions entry left join payments on payments.id = entry.payment_id
    )
    select asked.day,
      coalesce((select sum(amount_minor) from moved where moved_on <= asked.day and payment_id is not null), 0)::int8 as received_minor,
      coalesce((select sum(amount_minor) from moved where moved_on <= asked.day and payment_id is null and invoice_id is null), 0)::int8 as adjusted_minor,
      coalesce((select sum(amount_minor) from moved where moved_on <= asked.day), 0)::int8 as wallets_minor,
      coalesce((select sum(amount_minor) from invoices where ${dayOfInstant('created_at', zone)} <= asked.day
          and (cancelled_at is null or ${dayOfInstant('cancelled_at', zone)} > asked.day)), 0)::int8
        + coalesce((select sum(amount_minor) from moved where moved_on <= asked.day and invoice_id is not null), 0)::int8 as owed_minor
    from asked order by asked.day`);
