import { dayOf } from '../../queues/time/calendar.ts';
import { enrolForTraining } from '../../sql/records/students.ts';
import type { CallContext } from '../call-context.ts';

/**
 * Whoever takes a place in a training, or waits for one, becomes a student by it, from today on; who is one already stays as they are.
 * Nobody else is enrolled this way, and nobody for a training that is over, cancelled or not there.
 */
export async function enrolOneself(
  { db, fleet, caller, now }: CallContext,
  { trainingId, studentId }: { trainingId: number; studentId: number },
): Promise<void> {
  if (caller.personId !== studentId) return;
  const registrationDate = dayOf(now, fleet.settings.zone);
  await enrolForTraining(db, { clientId: studentId, trainingId, registrationDate, after: now.toISOString() });
}
