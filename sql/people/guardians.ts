import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Who looks after a student: whether their rights go on when the student is 18, whether they do now, and whether they pay. */
export const guardianRow = z.object({
  guardian_id: z.int(),
  guardian: z.string(),
  allowed_after_18: z.boolean(),
  is_in_force: z.boolean(),
  is_payer: z.boolean(),
});

/** Everybody who looks after a student, as of a business day; whoever pays first. */
export const listGuardians = (db: Sql, studentId: number, today: string) =>
  db.any(sql.type(guardianRow)`
    select guardian_id, concat_ws(' ', adult.first_name, nullif(adult.last_name, '')) as guardian, allowed_after_18,
      is_guarded(child.birth_date, allowed_after_18, ${today}::date) as is_in_force, payer_id = guardian_id as is_payer
    from guardians
    join users adult on adult.id = guardian_id
    join users child on child.id = student_id
    join students on students.id = student_id
    where student_id = ${studentId} order by is_payer desc, guardian_id`);

/** Who pays for a student, or null where there is no such student; their row is locked, so that it stays so meanwhile. */
export const lockWard = (db: Sql, studentId: number): Promise<{ payer_id: number } | null> =>
  db.maybeOne(sql.type(z.object({ payer_id: z.int() }))`select payer_id from students where id = ${studentId} for update`);

/** Ends what somebody is to a student. Returns whether they were anything. */
export async function endGuardian(db: Sql, studentId: number, guardianId: number): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`
    delete from guardians where student_id = ${studentId} and guardian_id = ${guardianId}`);
  return rowCount > 0;
}

/** Lets somebody look after a student. Returns false where there is no such person, or they do so already. */
export async function beginGuardian(db: Sql, studentId: number, guardianId: number, isAllowedAfter18: boolean): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`
    insert into guardians (guardian_id, student_id, allowed_after_18)
    select id, ${studentId}, ${isAllowedAfter18} from users where id = ${guardianId} on conflict do nothing`);
  return rowCount > 0;
}
