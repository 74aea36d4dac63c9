import type { Sql } from '../../sql/database/database.ts';
import { decideRequest, writeIfKnown } from '../../sql/finance/requests.ts';
import { noteTrial, trialFacts } from '../../sql/trainings/trials.ts';
import { Refused } from '../refusal.ts';
import { addAtPrice } from './add-student.ts';

/**
 * Registers a student for a trial (R16): one per person and program, ever, by the person or the phone, unless the earlier one was
 * cancelled safely. Throws `missing` where there is no such training or student, a `conflict` for a second trial, or where there is no
 * place.
 * @param of.priceMinor what it costs; null: what the training costs
 */
export async function giveTrial(
  db: Sql,
  of: { trainingId: number; studentId: number; priceMinor: number | null; now: Date; by: string; requestId: string },
) {
  const { trainingId, studentId } = of;
  const request = await writeIfKnown(db, { kind: 'add_student', ...of, requestedAt: of.now });
  if (!request) throw new Refused('missing', `there is no training ${trainingId}, or no student ${studentId}`);
  const decided = await addAtPrice(db, request, of.priceMinor);
  if ('refused' in decided) throw new Refused(decided.refused.kind, decided.refused.detail);
  await decideRequest(db, request.id, 'done', decided.answer);
  // Asked once the student is locked: of two trials at once the second one sees the first.
  const facts = await trialFacts(db, { trainingId, studentId, seatId: decided.answer.id });
  if (!facts) throw new Refused('missing', `there is no training ${trainingId}`);
  if (facts.had) throw new Refused('conflict', `this person has had a trial of "${facts.program}"`);
  const id = await noteTrial(db, { studentId, ...facts, seatId: decided.answer.id, by: of.by });
  return { trial_id: id, program: facts.program, ...decided.answer };
}
