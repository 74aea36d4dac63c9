import type { Sql } from '../../sql/database/database.ts';
import { payersOfChains } from '../../sql/sessions/shares.ts';
import { findHeld, type Held, studentOf } from '../../sql/subscriptions/held.ts';
import { payersOwing } from '../../sql/subscriptions/neighbours.ts';
import { scheduleOf, setSchedule } from '../../sql/subscriptions/schedule.ts';
import { lockForRelease, releasePlaces } from '../groups/release.ts';
import { Refused } from '../refusal.ts';
import { demandLiveSubscription } from './policy.ts';

/**
 * Makes these templates the schedule of a subscription (R11): from its first to its last day its holder has a standing place in
 * them. Seats to come in templates that are no part of it any more are released. Throws `missing` where there is no such subscription,
 * a `conflict` for one that is over.
 */
export async function changeSchedule(db: Sql, of: { heldId: number; templateIds: readonly number[]; today: string; now: Date }) {
  const studentId = await studentOf(db, of.heldId);
  if (studentId === null) throw new Refused('missing', `there is no subscription ${of.heldId} of a student`);
  const before = await scheduleOf(db, of.heldId);
  const left = before.map((one) => one.training_template_id).filter((id) => !of.templateIds.includes(id));
  const place = { studentId, templateIds: left, from: of.today, now: of.now, without: of.heldId };
  const locked = await lockForRelease(db, place);
  const held = await findHeld(db, of.heldId, of.today);
  if (!held) throw new Refused('missing', `there is no subscription ${of.heldId} of a student`);
  demandLiveSubscription(held);
  await setSchedule(db, of.heldId, of.templateIds);
  const done = await releasePlaces(
    db,
    place,
    { today: of.today, because: { kind: 'subscription', name: held.subscription } },
    locked,
  );
  return { ...done, schedule: await scheduleOf(db, of.heldId) };
}

/** Locks whatever the end of a subscription concerns: the roster, its student, and whoever may get the seats that its schedule gave. */
export async function lockForEnding(db: Sql, of: { heldId: number; studentId: number; today: string; now: Date }) {
  const templateIds = (await scheduleOf(db, of.heldId)).map((one) => one.training_template_id);
  const place = { studentId: of.studentId, templateIds, from: of.today, now: of.now, without: of.heldId };
  return { place, locked: await lockForRelease(db, place) };
}

/**
 * Releases the seats to come that a subscription's schedule gave (R11), before it is called off: what they had taken of it comes
 * back to it. The caller has called {@link lockForEnding}. Throws a `conflict` for a subscription that is over.
 */
export async function endSchedule(db: Sql, held: Held, { place, locked }: Awaited<ReturnType<typeof lockForEnding>>) {
  demandLiveSubscription(held);
  const payers = [...(await payersOfChains(db, [held.id])), ...(await payersOwing(db, held.student_id))];
  const because = { kind: 'subscription' as const, name: held.subscription };
  return releasePlaces(db, place, { today: place.from, because, payers }, locked);
}
