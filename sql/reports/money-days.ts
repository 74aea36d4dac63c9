import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { type AskedRows, entryRow, isAsked } from './asked.ts';
import { dayOfInstant, isNear } from './periods.ts';
import { type MoneySpan, recognised } from './recognised.ts';

/** Before anything there is: what changes after it is all there has been. */
export const BEFORE_ALL = '1900-01-01';

/** Amounts of a studio day in minor units: what was earned on it, and by how much it changed what is deferred, lies in wallets, is owed. */
export const moneyRow = z.object({
  day: z.iso.date(),
  earned_training_minor: z.int(),
  earned_subscription_minor: z.int(),
  earned_booking_minor: z.int(),
  earned_package_minor: z.int(),
  earned_other_minor: z.int(),
  deferred_minor: z.int(),
  wallets_minor: z.int(),
  owed_minor: z.int(),
});

/** What was sold and what was earned of it, by the day: `day, kind, id, person_id, worth, earned, wallets, owed`. */
const soldMoves = (span: MoneySpan) => sql.fragment`
  select day, kind, id, person_id, worth, earned, 0::int8 as wallets, 0::int8 as owed from (${recognised(span)}) as sold`;

/** What was invoiced, and waived, by invoice: it is owed until it is paid. */
const billMoves = (span: MoneySpan) => sql.fragment`
  select day, null as kind, id, payer_id as person_id, 0::int8 as worth, 0::int8 as earned, 0::int8 as wallets, owed
  from invoices cross join lateral (values
    (${dayOfInstant('created_at', span.zone)}, amount_minor), (${dayOfInstant('cancelled_at', span.zone)}, -amount_minor)) as moment (day, owed)
  where id in (select id from invoices where ${isNear('created_at', span.before, span.last)}
    union select id from invoices where ${isNear('cancelled_at', span.before, span.last)})`;

/** What came into wallets and went out of them, by person; what paid an invoice (`id`) is not owed any more. */
const walletMoves = (span: MoneySpan) => sql.fragment`
  select case entry.kind when 'deposit' then coalesce(payment_date, ${dayOfInstant('entry.created_at', span.zone)})
      else ${dayOfInstant('entry.created_at', span.zone)} end as day, null as kind, invoice_id as id, user_id as person_id, 0::int8 as worth,
    0::int8 as earned, entry.amount_minor as wallets, case when invoice_id is null then 0 else entry.amount_minor end as owed
  from wallet_transactions entry left join payments on payments.id = entry.payment_id
  where entry.id in (
    select id from wallet_transactions where ${isNear('created_at', span.before, span.last)}
    union
    select deposit.id from payments join wallet_transactions deposit on deposit.payment_id = payments.id and deposit.kind = 'deposit'
    where payment_date > ${span.before}::date and payment_date <= ${span.last}::date)`;

/**
 * The days of a span on which money changed, from the ledgers. A deposit counts on the day of its payment. What was ever received, less
 * what was earned, is what lies in wallets and is sold and not earned yet, less what is owed.
 */
export const moneyDays = (span: MoneySpan) => sql.fragment`
  select day, coalesce(sum(earned) filter (where kind = 'training'), 0)::int8 as earned_training_minor,
    coalesce(sum(earned) filter (where kind = 'subscription'), 0)::int8 as earned_subscription_minor,
    coalesce(sum(earned) filter (where kind = 'booking'), 0)::int8 as earned_booking_minor,
    coalesce(sum(earned) filter (where kind = 'package'), 0)::int8 as earned_package_minor,
    coalesce(sum(earned) filter (where kind = 'other'), 0)::int8 as earned_other_minor,
    coalesce(sum(worth - earned), 0)::int8 as deferred_minor, coalesce(sum(wallets), 0)::int8 as wallets_minor, coalesce(sum(owed), 0)::int8 as owed_minor
  from (${soldMoves(span)} union all ${billMoves(span)} union all ${walletMoves(span)}) as moved
  where day > ${span.before}::date and day <= ${span.last}::date group by day`;

export const readMoneyDays = (db: Sql, span: MoneySpan) =>
  db.any(sql.type(moneyRow)`select * from (${moneyDays(span)}) as money order by day`);

/** What was earned in a span, by what it was sold as: the rows behind the figures. */
export const earnedBetween = (db: Sql, span: MoneySpan, asked: AskedRows) =>
  db.any(sql.type(entryRow)`
    select ${span.last}::date as day, figure, case kind when 'subscription' then kind else 'invoice' end as source, id as source_id, person_id, value
    from (
      select kind, 'recognised_' || kind || '_minor' as figure, id, min(person_id) as person_id, sum(earned)::int8 as value
      from (${recognised(span)}) as sold group by kind, id having sum(earned) <> 0) as earned
    where ${isAsked(asked)} order by figure, id limit ${asked.limit}`);

/** Of what each state of money is put together. */
const standing = {
  wallets_minor: (span: MoneySpan) => sql.fragment`
    select 'wallet' as source, person_id as id, person_id, sum(wallets)::int8 as value from (${walletMoves(span)}) as moved
    where day <= ${span.last}::date group by person_id`,
  deferred_minor: (span: MoneySpan) => sql.fragment`
    select case kind when 'subscription' then kind else 'invoice' end as source, id, min(person_id) as person_id, sum(worth - earned)::int8 as value
    from (${soldMoves(span)}) as moved where day <= ${span.last}::date group by kind, id`,
  owed_minor: (span: MoneySpan) => sql.fragment`
    select 'invoice' as source, bill.id, bill.payer_id as person_id, sum(moved.owed)::int8 as value
    from (${billMoves(span)} union all ${walletMoves(span)}) as moved join invoices bill on bill.id = moved.id
    where day <= ${span.last}::date group by bill.id`,
};
export type MoneyState = keyof typeof standing;

/** Where money stands at the end of a day, of all there has been: by wallet, by what was sold and is not earned, by invoice that is owed. */
export const listStanding = (db: Sql, figure: MoneyState, of: { last: string; zone: string }, asked: AskedRows) =>
  db.any(sql.type(entryRow)`
    select ${of.last}::date as day, figure, source, id as source_id, person_id, value
    from (select ${figure}::text as figure, stands.* from (${standing[figure]({ ...of, before: BEFORE_ALL })}) as stands) as stood
    where value <> 0 and ${isAsked(asked)} order by source, id limit ${asked.limit}`);
