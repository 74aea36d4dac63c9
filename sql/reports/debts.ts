import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { type AskedRows, entryRow, isAsked } from './asked.ts';
import { dayOfInstant } from './periods.ts';

const debtor = z.object({
  payer_id: z.int(),
  payer: z.string(),
  invoices: z.int(),
  owed_minor: z.int(),
  days_1_7_minor: z.int(),
  days_8_30_minor: z.int(),
  days_over_30_minor: z.int(),
  oldest_days: z.int(),
});

/** UNPAID invoices past due on a studio day (R24); one without a due date is due on the day it was written. */
const debts = (today: string, zone: string) => sql.fragment`
  select id, payer_id, amount_minor, due, ${today}::date - due as days_late
  from (select *, coalesce(due_date, ${dayOfInstant('created_at', zone)}) as due from invoices where status = 'UNPAID') as open
  where due < ${today}::date`;

/** Who owes what is past due, and since when: 1 to 7, 8 to 30 and more than 30 days. */
export const debtorsOn = (db: Sql, today: string, zone: string) =>
  db.any(sql.type(debtor)`
    select payer_id, concat_ws(' ', first_name, nullif(last_name, '')) as payer, count(*)::int as invoices, sum(amount_minor)::int8 as owed_minor,
      coalesce(sum(amount_minor) filter (where days_late <= 7), 0)::int8 as days_1_7_minor,
      coalesce(sum(amount_minor) filter (where days_late between 8 and 30), 0)::int8 as days_8_30_minor,
      coalesce(sum(amount_minor) filter (where days_late > 30), 0)::int8 as days_over_30_minor, max(days_late)::int as oldest_days
    from (${debts(today, zone)}) as debt join users on users.id = payer_id
    group by payer_id, payer order by owed_minor desc, payer_id`);

/** The invoices behind these figures; behind the days of the oldest one, that one. */
export const listDebts = (db: Sql, today: string, zone: string, asked: AskedRows) =>
  db.any(sql.type(entryRow)`
    with entry as (
      select due as day, figure, 'invoice' as source, id as source_id, payer_id as person_id, value
      from (select *, row_number() over (partition by payer_id order by due, id) as place from (${debts(today, zone)}) as late) as debt
      cross join lateral (values
        ('invoices', 1::int8), ('owed_minor', amount_minor),
        (case when days_late <= 7 then 'days_1_7_minor' when days_late <= 30 then 'days_8_30_minor' else 'days_over_30_minor' end, amount_minor),
        (case when place = 1 then 'oldest_days' end, days_late)) as under (figure, value)
      where figure is not null
    )
    select * from entry where ${isAsked(asked)} order by day, source_id, figure limit ${asked.limit}`);

const renewal = z.object({
  id: z.int(),
  student_id: z.int(),
  student: z.string(),
  subscription: z.string(),
  end_date: z.iso.date(),
  /** Today's price; what is no longer sold is not renewed. */
  price_minor: z.int(),
  is_sold: z.boolean(),
});

/** Subscriptions on auto-renewal that end within the days, of active students, and were not renewed yet (R24). */
export const renewalsBetween = (db: Sql, from: string, to: string) =>
  db.any(sql.type(renewal)`
    select held.id, held.student_id, concat_ws(' ', first_name, nullif(last_name, '')) as student, type.name as subscription, end_date,
      type.price_minor, type.is_active as is_sold
    from student_subscriptions held join subscriptions type on type.id = subscription_id join users on users.id = held.student_id
    where held.status in ('active', 'frozen') and is_auto_renew and end_date between ${from}::date and ${to}::date and users.is_active
      and not exists (select from student_subscriptions heir where heir.renewed_from_id = held.id)
    order by end_date, held.id`);
