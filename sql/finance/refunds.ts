import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { isNear } from '../reports/periods.ts';
import { METHODS } from './payments.ts';

export const refundRow = z.object({
  id: z.int(),
  payment_id: z.int(),
  payer_id: z.int(),
  amount_minor: z.int(),
  method: z.enum(METHODS),
  reason: z.string(),
  created_by: z.string(),
  /** What the outside service calls it (R18). */
  provider_id: z.string().nullable(),
  created_at: z.iso.datetime(),
});

const columns = sql.fragment`id, payment_id, payer_id, amount_minor, method, reason, created_by, provider_id, created_at`;

type NewRefund = {
  payment: { id: number; payer_id: number };
  amountMinor: number;
  method: string;
  reason: string;
  by: string;
  personId: number | null;
  providerId?: string;
};

/**
 * Gives money of a payment back: out of the payer's wallet (kind `payout`), which must hold it. The caller has locked the payment, then the
 * wallet, and seen that so much of the payment is left.
 */
export async function insertRefund(transaction: Sql, of: NewRefund) {
  const refund = await transaction.one(sql.type(refundRow)`
    insert into payment_refunds (payment_id, payer_id, amount_minor, method, reason, created_by, person_id, provider_id)
    values (${of.payment.id}, ${of.payment.payer_id}, ${of.amountMinor}, ${of.method}, ${of.reason}, ${of.by}, ${of.personId}, ${of.providerId ?? null})
    returning ${columns}`);
  await transaction.query(sql.unsafe`
    insert into wallet_transactions (user_id, amount_minor, kind, payment_id, refund_id)
    values (${of.payment.payer_id}, ${-of.amountMinor}, 'payout', ${of.payment.id}, ${refund.id})`);
  return refund;
}

/** The refund that an outside service calls so, or null. */
export const refundOfProvider = (db: Sql, providerId: string) =>
  db.maybeOne(sql.type(refundRow)`select ${columns} from payment_refunds where provider_id = ${providerId}`);

/** The refunds of a payment, oldest first. */
export const listRefunds = (db: Sql, paymentId: number) =>
  db.any(sql.type(refundRow)`select ${columns} from payment_refunds where payment_id = ${paymentId} order by id`);

/** How somebody usually pays: as they said, or else cash. */
export const usualMethod = async (db: Sql, payerId: number) =>
  (await db.maybeOneFirst(sql.type(z.object({ method: z.enum(METHODS).nullable() }))`
    select payment_method as method from users where id = ${payerId}`)) ?? 'cash';

/** Says how somebody usually pays; null: nothing is said. Returns false when there is nobody. */
export async function setUsualMethod(db: Sql, userId: number, method: string | null): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`update users set payment_method = ${method} where id = ${userId}`);
  return rowCount > 0;
}

const till = z.object({
  /** Who took it; null: programs, and what was entered before anybody was noted. */
  person_id: z.int().nullable(),
  person: z.string().nullable(),
  received_minor: z.int(),
  payments: z.int(),
  refunded_minor: z.int(),
  refunds: z.int(),
  cancelled_minor: z.int(),
  /** To trainers, of their pay. */
  paid_out_minor: z.int(),
  net_minor: z.int(),
});
export const tillRow = till;

/**
 * What moved the cash of a business day: payments that count on the day, refunds of the day, what was left of cash payments that were
 * cancelled on it, and what trainers were paid. `id`: of the payment, refund or payout; `whom`: who paid, or was paid.
 */
const cashEntries = (day: string, zone: string) => sql.fragment`
    select person_id, 'received' as what, id, created_at as at, payer_id as whom, amount_minor
    from payments where method = 'cash' and coalesce(payment_date, (created_at at time zone ${zone})::date) = ${day}::date
      and (payment_date = ${day}::date or ${isNear('created_at', day, day)})
    union all
    select person_id, 'refunded', id, created_at, (select payer_id from payments where id = payment_id), amount_minor from payment_refunds
    where method = 'cash' and ${isNear('created_at', day, day)} and (created_at at time zone ${zone})::date = ${day}::date
    union all
    select person_id, 'cancelled', id, cancelled_at, payer_id,
      amount_minor - coalesce((select sum(amount_minor) from payment_refunds where payment_id = payments.id), 0)
    from payments where method = 'cash' and ${isNear('cancelled_at', day, day)} and (cancelled_at at time zone ${zone})::date = ${day}::date
    union all
    select person_id, 'paid_out', id, created_at, trainer_id, amount_minor from pay_payouts
    where method = 'cash' and ${isNear('created_at', day, day)} and (created_at at time zone ${zone})::date = ${day}::date`;

/** The cash of a business day by who took it and gave it out. What is in the till is the net. */
export const cashOfDay = (db: Sql, day: string, zone: string) =>
  db.any(sql.type(till)`
    with entry as (
      select person_id,
        case when what = 'received' then amount_minor else 0 end as received, (what = 'received')::int as payments,
        case when what = 'refunded' then amount_minor else 0 end as refunded, (what = 'refunded')::int as refunds,
        case when what = 'cancelled' then amount_minor else 0 end as cancelled,
        case when what = 'paid_out' then amount_minor else 0 end as paid_out
      from (${cashEntries(day, zone)}) as moved
    )
    select person_id, nullif(concat_ws(' ', first_name, nullif(last_name, '')), '') as person, sum(received)::int8 as received_minor,
      sum(payments)::int as payments, sum(refunded)::int8 as refunded_minor, sum(refunds)::int as refunds, sum(cancelled)::int8 as cancelled_minor,
      sum(paid_out)::int8 as paid_out_minor, sum(received - refunded - cancelled - paid_out)::int8 as net_minor
    from entry left join users on users.id = person_id
    group by person_id, person order by person nulls last, person_id`);

const cashLine = z.object({
  what: z.enum(['received', 'refunded', 'cancelled', 'paid_out']),
  id: z.int(),
  at: z.iso.datetime(),
  whom: z.string(),
  /** Of money that left the till below zero. */
  amount_minor: z.int(),
});

/** What moved the cash of one person on a business day, the latest first; of nobody (0): what programs took. */
export const cashLines = (db: Sql, { personId, day, zone }: { personId: number; day: string; zone: string }) =>
  db.any(sql.type(cashLine)`
    select what, moved.id, at, concat_ws(' ', first_name, nullif(last_name, '')) as whom,
      (case when what = 'received' then amount_minor else -amount_minor end)::int8 as amount_minor
    from (${cashEntries(day, zone)}) as moved join users on users.id = whom
    where coalesce(person_id, 0) = ${personId}::int order by at desc, what, moved.id`);

const price = z.object({ at: z.iso.datetime(), actor: z.string(), price_minor: z.int(), before_minor: z.int().nullable() });
export const priceRow = price;
export const priced = {
  'training-type': 'training type',
  subscription: 'subscription of the catalogue',
  service: 'service',
  'service-package': 'service package',
} as const;

/** What something on sale has cost, the newest first, as the log of changes has it; prices are kept in it for good. */
export const priceHistory = (db: Sql, record: string, id: number) =>
  db.any(sql.type(price)`
    select at, actor, (after ->> 'price_minor')::int8 as price_minor, (before ->> 'price_minor')::int8 as before_minor
    from changes_log where record = ${record} and record_id = ${id} and after ? 'price_minor' order by id desc limit 500`);
