import { randomInt } from 'node:crypto';
import { keepCode, openFor, useCode } from '../../sql/attendance/check-in.ts';
import type { Sql } from '../../sql/database/database.ts';
import { Refused } from '../refusal.ts';
import { newToken, tokenHash } from '../sign-in/tokens.ts';
import { type Marker, markByHand } from './mark.ts';

/** A code is valid for two minutes. */
const VALID_MS = 120_000;
const MOST_TRIES = 20;

export type CheckInCode = { digits: string; token: string; expires_at: string };

/** Makes the code that somebody shows at the desk: six digits to type, and a token for a QR. The one before is not valid any more. */
export async function makeCheckInCode(db: Sql, userId: number, now: Date): Promise<CheckInCode> {
  const expires = new Date(now.getTime() + VALID_MS);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const digits = String(randomInt(1_000_000)).padStart(6, '0');
    const token = newToken();
    const isKept = await keepCode(db, { userId, digits, hash: tokenHash(token), now, expires });
    if (isKept) return { digits, token, expires_at: expires.toISOString() };
  }
  throw new Refused('too_many', 'too many people check in right now; try again in a moment');
}

/**
 * Marks whoever showed a code as present, in the caller's transaction: in the training that is named, else in the one that is on or
 * begins within the hour. The code is used up. Throws `missing` for a code that is not valid, and where there is no such training.
 */
export async function checkIn(transaction: Sql, code: string, trainingId: number | undefined, by: Omit<Marker, 'kind'>) {
  const studentId = await useCode(transaction, /^\d{6}$/.test(code) ? { digits: code } : { hash: tokenHash(code) }, by.now);
  if (studentId === null) throw new Refused('missing', 'this code is not valid, or not any more: codes last two minutes');
  const open = await openFor(transaction, studentId, by.now, by.trainerId);
  const training = trainingId === undefined ? open[0] : open.find(({ id }) => id === trainingId);
  if (!training) {
    throw new Refused(
      'missing',
      trainingId === undefined
        ? 'they have no place in a training that is on or begins within the hour'
        : `they have no place in the training ${trainingId} now`,
    );
  }
  await markByHand(transaction, training.id, [{ student_id: studentId, status: 'PRESENT' }], { ...by, kind: 'check-in' });
  return {
    student_id: studentId,
    real_training_id: training.id,
    training_type: training.training_type,
    starts_at: training.starts_at,
  };
}
