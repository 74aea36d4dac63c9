import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/**
 * Students with at least `threshold` ABSENT in the `window` days up to a business day, today's included, since they were last PRESENT
 * (D39, R9): what was excused and what the studio cancelled does not count. `streak` names those absences: 0 for one who never came.
 */
export const missedClasses = (db: Sql, today: string, threshold: number, window: number) =>
  db.any(sql.type(z.object({ student_id: z.int(), payer_id: z.int(), student: z.string(), missed: z.int(), streak: z.int() }))`
    with missed as materialized (
      select student_id, count(*)::int as missed, max(starts_at) as last_missed
      from real_training_students seat join real_trainings training on training.id = real_training_id
      where seat.status = 'ABSENT' and seat.excused_at is null and training.status <> 'cancelled'
        and not exists (
          select from real_training_students came join real_trainings later on later.id = came.real_training_id
          where came.student_id = seat.student_id and came.status = 'PRESENT' and later.starts_at > training.starts_at
            and later.training_date <= ${today}::date)
        and training_date > ${today}::date - ${window}::int and training_date <= ${today}::date
      group by student_id having count(*) >= ${threshold}
    )
    select student_id, payer_id, concat_ws(' ', person.first_name, nullif(person.last_name, '')) as student, missed, coalesce((
      select seat.id from real_training_students seat join real_trainings training on training.id = real_training_id
      where seat.student_id = missed.student_id and seat.status = 'PRESENT' and starts_at < last_missed
      order by starts_at desc, seat.id desc limit 1), 0) as streak
    from missed join students on students.id = student_id join users person on person.id = student_id order by student_id`);

/**
 * Takes payers who owe something past its due date that they have not been recalled of, in the transaction that recalls them: an
 * invoice counts anew each time it became owed, and each time it falls due. One without a due date is due so many days after it was
 * written, in the studio's zone. A renewal's invoice has reminders of its own. `invoices` and `amount_minor` are all that is overdue,
 * `news` names the first of what is new.
 */
export const takeOverdue = (transaction: Sql, today: string, termDays: number, zone: string) =>
  transaction.any(sql.type(z.object({ payer_id: z.int(), invoices: z.int(), amount_minor: z.int(), news: z.string() }))`
    with owed as materialized (
      select id, payer_id, amount_minor, coalesce(due_date, (created_at at time zone ${zone})::date) as due_date,
        (select count(*)::int from wallet_transactions paid where paid.invoice_id = invoices.id and kind = 'payment') as owed_no
      from invoices
      where status = 'UNPAID' and not is_auto_renewal
        and coalesce(due_date, (created_at at time zone ${zone})::date + ${termDays}::int) < ${today}::date
    ), news as (
      insert into payment_recalls (invoice_id, owed_no, due_date)
      select id, owed_no, due_date from owed order by id
      on conflict do nothing
      returning invoice_id, owed_no, due_date
    )
    select payer_id, count(*)::int as invoices, sum(amount_minor)::int8 as amount_minor,
      min(news.invoice_id || ':' || news.owed_no || ':' || news.due_date) as news
    from owed left join news on news.invoice_id = owed.id
    group by payer_id having count(news.invoice_id) > 0 order by payer_id`);
