import type { ParamsOf } from '../../sql/notifications/catalog.ts';
import { trainingMessages } from '../../sql/notifications/messages/trainings.ts';
import type { Going } from '../../sql/trainings/going.ts';
import type { Waiting } from '../../sql/undo/messages.ts';

type Moved = ParamsOf<'training_moved'>;
export type Placed = Moved['now'];
export type Charge = Moved['seats'][number]['now'];
/** A place that is paid for otherwise than before. */
export type Recharged = { seat_id: number; was: Charge; now: Charge };
/** Somebody who is to be told, and what. */
export type TrainingReader = { userId: number; about: number[] } & Pick<Moved, 'as' | 'students' | 'was' | 'seats'>;

/** Whether somebody who takes part or gives the training finds it as it was. */
export const isSamePlace = (one: Placed, other: Placed) =>
  one.training_date === other.training_date &&
  one.start_time === other.start_time &&
  one.minutes === other.minutes &&
  one.trainer_id === other.trainer_id &&
  one.room_id === other.room_id;

const isSameCharge = (one: Charge, other: Charge) =>
  one?.subscription_id === other?.subscription_id && one?.amount_minor === other?.amount_minor;

/** What each reader was going to be told of the training and has not been yet. */
export function untoldMoves(waiting: readonly Waiting[]): ReadonlyMap<number, Moved> {
  const moves = waiting.filter(({ template }) => template === 'training_moved');
  return new Map(moves.map(({ user_id, params }) => [user_id, trainingMessages.training_moved.params.parse(params)]));
}

/**
 * Who is told of a change: the students who stay, those who pay for them and both trainers (R13), each once, of the way from how they
 * knew it to how it is. Whoever finds it as they knew it is told nothing.
 * @param untold what each was going to be told of earlier changes
 */
export function readersOf(
  was: Placed,
  now: Placed,
  going: readonly Going[],
  recharged: readonly Recharged[],
  untold: ReadonlyMap<number, Moved>,
): TrainingReader[] {
  const concerned = new Map<number, { as: TrainingReader['as']; students: string[]; about: number[] }>();
  for (const { student_id } of going) concerned.set(student_id, { as: 'student', students: [], about: [] });
  for (const { student_id, payer_id, student } of going) {
    if (payer_id === student_id) continue;
    const payer = concerned.get(payer_id) ?? { as: 'payer', students: [], about: [] };
    // Who takes part as well is told anyway.
    const about = payer.as === 'payer' ? [...payer.about, student_id] : [];
    concerned.set(payer_id, { ...payer, students: [...payer.students, student], about });
  }
  for (const userId of [now.trainer_id, was.trainer_id, ...untold.keys()]) {
    const knew = untold.get(userId)?.was ?? was;
    if (concerned.has(userId)) continue;
    if (userId === now.trainer_id) concerned.set(userId, { as: 'trainer', students: [], about: [] });
    else if (userId === knew.trainer_id) concerned.set(userId, { as: 'former_trainer', students: [], about: [] });
  }
  return [...concerned].flatMap(([userId, reader]) => {
    const earlier = untold.get(userId);
    const own = going.filter(({ student_id, payer_id }) => student_id === userId || payer_id === userId);
    const seats = own.flatMap((seat) => rechargedFor(userId, seat, recharged, earlier));
    const knew = earlier?.was ?? was;
    return isSamePlace(knew, now) && seats.length === 0 ? [] : [{ userId, ...reader, was: knew, seats }];
  });
}

function rechargedFor(userId: number, seat: Going, recharged: readonly Recharged[], earlier: Moved | undefined): Moved['seats'] {
  const before = earlier?.seats.find(({ seat_id }) => seat_id === seat.seat_id);
  const change = recharged.find(({ seat_id }) => seat_id === seat.seat_id);
  if (!before && !change) return [];
  const was = before ? before.was : (change as Recharged).was;
  const now = change ? change.now : (before as NonNullable<typeof before>).now;
  if (isSameCharge(was, now)) return [];
  const student = seat.student_id === userId ? null : seat.student;
  return [{ seat_id: seat.seat_id, student, is_payer: seat.payer_id === userId, was, now }];
}
