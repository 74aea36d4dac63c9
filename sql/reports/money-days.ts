import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
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

/**
 * The days of a span on which money changed, from the ledgers. A deposit counts on the day of its payment. What was ever received, less
 * what was earned, is what lies in wallets and is sold and not earned yet, less what is owed.
 */
export const moneyDays = (span: MoneySpan) => {
  const near = (column: string) => isNear(column, span.before, span.last);
  return sql.fragment`
  select day, coalesce(sum(earned) filter (where kind = 'training'), 0)::int8 as earned_training_minor,
    coalesce(sum(earned) filter (where kind = 'subscription'), 0)::int8 as earned_subscription_minor,
    coalesce(sum(earned) filter (where kind = 'booking'), 0)::int8 as earned_booking_minor,
    coalesce(sum(earned) filter (where kind = 'package'), 0)::int8 as earned_package_minor,
    coalesce(sum(earned) filter (where kind = 'other'), 0)::int8 as earned_other_minor,
    coalesce(sum(worth - earned), 0)::int8 as deferred_minor, coalesce(sum(wallets), 0)::int8 as wallets_minor, coalesce(sum(owed), 0)::int8 as owed_minor
  from (
    select day, kind, worth, earned, 0::int8 as wallets, 0::int8 as owed from (${recognised(span)}) as sold
    union all
    select day, null, 0, 0, 0, owed from invoices cross join lateral (values
      (${dayOfInstant('created_at', span.zone)}, amount_minor), (${dayOfInstant('cancelled_at', span.zone)}, -amount_minor)) as moment (day, owed)
    where id in (select id from invoices where ${near('created_at')} union select id from invoices where ${near('cancelled_at')})
    union all
    select case entry.kind when 'deposit' then coalesce(payment_date, ${dayOfInstant('entry.created_at', span.zone)})
      else ${dayOfInstant('entry.created_at', span.zone)} end, null, 0, 0, entry.amount_minor, case when invoice_id is null then 0 else entry.amount_minor end
    from wallet_transactions entry left join payments on payments.id = entry.payment_id
    where entry.id in (
      select id from wallet_transactions where ${near('created_at')}
      union
      select deposit.id from payments join wallet_transactions deposit on deposit.payment_id = payments.id and deposit.kind = 'deposit'
      where payment_date > ${span.before}::date and payment_date <= ${span.last}::date)
  ) as moved
  where day > ${span.before}::date and day <= ${span.last}::date group by day`;
};

export const readMoneyDays = (db: Sql, span: MoneySpan) =>
  db.any(sql.type(moneyRow)`select * from (${moneyDays(span)}) as money order by day`);

const delta = z.object({
  kind: z.enum(['training', 'subscription', 'booking', 'package', 'other']),
  id: z.int(),
  person_id: z.int(),
  value: z.int(),
});

/** What was earned in a span, by what it was sold as: the rows behind the figure. */
export const earnedBetween = (db: Sql, span: MoneySpan, limit: number) =>
  db.any(sql.type(delta)`
    select kind, id, min(person_id) as person_id, sum(earned)::int8 as value
    from (${recognised(span)}) as sold group by kind, id having sum(earned) <> 0 order by kind, id limit ${limit}`);
