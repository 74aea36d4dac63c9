import { expireHolds } from '../../sql/bookings/expire-holds.ts';
import type { Sql } from '../../sql/database/database.ts';
import { lockStudents } from '../../sql/finance/seats.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import { findType, type HandState, insertTrainings, readForHand, seatStudents, type When } from '../../sql/trainings/by-hand.ts';
import { goingTo } from '../../sql/trainings/going.ts';
import { type Obstacle, obstaclesOf } from '../../sql/trainings/meets.ts';
import { studentsOf } from '../../sql/trainings/people.ts';
import { insertSeries, type SeriesRule } from '../../sql/trainings/series.ts';
import type { CallContext } from '../call-context.ts';
import { notAcceptable, Refused } from '../refusal.ts';
import { demandScope } from '../rights.ts';
import { type UndoOffer, withUndo } from '../undo/offer.ts';
import { givenNotice, seatedNotices } from './notices.ts';
import { demandPlace } from './plan.ts';
import { refuseTaken, whileFree } from './refusals.ts';
import { demandAhead, minutesOf, whenOf } from './wish.ts';

/** A training that is to be; what is undefined is as its type has it. */
export type NewWish = {
  training_type_id: number;
  trainer_id: number;
  room_id?: number | null;
  kind?: HandState['kind'];
  duration_minutes?: number;
  max_participants?: number;
  price_minor?: number;
  notes?: string | null;
  student_ids?: readonly number[];
};
type Start = { starts_at: string; dry_run?: boolean };

export type TrainingConflict = {
  training_date: string;
  starts_at: string;
  what: Obstacle['what'];
  id: number | null;
  why: string;
};
export type Made = { ids: readonly number[]; undo: UndoOffer | null };

/** Makes a single training, personal lesson or trial (D8), and seats students in it. Throws a `conflict` with whatever is in the way. */
export async function createByHand(wish: NewWish & Start, context: CallContext): Promise<Made> {
  demandAhead(new Date(wish.starts_at), context.now);
  const { minutes } = await typeOf(context.db, wish);
  const when = whenOf(new Date(wish.starts_at), minutes, context.fleet.settings.zone);
  return make(wish, [when], context);
}

/** Makes another training like one, at another time; with its students, if so wished. The new one is of no template. */
export async function copyByHand(id: number, wish: Start & { with_students?: boolean }, context: CallContext): Promise<Made> {
  const state = await readForHand(context.db, id);
  if (!state) throw new Refused('missing', `there is no training ${id}`);
  const { training_type_id, trainer_id, room_id, kind, max_participants, price_minor, notes } = state;
  const going = wish.with_students ? await goingTo(context.db, id, state.training_date) : [];
  const student_ids = going.filter(({ status }) => status !== 'ABSENT').map(({ student_id }) => student_id);
  const like = { training_type_id, trainer_id, room_id, kind, max_participants, price_minor, notes, student_ids };
  return createByHand({ ...like, duration_minutes: minutesOf(state), starts_at: wish.starts_at }, context);
}

/** The type with what the wish leaves to it. Throws `invalid` where there is none such. */
export async function typeOf(db: Sql, wish: NewWish) {
  const type = await findType(db, wish.training_type_id);
  if (!type) throw notAcceptable('training_type_id', `there is no training type ${wish.training_type_id}`);
  return { type, minutes: wish.duration_minutes ?? type.duration_minutes };
}

/** Everything in the way of trainings at these times, in words. */
export async function conflictsOf(db: Sql, wish: NewWish, times: readonly When[], zone: string): Promise<TrainingConflict[]> {
  const wanted = times.map((when) => ({
    ...when,
    training_id: null,
    trainer_id: wish.trainer_id,
    room_id: wish.room_id ?? null,
  }));
  const met = await obstaclesOf(db, wanted, wish.student_ids ?? [], zone);
  return met.map(({ place, what, id, words }) => {
    const { training_date, starts_at } = times[place] as When;
    return { training_date, starts_at, what, id, why: words };
  });
}

/** Makes trainings at all of these times, or none. */
export const make = (wish: NewWish, times: readonly When[], context: CallContext, rule?: SeriesRule): Promise<Made> =>
  whileFree(() => context.db.transaction((transaction) => makeAll(transaction, wish, times, context, rule)));

async function makeAll(transaction: Sql, wish: NewWish, times: readonly When[], context: CallContext, rule?: SeriesRule) {
  const { zone } = context.fleet.settings;
  const { type } = await typeOf(transaction, wish);
  await expireHolds(transaction, times[0]?.starts_at);
  await lockRoster(transaction);
  await demandPlace(transaction, wish.trainer_id, wish.room_id ?? null, null);
  const students = await demandStudents(transaction, wish, wish.max_participants ?? type.max_participants, context);
  const conflicts = await conflictsOf(transaction, wish, times, zone);
  if (rule) refuseAll(conflicts);
  else refuseFew(conflicts, students);
  const made = { kind: wish.kind ?? ('group' as const), notes: wish.notes ?? null, room_id: wish.room_id ?? null };
  const rows = times.map((when) => ({
    ...when,
    ...made,
    training_type_id: wish.training_type_id,
    trainer_id: wish.trainer_id,
    max_participants: wish.max_participants ?? type.max_participants,
    price_minor: wish.price_minor ?? type.price_minor,
  }));
  const of = { kind: 'trainings_created', subjectId: 0, actor: context.caller.name, subjects: [] } as const;
  const { result: ids, undo } = await withUndo(transaction, of, async (_, { id: key }) => {
    const series_id = rule && (await insertSeries(transaction, { ...rule, madeBy: context.caller.name }));
    const createdIds = await insertTrainings(transaction, rows, series_id ?? null);
    if (students.length > 0) {
      await seatStudents(
        transaction,
        createdIds,
        students.map(({ id }) => id),
      );
    }
    const given = createdIds.map((id, n) => ({ id, ...(times[n] as When) }));
    const about = { trainingType: type.name, key, now: context.now };
    await notifyPeople(transaction, [
      ...givenNotice(wish.trainer_id, given, { ...about, students: students.length }),
      ...seatedNotices(students, given, about),
    ]);
    return { createdIds, result: createdIds, more: series_id === undefined ? {} : { series_id } };
  });
  return { ids, undo };
}

/** The students who are to be in it, locked. Throws `invalid` or `conflict` for who cannot be. */
async function demandStudents(transaction: Sql, { student_ids = [] }: NewWish, places: number, { caller }: CallContext) {
  if (student_ids.length === 0) return [];
  demandScope(caller, 'money:write', 'students are given places');
  await lockStudents(transaction, student_ids);
  const students = await studentsOf(transaction, student_ids);
  const missing = student_ids.find((id) => !students.some((student) => student.id === id));
  if (missing !== undefined) throw notAcceptable('student_ids', `there is no student ${missing}`);
  const inactive = students.find(({ is_active }) => !is_active);
  if (inactive) throw new Refused('conflict', `the student ${inactive.id} is not active`);
  const inOrder = student_ids.flatMap((id) => students.filter((student) => student.id === id));
  if (students.length > places) throw new Refused('conflict', `there are ${places} places for ${students.length} students`);
  return inOrder;
}

function refuseFew(conflicts: readonly TrainingConflict[], students: readonly { id: number; student: string }[]) {
  const obstacles = conflicts.filter(({ what }) => what !== 'student');
  const busy = conflicts.flatMap(({ what, id, why }) =>
    students
      .filter((one) => what === 'student' && one.id === id)
      .map((one) => ({ seat: { student_id: one.id, student: one.student }, words: why })),
  );
  refuseTaken(
    obstacles.map(({ what, id, why }) => ({ what, id, words: why, place: 0 })),
    busy,
  );
}

/** Throws a `conflict` that lists every day that is in the way: all trainings of a series are made, or none. */
function refuseAll(conflicts: readonly TrainingConflict[]) {
  if (conflicts.length === 0) return;
  const days = new Set(conflicts.map(({ training_date }) => training_date)).size;
  throw new Refused('conflict', `${days} of its days cannot be had`, { conflicts });
}
