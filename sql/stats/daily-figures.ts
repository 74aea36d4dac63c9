import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { moneyDays } from '../reports/money-days.ts';

/** Days before its own that every run writes again; what changed earlier ones has noted them (see migration 0059). */
const REWRITTEN = 35;

/**
 * The next studio days after `after` (null: from the first) whose figures a run for `date` writes: those before it, from 35 days before
 * the last run's end on, and the ones noted as changed. All there is to write when there are no figures yet.
 */
export const nextDays = (db: Sql, date: string, after: string | null, limit: number) =>
  db.anyFirst(sql.type(z.object({ day: z.iso.date() }))`
    with due as (
      select day from daily_figures_due
      union
      select generate_series(
        least(${date}::date, (select max(day) + 1 from daily_figures)) - ${REWRITTEN}::int, ${date}::date - 1, interval '1 day')::date
      union
      select generate_series((select min(day) from daily_figures_due), ${date}::date - 1, interval '1 day')::date
      where not exists (select from daily_figures)
    )
    select day from due where day < ${date}::date and day > coalesce(${after}::date, '-infinity') order by day limit ${limit}`);

/**
 * Writes the business figures of studio days (R20-R24) and forgets that they were noted; what changes meanwhile notes them again.
 * A day begins and ends at midnight in `zone`. Returns the days whose rows are new or different.
 */
export const writeFigures = (transaction: Sql, days: readonly string[], zone: string) =>
  transaction.anyFirst(sql.type(z.object({ day: z.iso.date() }))`
    with day as materialized (
      select day from unnest(${sql.array([...days], 'date')}) as day
    ), noted as (
      delete from daily_figures_due where day in (select day from day)
    ), span as materialized (
      select min(day) as first, max(day) as last from day
    ), seat as materialized (
      select training_date as day, student_id, seat.status, excused_at
      from real_training_students seat join real_trainings training on training.id = seat.real_training_id, span
      where seat.status in ('PRESENT', 'ABSENT') and training.status <> 'cancelled' and training_date between first - 30 and last
    ), valid as materialized (
      select held.id, student_id, start_date, last_valid_day(held) as end_date
      from student_subscriptions held, span where start_date <= last and end_date >= first
    ), active as (
      select day, count(distinct student_id)::int as students
      from (
        select day.day, student_id from day join valid on day.day between start_date and end_date
        where not exists (
          select from subscription_freezes frozen
          where frozen.student_subscription_id = valid.id and day.day between first_day and last_day)
        union all
        select day.day, student_id
        from day join (select distinct day, student_id from seat where status = 'PRESENT') as came on came.day between day.day - 30 and day.day
      ) as one_way_or_another
      group by day
    ), training as (
      select training_date as day, count(*) filter (where status = 'completed')::int as held,
        count(*) filter (where status = 'cancelled')::int as cancelled
      from real_trainings where training_date in (select day from day) group by training_date
    ), attendance as (
      select day, count(*) filter (where status = 'PRESENT')::int as present, count(*) filter (where status = 'ABSENT' and excused_at is null)::int as absent
      from seat group by day
    ), money as (
      select day, sum(received) as received, sum(returned) as payments_cancelled, sum(invoiced) as invoiced, sum(withdrawn) as invoices_cancelled,
        sum(refunded) as refunded
      from (
        select coalesce(payment_date, (created_at at time zone ${zone})::date) as day, amount_minor as received, 0 as returned, 0 as invoiced, 0 as withdrawn,
          0 as refunded from payments
        union all select (cancelled_at at time zone ${zone})::date, 0, amount_minor - coalesce(
          (select sum(amount_minor) from payment_refunds where payment_id = payments.id), 0), 0, 0, 0 from payments where cancelled_at is not null
        union all select (created_at at time zone ${zone})::date, 0, 0, 0, 0, amount_minor from payment_refunds
        union all select (created_at at time zone ${zone})::date, 0, 0, amount_minor, 0, 0 from invoices
        union all select (cancelled_at at time zone ${zone})::date, 0, 0, 0, amount_minor, 0 from invoices where cancelled_at is not null
      ) as entry
      where day in (select day from day) group by day
    ), registered as (
      select registration_date as day, count(*)::int as students from students
      where registration_date in (select day from day)
        and not exists (select from users where users.id = students.id and merged_into is not null) group by registration_date
    ), written as (
      insert into daily_figures as known (day, active_students, trainings_held, trainings_cancelled, present, absent, received_minor,
        payments_cancelled_minor, invoiced_minor, invoices_cancelled_minor, new_registrations, refunded_minor)
      select day, coalesce(active.students, 0), coalesce(held, 0), coalesce(cancelled, 0), coalesce(present, 0), coalesce(absent, 0),
        coalesce(received, 0), coalesce(payments_cancelled, 0), coalesce(invoiced, 0), coalesce(invoices_cancelled, 0),
        coalesce(registered.students, 0), coalesce(refunded, 0)
      from day left join active using (day) left join training using (day) left join attendance using (day)
        left join money using (day) left join registered using (day)
      on conflict (day) do update set active_students = excluded.active_students, trainings_held = excluded.trainings_held,
        trainings_cancelled = excluded.trainings_cancelled, present = excluded.present, absent = excluded.absent,
        received_minor = excluded.received_minor, payments_cancelled_minor = excluded.payments_cancelled_minor,
        invoiced_minor = excluded.invoiced_minor, invoices_cancelled_minor = excluded.invoices_cancelled_minor,
        new_registrations = excluded.new_registrations, refunded_minor = excluded.refunded_minor, written_at = now()
      where (known.active_students, known.trainings_held, known.trainings_cancelled, known.present, known.absent, known.received_minor,
          known.payments_cancelled_minor, known.invoiced_minor, known.invoices_cancelled_minor, known.new_registrations, known.refunded_minor)
        is distinct from (excluded.active_students, excluded.trainings_held, excluded.trainings_cancelled, excluded.present,
          excluded.absent, excluded.received_minor, excluded.payments_cancelled_minor, excluded.invoiced_minor,
          excluded.invoices_cancelled_minor, excluded.new_registrations, excluded.refunded_minor)
      returning day
    )
    select day from written`);

/**
 * Writes what is earned on studio days that follow each other, and how it changed what is deferred, lies in wallets and is owed (R22), after
 * {@link writeFigures}. Returns the days that are different.
 */
export const writeMoney = (transaction: Sql, days: { before: string; last: string }, zone: string) =>
  transaction.anyFirst(sql.type(z.object({ day: z.iso.date() }))`
    update daily_figures known set earned_training_minor = now_is.training, earned_subscription_minor = now_is.subscription,
      earned_booking_minor = now_is.booking, earned_package_minor = now_is.package, earned_other_minor = now_is.other,
      deferred_minor = now_is.deferred, wallets_minor = now_is.wallets, owed_minor = now_is.owed, zone = ${zone}, written_at = now()
    from (
      select asked.at::date as day, coalesce(earned_training_minor, 0) as training, coalesce(earned_subscription_minor, 0) as subscription,
        coalesce(earned_booking_minor, 0) as booking, coalesce(earned_package_minor, 0) as package, coalesce(earned_other_minor, 0) as other,
        coalesce(deferred_minor, 0) as deferred, coalesce(wallets_minor, 0) as wallets, coalesce(owed_minor, 0) as owed
      from generate_series(${days.before}::date + 1, ${days.last}::date, interval '1 day') as asked (at)
      left join (${moneyDays({ ...days, zone })}) as money on money.day = asked.at::date
    ) as now_is
    where known.day = now_is.day and (known.earned_training_minor, known.earned_subscription_minor, known.earned_booking_minor, known.earned_package_minor,
        known.earned_other_minor, known.deferred_minor, known.wallets_minor, known.owed_minor, known.zone)
      is distinct from (now_is.training, now_is.subscription, now_is.booking, now_is.package, now_is.other, now_is.deferred, now_is.wallets, now_is.owed,
        ${zone}::text)
    returning known.day`);
