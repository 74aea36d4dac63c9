import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/**
 * Students with at least `threshold` ABSENT in the `window` days up to a business day, today's included (D39). `streak` names
 * the absences since they were last present: it is 0 for one who never was.
 */
export const missedClasses = (db: Sql, today: string, threshold: number, window: number) =>
  db.any(sql.type(z.object({ student_id: z.int(), missed: z.int(), streak: z.int() }))`
    with missed as materialized (
      select student_id, count(*)::int as missed, max(starts_at) as last_missed
      from real_training_students seat join real_trainings training on training.id = real_training_id
      where seat.status = 'ABSENT' and training.status <> 'cancelled'
        and training_date > ${today}::date - ${window}::int and training_date <= ${today}::date
      group by student_id having count(*) >= ${threshold}
    )
    select student_id, missed, coalesce((
      select seat.id from real_training_students seat join real_trainings training on training.id = real_training_id
      where seat.student_id = missed.student_id and seat.status = 'PRESENT' and starts_at < last_missed
      order by starts_at desc, seat.id desc limit 1), 0) as streak
    from missed order by student_id`);

/**
 * Payers who owe invoices past their due date by a business day. One without a due date is due so many days after it was
 * written, in the studio's zone. `latest` is the newest of these invoices. A renewal's invoice has reminders of its own.
 */
export const overdueInvoices = (db: Sql, today: string, termDays: number, zone: string) =>
  db.any(sql.type(z.object({ payer_id: z.int(), invoices: z.int(), amount_minor: z.int(), latest: z.int() }))`
    select payer_id, count(*)::int as invoices, sum(amount_minor)::int8 as amount_minor, max(id) as latest from invoices
    where status = 'UNPAID' and not is_auto_renewal and coalesce(due_date, (created_at at time zone ${zone})::date + ${termDays}::int) < ${today}::date
    group by payer_id order by payer_id`);
