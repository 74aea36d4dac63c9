import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { holderColumns, holderRow, holderTables } from '../sessions/holders.ts';

/** Sessions that move over to the next one at most (D24). */
export const MOST_CARRIED = 3;

/** A subscription of a student as the route shows it. Days are business days; `days_left` counts today. */
export const heldRow = holderRow.extend({
  subscription_id: z.int(),
  start_date: z.iso.date(),
  end_date: z.iso.date(),
  status: z.enum(['active', 'frozen', 'expired', 'cancelled']),
  days_left: z.int(),
  sessions_left: z.int().nullable(),
  transferred_sessions: z.int(),
  is_auto_renew: z.boolean(),
  freeze_start_date: z.iso.date().nullable(),
  freeze_end_date: z.iso.date().nullable(),
  renewed_from_id: z.int().nullable(),
  /** The one that renews it; null where there is none, or it was called off. */
  renewed_by_id: z.int().nullable(),
  /** Its renewal was called off: there will be no other. */
  renewal_called_off: z.boolean(),
  next_renewal: z.object({ start_date: z.iso.date(), price_minor: z.int(), carried_sessions: z.int() }).nullable(),
  unpaid_invoice: z.object({ id: z.int(), amount_minor: z.int(), due_date: z.iso.date().nullable() }).nullable(),
  cancellation_reason: z.string().nullable(),
});
export type Held = z.output<typeof heldRow>;

/** A renewal whose own invoice was never paid is not renewed again (D41). */
export const isUnpaidRenewal = sql.fragment`(held.renewed_from_id is not null and exists (
  select from invoices bill where bill.student_subscription_id = held.id and bill.is_auto_renewal and bill.status in ('UNPAID', 'PENDING')))`;

/** What a renewal would carry over and cost if it came now, by today's catalogue; null where none will come (D24, D41). */
const nextRenewal = (today: string) => sql.fragment`
  case when held.is_auto_renew and held.status in ('active', 'frozen') and next.id is null and type.is_active and person.is_active
    and not ${isUnpaidRenewal} and held.end_date >= ${today}::date - 7
  then json_build_object('start_date', greatest(held.end_date + 1, ${today}::date), 'price_minor', type.price_minor,
    'carried_sessions', case when type.number_of_sessions is null then 0 else least(${MOST_CARRIED}, coalesce(held.sessions_left, 0)) end)
  end`;

const select = (today: string) => sql.fragment`
  select ${holderColumns}, held.subscription_id, held.start_date, held.end_date, held.status,
    case when held.status in ('active', 'frozen')
      then greatest(0, held.end_date - greatest(held.start_date, ${today}::date) + 1) else 0 end as days_left,
    held.sessions_left, held.transferred_sessions, held.is_auto_renew, held.freeze_start_date, held.freeze_end_date,
    held.renewed_from_id, case when next.status <> 'cancelled' then next.id end as renewed_by_id,
    coalesce(next.status = 'cancelled', false) as renewal_called_off, ${nextRenewal(today)} as next_renewal,
    (select json_build_object('id', bill.id, 'amount_minor', bill.amount_minor, 'due_date', bill.due_date)
      from invoices bill where bill.student_subscription_id = held.id and bill.status = 'UNPAID' order by bill.id limit 1) as unpaid_invoice,
    held.cancellation_reason
  from ${holderTables}
  left join student_subscriptions next on next.renewed_from_id = held.id`;

/** A student's subscriptions, newest first, after a cursor. */
export const listHeld = (
  db: Sql,
  filter: { studentId: number; status?: string; today: string; before?: number; limit: number },
) =>
  db.any(sql.type(heldRow)`
    ${select(filter.today)}
    where held.student_id = ${filter.studentId} and (${filter.status ?? null}::text is null or held.status = ${filter.status ?? null})
      and (${filter.before ?? null}::int is null or held.id < ${filter.before ?? null})
    order by held.id desc limit ${filter.limit}`);

export const findHeld = (db: Sql, id: number, today: string) =>
  db.maybeOne(sql.type(heldRow)`${select(today)} where held.id = ${id}`);

/** Whose subscription it is, so that the student can be locked; null when there is no such subscription. */
export const studentOf = (db: Sql, id: number) =>
  db.maybeOneFirst(sql.type(z.object({ student_id: z.int() }))`select student_id from student_subscriptions where id = ${id}`);

/** Turns auto-renewal on or off. The caller holds the student's lock. */
export const setAutoRenew = (transaction: Sql, id: number, isAutoRenew: boolean) =>
  transaction.query(sql.unsafe`update student_subscriptions set is_auto_renew = ${isAutoRenew} where id = ${id}`);
