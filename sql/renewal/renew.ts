import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { lockStudents } from '../finance/seats.ts';
import { lockWallets, settle } from '../finance/settle.ts';
import { holderRow } from '../sessions/holders.ts';
import { isUnpaidRenewal, MOST_CARRIED } from '../subscriptions/held.ts';
import { isDue, nextDue, type Position } from './due.ts';

const decided = holderRow.extend({
  /** The new subscription, or null where there is a reason for none. */
  renewed_id: z.int().nullable(),
  reason: z.enum(['type_inactive', 'student_inactive', 'previous_unpaid', 'term_over']).nullable(),
  /** Of one whose own invoice is unpaid: the invoice, and whether its payer was notified already. */
  unpaid_invoice: z.object({ id: z.int(), amount_minor: z.int(), due_date: z.iso.date() }).nullable(),
  is_told: z.boolean(),
  subscription_id: z.int(),
  start_date: z.iso.date(),
  end_date: z.iso.date(),
  sessions: z.int().nullable(),
  carried: z.int(),
  /** Of those carried over, the sessions that had expired before the night came. */
  revived: z.int(),
  price_minor: z.int(),
});
export type Decided = z.output<typeof decided> & { is_paid: boolean };
export type Renewals = { place: Position; decided: readonly Decided[]; payments: number };

/**
 * Renews the next `size` subscriptions after a place that are due on a business day (D24), each at most once ever, and pays
 * what the wallets cover. Everything is by the day of the run and today's catalogue. `place` is null when none was left. Where the
 * term would be over before today, or the one to renew was never paid itself (D41), there is a reason instead.
 * @param today the business day on which the run is executed
 */
export async function renewNext(
  transaction: Sql,
  date: string,
  place: Position,
  size: number,
  runId: number | null,
  today: string = date,
): Promise<Renewals> {
  const due = await nextDue(transaction, date, place, size);
  const last = due.at(-1);
  if (!last) return { place: null, decided: [], payments: 0 };
  await lockStudents(transaction, [...new Set(due.map((subscription) => subscription.student_id))]);
  const payers = [...new Set(due.map((subscription) => subscription.payer_id))];
  await lockWallets(transaction, payers);
  const made = await transaction.any(
    renewStatement(
      due.map((subscription) => subscription.id),
      date,
      today,
      runId,
    ),
  );
  await carryOver(transaction, made, runId);
  // Somebody else may pay by now for whoever was waited for.
  const payments = await settle(transaction, [...new Set([...payers, ...made.map(({ payer_id }) => payer_id)])]);
  const paid = new Set(
    await paidOf(
      transaction,
      made.flatMap(({ renewed_id }) => renewed_id ?? []),
    ),
  );
  return {
    place: [last.end_date, last.id],
    decided: made.map((renewal) => ({
      ...renewal,
      is_paid: renewal.renewed_id !== null && (renewal.price_minor === 0 || paid.has(renewal.renewed_id)),
    })),
    payments,
  };
}

/** The dedupe key of the message that an unpaid renewal is not renewed again (D41). */
export const previousUnpaidKey = (heldId: number) => `renewal_previous_unpaid:${heldId}`;

const renewStatement = (ids: readonly number[], date: string, today: string, runId: number | null) => sql.type(decided)`
  with candidate as materialized (
    select held.id, held.student_id, student.payer_id, concat_ws(' ', person.first_name, nullif(person.last_name, '')) as student,
      held.subscription_id, type.name as subscription, type.price_minor, type.number_of_sessions, type.validity_days, type.validity_months,
      greatest(held.end_date + 1, ${date}::date) as start_date, held.anchor_day as old_anchor, held.sessions_left,
      case when held.sessions_left is null or type.number_of_sessions is null then 0
        else least(${MOST_CARRIED}, held.sessions_left + case when held.status = 'expired' then coalesce((
          select -sum(delta) from session_entries entry where entry.student_subscription_id = held.id and entry.reason = 'expired'
        ), 0) else 0 end)::int end as carried,
      case when not type.is_active then 'type_inactive' when not person.is_active then 'student_inactive'
        when ${isUnpaidRenewal} then 'previous_unpaid' end as obstacle
    from student_subscriptions held
    join subscriptions type on type.id = held.subscription_id
    join students student on student.id = held.student_id
    join users person on person.id = held.student_id
    where held.id = any(${sql.array([...ids], 'int4')}) and ${isDue(date)}
  ), anchored as materialized (
    select candidate.*, term_anchor(start_date, old_anchor) as anchor_day from candidate
  ), due as materialized (
    select anchored.*, term_end(start_date, validity_days, validity_months, anchor_day) as end_date,
      coalesce(obstacle, case when term_end(start_date, validity_days, validity_months, anchor_day) < ${today}::date then 'term_over' end) as reason
    from anchored
  ), renewed as (
    insert into student_subscriptions
      (student_id, subscription_id, start_date, end_date, sessions_left, transferred_sessions, is_auto_renew, renewed_from_id,
        anchor_day, term_days)
    select student_id, subscription_id, start_date, end_date, number_of_sessions, carried, true, id, anchor_day, end_date - start_date + 1
    from due where reason is null order by id
    on conflict (renewed_from_id) do nothing
    returning id, renewed_from_id
  ), invoiced as (
    insert into invoices (payer_id, student_id, type, amount_minor, student_subscription_id, is_auto_renewal, due_date, run_id)
    select payer_id, student_id, 'SUBSCRIPTION', price_minor, renewed.id, true, start_date, ${runId}::int
    from renewed join due on due.id = renewed.renewed_from_id where price_minor > 0 order by due.id
  )
  select due.id, due.student_id, due.student, due.payer_id, due.subscription, renewed.id as renewed_id, reason, due.subscription_id,
    due.start_date, due.end_date, number_of_sessions as sessions, carried,
    coalesce(greatest(carried - sessions_left, 0), 0) as revived, price_minor,
    case when reason = 'previous_unpaid' then (
      select json_build_object('id', bill.id, 'amount_minor', amount_minor, 'due_date', due_date) from invoices bill
      where bill.student_subscription_id = due.id and bill.is_auto_renewal and bill.status in ('UNPAID', 'PENDING') order by bill.id limit 1)
    end as unpaid_invoice,
    coalesce(reason, '') = 'previous_unpaid' and exists (
      select from notifications where dedupe_key = 'renewal_previous_unpaid:' || due.id) as is_told
  from due left join renewed on renewed.renewed_from_id = due.id
  where reason is not null or renewed.id is not null
  order by due.id`;

/** Moves unused sessions from the old ones to the new ones; what had expired before a late night came is entered back first. */
async function carryOver(transaction: Sql, made: readonly z.output<typeof decided>[], runId: number | null) {
  const rows = made.flatMap(({ id, renewed_id, carried, revived }) => {
    if (renewed_id === null || carried === 0) return [];
    const back = revived > 0 ? [[id, revived, 'expired']] : [];
    return [...back, [id, -carried, 'carried_out'], [renewed_id, carried, 'carried_in']];
  });
  if (rows.length === 0) return;
  await transaction.query(sql.unsafe`
    insert into session_entries (student_subscription_id, delta, reason, run_id)
    select *, ${runId}::int from ${sql.unnest(rows, ['int4', 'int4', 'text'])}`);
}

const paidOf = (transaction: Sql, ids: readonly number[]) =>
  transaction.anyFirst(sql.type(z.object({ id: z.int() }))`
    select student_subscription_id as id from invoices
    where student_subscription_id = any(${sql.array([...ids], 'int4')}) and status = 'PAID'`);
