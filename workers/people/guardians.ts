import type { Sql } from '../../sql/database/database.ts';
import { beginGuardian, endGuardian, listGuardians, lockWard } from '../../sql/people/guardians.ts';
import { Refused } from '../refusal.ts';

/**
 * Lets somebody look after a student (R32): parents of one child may be several, of whom one pays. Said again, nothing changes; said
 * otherwise about the time after 18, one ends and another begins, so that the log of changes holds both. In the caller's transaction.
 */
export async function nameGuardian(
  transaction: Sql,
  studentId: number,
  guardianId: number,
  isAllowedAfter18: boolean,
  today: string,
) {
  await demandStudent(transaction, studentId);
  if (studentId === guardianId) throw new Refused('conflict', 'nobody is a guardian of oneself');
  const find = async () =>
    (await listGuardians(transaction, studentId, today)).find(({ guardian_id }) => guardian_id === guardianId);
  const present = await find();
  if (present?.allowed_after_18 === isAllowedAfter18) return present;
  if (present) await endGuardian(transaction, studentId, guardianId);
  if (!(await beginGuardian(transaction, studentId, guardianId, isAllowedAfter18)))
    throw new Refused('missing', `there is no person ${guardianId}`);
  return find();
}

/** Ends somebody's rights as a guardian; they are out of the child's rows as soon as sessions are looked at again. */
export async function dismissGuardian(transaction: Sql, studentId: number, guardianId: number) {
  const { payer_id } = await demandStudent(transaction, studentId);
  if (payer_id === guardianId) throw new Refused('conflict', 'whoever pays is a guardian: name another payer first');
  if (!(await endGuardian(transaction, studentId, guardianId)))
    throw new Refused('missing', `the person ${guardianId} is no guardian of student ${studentId}`);
}

async function demandStudent(db: Sql, studentId: number) {
  const student = await lockWard(db, studentId);
  if (!student) throw new Refused('missing', `there is no student ${studentId}`);
  return student;
}
