import { type In, sql } from '../database/database.ts';

/** The invoice of what is `confirmed`, as a part of a statement. @param day when it is due */
export const billed = (day: In<string>, status: 'PAID' | 'UNPAID') => sql.fragment`
  insert into invoices (payer_id, type, amount_minor, status, booking_id, due_date, paid_at)
  select payer_id, 'BOOKING', price_minor, ${status}::text, id, ${day}::date, case when ${status}::text = 'PAID' then now() end
  from confirmed where price_minor > 0
  returning id, payer_id, amount_minor`;

/** The wallet of who pays, held until the transaction ends: whatever writes an invoice holds its payer's wallet. */
export const payersWallet = (booking: ReturnType<typeof sql.fragment>) => sql.fragment`
  select balance_minor from wallets where user_id = (select payer_id from ${booking} where price_minor > 0) for update`;
