import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { lockStudents } from '../finance/seats.ts';
import { lockWallets, settle } from '../finance/settle.ts';
import { MOST_CARRIED } from '../subscriptions/held.ts';
import { holderRow } from '../subscriptions/holders.ts';
import { isDue, nextDue, type Place } from './due.ts';

const decided = holderRow.extend({
  /** The new subscription, or null where there is a reason for none. */
  renewed_id: z.int().nullable(),
  reason: z.enum(['type_inactive', 'student_inactive']).nullable(),
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
export type Renewals = { place: Place; decided: readonly Decided[]; payments: number };

/**
 * Renews the next `size` subscriptions after a place that are due on a business day (D24), each at most once ever, and pays
 * what the wallets cover. Everything is by the day of the run and today's catalogue. `place` is null when none was left.
 */
export async function renewNext(
  transaction: Sql,
  date: string,
  place: Place,
  size: number,
  runId: number | null,
): Promise<Renewals> {
  const due = await nextDue(transaction, date, place, size);
  const last = due.at(-1);
  if (!last) return { place: null, decided: [], payments: 0 };
  await lockStudents(transaction, [...new Set(due.map((one) => one.student_id))]);
  const payers = [...new Set(due.map((one) => one.payer_id))];
  await lockWallets(transaction, payers);
  const made = await transaction.any(
    renewStatement(
      due.map((one) => one.id),
      date,
      runId,
    ),
  );
  await carryOver(transaction, made, runId);
  const payments = await settle(transaction, payers);
  const paid = new Set(
    await paidOf(
      transaction,
      made.flatMap(({ renewed_id }) => renewed_id ?? []),
    ),
  );
  return {
    place: [last.end_date, last.id],
    decided: made.map((one) => ({
      ...one,
      is_paid: one.renewed_id !== null && (one.price_minor === 0 || paid.has(one.renewed_id)),
    })),
    payments,
  };
}

const renewStatement = (ids: readonly number[], date: string, runId: number | null) => sql.type(decided)`
  with due as materialized (
    select held.id, held.student_id, student.payer_id, concat_ws(' ', person.first_name, nullif(person.last_name, '')) as student,
      held.subscription_id, type.name as subscription, type.price_minor, type.number_of_sessions, type.validity_days,
      greatest(held.end_date + 1, ${date}::date) as start_date, held.sessions_left,
      case when held.sessions_left is null or type.number_of_sessions is null then 0
        else least(${MOST_CARRIED}, held.sessions_left + case when held.status = 'expired' then coalesce((
          select -sum(delta) from session_entries entry where entry.student_subscription_id = held.id and entry.reason = 'expired'
        ), 0) else 0 end)::int end as carried,
      case when not type.is_active then 'type_inactive' when not person.is_active then 'student_inactive' end as reason
    from student_subscriptions held
    join subscriptions type on type.id = held.subscription_id
    join students student on student.id = held.student_id
    join users person on person.id = held.student_id
    where held.id = any(${sql.array([...ids], 'int4')}) and ${isDue(date)}
  ), renewed as (
    insert into student_subscriptions
      (student_id, subscription_id, start_date, end_date, sessions_left, transferred_sessions, is_auto_renew, renewed_from_id)
    select student_id, subscription_id, start_date, start_date + validity_days - 1, number_of_sessions, carried, true, id
    from due where reason is null order by id
    on conflict (renewed_from_id) do nothing
    returning id, renewed_from_id, end_date
  ), invoiced as (
    insert into invoices (payer_id, student_id, type, amount_minor, student_subscription_id, is_auto_renewal, due_date, run_id)
    select payer_id, student_id, 'SUBSCRIPTION', price_minor, renewed.id, true, start_date, ${runId}::int
    from renewed join due on due.id = renewed.renewed_from_id where price_minor > 0 order by due.id
  )
  select due.id, due.student_id, due.student, due.payer_id, due.subscription, renewed.id as renewed_id, reason, due.subscription_id,
    start_date, coalesce(renewed.end_date, start_date) as end_date, number_of_sessions as sessions, carried,
    coalesce(greatest(carried - sessions_left, 0), 0) as revived, price_minor
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
