import { currentAward, findAward, insertAward, lockPupil, voidAward } from '../../sql/belts/awards.ts';
import { type Belt, findBelts } from '../../sql/belts/belts.ts';
import type { Sql } from '../../sql/database/database.ts';
import { notAcceptable, Refused } from '../refusal.ts';
import { objectionTo } from './policy.ts';

type Wish = {
  studentId: number;
  beltId: number;
  stripes: number;
  on: string;
  today: string;
  by: string;
  skipReason: string | null;
  examId: number | null;
};

/** Throws `missing` where there is no such student. The student is locked until the transaction ends. */
export async function demandPupil(transaction: Sql, studentId: number) {
  const pupil = await lockPupil(transaction, studentId);
  if (!pupil) throw new Refused('missing', `there is no student ${studentId}`);
  return pupil;
}

/** Throws `invalid` where there is no such belt. */
export async function demandBelt(db: Sql, beltId: number): Promise<Belt> {
  const [belt] = await findBelts(db, [beltId]);
  if (!belt) throw notAcceptable('belt_id', `there is no belt ${beltId}`);
  return belt;
}

/**
 * Awards a belt or a stripe (R3). Throws a `conflict` for what is no step, `invalid` for a day to come or before the award that stands.
 * Returns the award as it was entered.
 */
export async function award(transaction: Sql, wish: Wish) {
  const pupil = await demandPupil(transaction, wish.studentId);
  const belt = await demandBelt(transaction, wish.beltId);
  const current = await currentAward(transaction, wish.studentId, belt.program);
  if (wish.on > wish.today) throw notAcceptable('awarded_on', `today (${wish.today}) or before`);
  if (current && wish.on < current.awarded_on)
    throw notAcceptable('awarded_on', `${current.awarded_on}, the day of the award before, or later`);
  const had = current && { belt: (await findBelts(transaction, [current.belt_id]))[0] as Belt, stripes: current.stripes };
  const objection = objectionTo({ belt, stripes: wish.stripes }, had, wish.on, pupil.birth_date);
  if (objection && (objection.unless === 'never' || wish.skipReason === null)) throw new Refused('conflict', objection.why);
  const id = await insertAward(transaction, {
    ...wish,
    program: belt.program,
    skipReason: objection ? wish.skipReason : null,
  });
  return entered(transaction, id);
}

/**
 * Voids an award with a reason; what was before it stands again. Voided already: it is answered as it is. Throws `missing` where there is
 * none, a `conflict` where a later one stands on it.
 */
export async function voidOf(transaction: Sql, id: number, by: string, reason: string) {
  const found = await findAward(transaction, id);
  if (!found) throw new Refused('missing', `there is no award ${id}`);
  await demandPupil(transaction, found.student_id);
  const now = await entered(transaction, id);
  if (now.voided_at !== null) return now;
  const current = await currentAward(transaction, now.student_id, now.program);
  if (current?.id !== id)
    throw new Refused('conflict', `a later award stands on it: ${current?.belt}, ${current?.awarded_on}`, {
      award_id: current?.id,
    });
  await voidAward(transaction, id, by, reason);
  return entered(transaction, id);
}

async function entered(db: Sql, id: number) {
  const found = await findAward(db, id);
  if (!found) throw new TypeError(`the award ${id} is gone`);
  return found;
}
