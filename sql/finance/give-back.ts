import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { lockWallets, settle } from './settle.ts';

const returned = z.object({
  seat_id: z.int(),
  student_id: z.int(),
  payer_id: z.int().nullable(),
  sessions: z.int(),
  refunded_minor: z.int(),
  cancelled_minor: z.int(),
});
export type Returned = z.output<typeof returned>;

/**
 * Gives back what the registrations were charged (D18), as entries of the opposite; nothing is deleted. A session goes back to
 * the subscription it came from or, if that one has expired, to its live successor by renewal; a paid invoice to the payer's wallet,
 * where it settles what is owed. The caller holds the students' locks. Registrations without a charge are left as they are.
 */
export async function giveBack(
  transaction: Sql,
  seatIds: readonly number[],
  runId: number | null = null,
): Promise<readonly Returned[]> {
  const payers = await transaction.anyFirst(sql.type(z.object({ payer_id: z.int() }))`
    select distinct payer_id from real_training_students seat join invoices on invoices.id = seat.invoice_id
    where seat.id = any(${sql.array([...seatIds], 'int4')}) and invoices.status <> 'CANCELLED'`);
  if (payers.length > 0) await lockWallets(transaction, payers);
  const back = await transaction.any(giveBackStatement(seatIds, runId));
  if (payers.length > 0) await settle(transaction, payers);
  return back;
}

const giveBackStatement = (seatIds: readonly number[], runId: number | null) => sql.prepared('give_back', returned)`
  with recursive seat as materialized (
    select id, student_id, session_entry_id, invoice_id from real_training_students
    where id = any(${sql.array([...seatIds], 'int4')}) and charged_at is not null
  ), taken as materialized (
    select seat.id as seat_id, entry.id as entry_id, entry.delta, entry.student_subscription_id as held_id
    from seat join session_entries entry on entry.id = seat.session_entry_id
  ), heirs as (
    select entry_id, held.id, held.status, held.sessions_left, 0 as generation
    from taken join student_subscriptions held on held.id = held_id
    union all
    select entry_id, heir.id, heir.status, heir.sessions_left, generation + 1
    from heirs join student_subscriptions heir on heir.renewed_from_id = heirs.id
    where heirs.status = 'expired'
  ), target as (
    select distinct on (entry_id) entry_id, id, sessions_left is null as is_unlimited
    from heirs order by entry_id, (status in ('active', 'frozen')) desc, (generation = 0) desc, generation
  ), entered as (
    insert into session_entries (student_subscription_id, real_training_student_id, delta, reason, reverses_id, run_id)
    select target.id, seat_id, case when is_unlimited then 0 else -delta end, 'returned', entry_id, ${runId}::int
    from taken join target using (entry_id)
    returning real_training_student_id as seat_id
  ), bill as materialized (
    select seat.id as seat_id, invoice.id, invoice.payer_id, invoice.amount_minor, invoice.status
    from seat join invoices invoice on invoice.id = seat.invoice_id where invoice.status <> 'CANCELLED'
  ), cancelled as (
    update invoices set status = 'CANCELLED', cancelled_at = now() from bill where bill.id = invoices.id
    returning invoices.id
  ), refunded as (
    insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
    select payer_id, amount_minor, 'refund', id from bill where status = 'PAID' order by id
    returning id
  ), cleared as (
    update real_training_students set charged_at = null, session_entry_id = null, invoice_id = null, returns = returns + 1
    where id in (select id from seat)
    returning id
  )
  select seat.id as seat_id, seat.student_id, bill.payer_id,
    (exists (select from entered where entered.seat_id = seat.id))::int as sessions,
    coalesce(case when bill.status = 'PAID' then bill.amount_minor end, 0) as refunded_minor,
    coalesce(case when bill.status <> 'PAID' then bill.amount_minor end, 0) as cancelled_minor
  from seat left join bill on bill.seat_id = seat.id
  order by seat.id`;
