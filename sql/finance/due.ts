import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** A registration nobody has decided yet, with its place in its student's line (D13): 1 is the earliest. */
export const dueRow = z.object({
  seat_id: z.int(),
  student_id: z.int(),
  payer_id: z.int(),
  training_id: z.int(),
  training_date: z.iso.date(),
  price_minor: z.int(),
  charge_no: z.int(),
  place: z.int(),
});
export type Due = z.output<typeof dueRow>;

/** Payers after a cursor, as the end of the next chunk: families stay together, so a payer's invoices are decided in one go. */
export const nextPayers = (db: Sql, after: number, limit: number) =>
  db.maybeOneFirst(sql.type(z.object({ last: z.int().nullable() }))`
    select max(payer_id) as last from (
      select distinct payer_id from students where payer_id > ${after} order by payer_id limit ${limit}
    ) as payers`);

/**
 * What is due of one student. `offset 0` keeps it a look into the index of the undecided a student; joined freely, every chunk
 * reads all registrations and trainings there are (measured with 100,000: 25 ms a statement instead of 12, growing with the studio).
 */
const seatsDue = (date: string) => sql.fragment`
  select seat.id as seat_id, seat.returns as charge_no, training.id as training_id, training_date,
    coalesce(seat.own_price_minor, training.price_minor) as price_minor, starts_at
  from real_training_students seat join real_trainings training on training.id = seat.real_training_id
  where seat.student_id = student.id and seat.charged_at is null and seat.excused_at is null and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT')
    and training.status <> 'cancelled' and training_date <= ${date}::date + 1
  offset 0`;

/**
 * Locks the students of a range of payers who have something due. Whoever charges, cancels or adds for a student
 * takes this lock first, in order of id, so per student all of it happens one after the other.
 */
export const lockDueStudents = (transaction: Sql, payers: { after: number; last: number }, date: string) =>
  transaction.anyFirst(sql.type(z.object({ id: z.int() }))`
    select student.id from students student
    where payer_id > ${payers.after} and payer_id <= ${payers.last}
      and exists (select from (${seatsDue(date)}) as due)
    order by student.id for no key update`);

/**
 * What is due for students who are locked (D12), and for nobody else: what comes for others after the locks waits for the next
 * pass. Ordered as their invoices are to be.
 */
export const dueRegistrations = (transaction: Sql, students: readonly number[], date: string) =>
  transaction.any(sql.type(dueRow)`
    select seat_id, student.id as student_id, payer_id, training_id, training_date, price_minor, charge_no,
      (row_number() over (partition by student.id order by starts_at, seat_id))::int as place
    from students student cross join lateral (${seatsDue(date)}) as due
    where student.id = any(${sql.array([...students], 'int4')})
    order by starts_at, seat_id`);

/** Whether anything is due at all. */
export const isAnythingDue = (db: Sql, date: string) =>
  db.exists(sql.unsafe`
    select from real_training_students seat join real_trainings training on training.id = seat.real_training_id
    where seat.charged_at is null and seat.excused_at is null and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT')
      and training.status <> 'cancelled' and training_date <= ${date}::date + 1`);
