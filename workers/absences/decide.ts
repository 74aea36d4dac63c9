import { dayOf } from '../../queues/time/calendar.ts';
import { expireHolds } from '../../sql/bookings/expire-holds.ts';
import {
  type Affected,
  affectedTrainings,
  type decisions,
  isActiveSpecialist,
  noteDecision,
  substitute,
} from '../../sql/calendar/decisions.ts';
import { whatMeets } from '../../sql/calendar/what-meets.ts';
import type { Sql } from '../../sql/database/database.ts';
import { isExclusion } from '../../sql/database/outage.ts';
import { payersToGiveBack } from '../../sql/finance/give-back.ts';
import { decideRequest, writeRequest } from '../../sql/finance/requests.ts';
import { lockStudents, lockTraining, seatHolders, seatStates } from '../../sql/finance/seats.ts';
import { lockWallets } from '../../sql/finance/settle.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import { cancelTraining } from '../finance/cancel-training.ts';
import { notAcceptable, Refused } from '../refusal.ts';

/** What is to become of a training that an absence runs into; a substitute is named. */
export type AbsenceDecision = { real_training_id: number; decision: (typeof decisions)[number]; trainer_id?: number };
type Asked = {
  absenceId: number;
  reason: string;
  items: readonly AbsenceDecision[];
  now: Date;
  by: string;
  requestId: string;
  zone: string;
};

/**
 * Decides what becomes of trainings that an absence runs into (R14), all of it or nothing: a substitute gives them, who is free then (D8),
 * they are called off (D19), or they stand as they are. Throws `invalid` for a training that it does not run into or that has begun, and
 * a `conflict` with `conflicts` where a substitute is not to be had. Ending the absence later gives nothing back by itself.
 */
export async function decideAbsence(db: Sql, asked: Asked) {
  const affected = new Map((await affectedTrainings(db, asked.absenceId, asked.now.toISOString())).map((one) => [one.id, one]));
  demandItems(asked.items, affected);
  const items = asked.items.toSorted((one, other) => one.real_training_id - other.real_training_id);
  await lockAll(db, items, asked);
  const conflicts: { real_training_id: number; trainer_id: number; detail: string }[] = [];
  for (const { real_training_id: id, decision, trainer_id: trainerId } of items) {
    const training = affected.get(id) as Affected;
    if (decision === 'substitute' && trainerId !== undefined) {
      const detail = await replaceTrainer(db, training, trainerId);
      if (detail) conflicts.push({ real_training_id: id, trainer_id: trainerId, detail });
    }
    if (decision === 'cancel') await callOff(db, id, asked);
    const note = { absenceId: asked.absenceId, trainingId: id, decision, by: asked.by, at: asked.now.toISOString() };
    if (conflicts.length === 0) await noteDecision(db, { ...note, trainerId: trainerId ?? null });
  }
  if (conflicts.length > 0) throw new Refused('conflict', 'a substitute is not to be had', { conflicts });
}

function demandItems(items: readonly AbsenceDecision[], affected: ReadonlyMap<number, Affected>) {
  const seen = new Set<number>();
  for (const [n, { real_training_id: id, decision, trainer_id: trainerId }] of items.entries()) {
    if (!affected.has(id)) throw notAcceptable(`items.${n}.real_training_id`, 'a training to come that the absence runs into');
    if (seen.has(id)) throw notAcceptable(`items.${n}.real_training_id`, 'each training once');
    if ((decision === 'substitute') !== (trainerId !== undefined))
      throw notAcceptable(`items.${n}.trainer_id`, 'who substitutes; none where nobody does');
    seen.add(id);
  }
}

/** Everything in the order of sql/README.md, before the first training is touched. */
async function lockAll(db: Sql, items: readonly AbsenceDecision[], { now, zone }: Asked) {
  await lockRoster(db);
  const ended = items.filter(({ decision }) => decision === 'cancel').map(({ real_training_id }) => real_training_id);
  const holders: number[] = [];
  for (const id of ended) holders.push(...(await seatHolders(db, id)));
  await lockStudents(db, [...new Set(holders)]);
  for (const { real_training_id } of items) await lockTraining(db, real_training_id);
  const seats: number[] = [];
  for (const id of ended) seats.push(...(await seatStates(db, id)).map((seat) => seat.id));
  const payers = await payersToGiveBack(db, seats, dayOf(now, zone));
  if (payers.length > 0) await lockWallets(db, payers);
}

/** Why somebody cannot give a training then; null once they do. */
async function replaceTrainer(db: Sql, training: Affected, trainerId: number): Promise<string | null> {
  if (!(await isActiveSpecialist(db, trainerId))) return `there is no active specialist ${trainerId}`;
  if (training.trainer_id === trainerId) return null;
  await expireHolds(db, training.starts_at);
  const meets = await whatMeets(db, { capacity: 'trainer', personId: trainerId, trainingId: training.id }, training);
  if (meets) return meets.words;
  try {
    await db.transaction((inner) => substitute(inner, training.id, trainerId));
    return null;
  } catch (error) {
    if (isExclusion(error)) return 'the trainer is taken in this very moment';
    throw error;
  }
}

async function callOff(db: Sql, trainingId: number, { reason, now, by, requestId, zone }: Asked) {
  const request = await writeRequest(db, {
    kind: 'cancel_training',
    trainingId,
    reason,
    requestedAt: now,
    by,
    requestId,
  });
  const decided = await cancelTraining(db, request, zone);
  if (decided.refused) throw new Refused('conflict', decided.refused.detail);
  await decideRequest(db, request.id, 'done', decided.answer);
}
