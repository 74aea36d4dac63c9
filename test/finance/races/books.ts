import { z } from 'zod';
import { type Database, sql } from '../../../sql/database/database.ts';

/** Everything a scene's books say, by what it is about and not by number, so that two histories of the same events compare. */
export const booksOf = async (db: Database): Promise<Record<string, unknown>> => {
  const parts = await db.any(sql.type(z.object({ part: z.string(), rows: z.array(z.unknown()) }))`
    with line as (
      -- Whether a cancelled one was processed before concerns nobody any more.
      select 'training' as part, json_build_array(id, status, status <> 'cancelled' and processed_at is not null)::text as line
      from real_trainings
      union all
      select 'seat', json_build_array(real_training_id, seat.student_id, seat.status, charged_at is not null, session_entry_id is not null,
        invoice.amount_minor, invoice.status, returns, cancellation is not null)::text
      from real_training_students seat left join invoices invoice on invoice.id = invoice_id
      union all
      select 'invoice', json_build_array(payer_id, real_training_id, seat.student_id, charge_no, amount_minor, type, invoice.status)::text
      from invoices invoice join real_training_students seat on seat.id = real_training_student_id
      union all
      select 'wallet', json_build_array(user_id, balance_minor)::text from wallets
      union all
      select 'transaction', json_build_array(user_id, wallet_transactions.amount_minor, kind, real_training_student_id)::text
      from wallet_transactions left join invoices invoice on invoice.id = invoice_id
      union all
      select 'payment', json_build_array(payer_id, amount_minor, cancelled_at is not null)::text from payments
      union all
      select 'subscription', json_build_array(id, sessions_left)::text from student_subscriptions
      union all
      select 'session', json_build_array(student_subscription_id, real_training_student_id, charge_no, delta, reason)::text from session_entries
      union all
      select 'request', json_build_array(kind, real_training_id, student_id, status, outcome -> 'outcome', outcome -> 'detail',
        outcome -> 'charged', outcome -> 'returned', outcome -> 'students')::text from finance_requests
      union all
      select 'notice', json_build_array(user_id, template)::text from notifications
    )
    select part, json_agg(line order by line) as rows from line group by part order by part`);
  return Object.fromEntries(parts.map(({ part, rows }) => [part, rows]));
};
