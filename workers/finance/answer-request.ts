import type { Sql } from '../../sql/database/database.ts';
import { isExclusion } from '../../sql/database/outage.ts';
import { decideRequest, type FinanceRequest, lockOpenRequest } from '../../sql/finance/requests.ts';
import { WaitlistGrew } from '../waitlist/fill.ts';
import { addStudent } from './add-student.ts';
import { cancelParticipation } from './cancel-participation.ts';
import { cancelTraining } from './cancel-training.ts';
import type { Decide } from './decision.ts';
import { notedRefusal } from './noted-refusal.ts';

const decide: Record<FinanceRequest['kind'], Decide> = {
  cancel_training: cancelTraining,
  cancel_participation: cancelParticipation,
  add_student: addStudent,
};

/** Somebody who is booked or seated elsewhere, or begins to wait, in the same moment: so often it is looked at again. */
const MOST_TRIES = 5;

/**
 * Decides an open request once: what it does and what is noted of it are one transaction. A decided one is left alone.
 * @param zone the studio's time zone
 * @param lockMs gives up with a lock timeout (55P03) rather than wait longer for a lock
 */
export async function answerRequest(db: Sql, id: number, zone: string, lockMs?: number) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await answerOnce(db, id, zone, lockMs);
    } catch (error) {
      if (!(isExclusion(error) || error instanceof WaitlistGrew) || tries === MOST_TRIES) throw error;
    }
  }
}

const answerOnce = (db: Sql, id: number, zone: string, lockMs?: number) =>
  db.transaction(async (transaction) => {
    const request = await lockOpenRequest(transaction, id, lockMs);
    if (!request) return null;
    const decision = await decide[request.kind](transaction, request, zone);
    if (decision.refused) await decideRequest(transaction, id, 'refused', notedRefusal(decision.refused));
    else await decideRequest(transaction, id, 'done', decision.answer);
    return decision;
  });
