import type { Sql } from '../../sql/database/database.ts';
import { type Changed, type HandState, namesOfPlace } from '../../sql/trainings/by-hand.ts';
import { type Going, goingTo } from '../../sql/trainings/going.ts';
import { type Obstacle, obstaclesOf } from '../../sql/trainings/meets.ts';
import { notAcceptable, Refused } from '../refusal.ts';
import type { Placed } from './readers.ts';
import { demandAhead, demandChangeable, isLateMove, minutesOf, type Wish, whenOf } from './wish.ts';

/** What a change of a training would do, read and not written: a dry run answers it, the change does it. */
export type Plan = {
  state: HandState;
  next: Changed;
  was: Placed;
  now: Placed;
  /** Whether anything at all differs. */
  isChange: boolean;
  startChanges: boolean;
  /** Trainer, room and hours; a student who is busy stands in `busy`. */
  obstacles: Obstacle[];
  /** Everyone with a place. */
  going: readonly Going[];
  busy: { seat: Going; words: string }[];
  /** Those who stay and whose place is paid for anew: its session does not cover the new day, or what is owed need not be. */
  anew: Going[];
};

/** Throws a `conflict` or `invalid` for what can never be; what others are in the way of, the plan lists. */
export async function planChange(
  db: Sql,
  state: HandState,
  wish: Wish,
  { now, zone }: { now: Date; zone: string },
): Promise<Plan> {
  const { next, names } = await changedBy(db, state, wish, now, zone);
  const was = placedAt(state, state);
  const after = placedAt(next, names);
  const moves = state.starts_at !== next.starts_at || was.minutes !== after.minutes;
  const isMoved = moves || state.trainer_id !== next.trainer_id || state.room_id !== next.room_id;
  const isChange =
    isMoved ||
    state.price_minor !== next.price_minor ||
    state.max_participants !== next.max_participants ||
    state.notes !== next.notes;
  const isForeseen = isMoved || state.max_participants !== next.max_participants || state.price_minor !== next.price_minor;
  const going = isForeseen ? await goingTo(db, state.id, next.training_date) : [];
  if (next.max_participants < going.length && next.max_participants < state.max_participants)
    throw new Refused('conflict', `${going.length} have a place in it: take some out first`);
  const here = going.filter(({ status }) => status !== 'ABSENT');
  const met = isMoved
    ? await obstaclesOf(db, [{ ...next, training_id: state.id }], moves ? here.map(({ student_id }) => student_id) : [], zone)
    : [];
  const obstacles = met.filter(({ what }) => what !== 'student');
  const busy = here.flatMap((seat) => {
    const found = met.find(({ what, id }) => what === 'student' && id === seat.student_id);
    return found ? [{ seat, words: found.words }] : [];
  });
  const stays = here.filter((seat) => !busy.some((one) => one.seat === seat));
  const anew = state.training_date === next.training_date ? [] : stays.filter(isDecidedAnew);
  return {
    state,
    next,
    was,
    now: after,
    isChange,
    startChanges: state.starts_at !== next.starts_at,
    obstacles,
    going,
    busy,
    anew,
  };
}

/** A session that does not cover the day goes back (R12); an invoice that nobody has paid gives way to a subscription that does. */
const isDecidedAnew = ({ session, invoice, other }: Going) =>
  session ? !session.covers : invoice?.is_owed === true && other !== null;

/** What only a training that is ahead can change. Notes are written any time. */
const BOUND = ['starts_at', 'duration_minutes', 'trainer_id', 'room_id', 'price_minor', 'max_participants'] as const;

async function changedBy(db: Sql, state: HandState, wish: Wish, now: Date, zone: string) {
  const { notes = state.notes } = wish;
  if (BOUND.some((field) => wish[field] !== undefined)) demandChangeable(state, now);
  const startsAt = new Date(wish.starts_at ?? state.starts_at);
  const isOtherTime = startsAt.toISOString() !== state.starts_at;
  if (isOtherTime) demandAhead(startsAt, now);
  const minutes = wish.duration_minutes ?? minutesOf(state);
  const when = isOtherTime || minutes !== minutesOf(state) ? whenOf(startsAt, minutes, zone) : state;
  const trainer_id = wish.trainer_id ?? state.trainer_id;
  const room_id = wish.room_id === undefined ? state.room_id : wish.room_id;
  const names =
    trainer_id === state.trainer_id && room_id === state.room_id
      ? state
      : await demandPlace(db, trainer_id, room_id, state.trainer_id);
  const next: Changed = {
    id: state.id,
    ...{ starts_at: when.starts_at, ends_at: when.ends_at, training_date: when.training_date, start_time: when.start_time },
    trainer_id,
    room_id,
    price_minor: wish.price_minor ?? state.price_minor,
    max_participants: wish.max_participants ?? state.max_participants,
    notes,
    free_until_start: state.free_until_start || isLateMove(state.starts_at, when.starts_at, now),
  };
  return { next, names };
}

/**
 * The names of a trainer and a room. Throws `invalid` for one that there is not, or a trainer who is not active.
 * @param before the present trainer
 */
export async function demandPlace(db: Sql, trainerId: number, roomId: number | null, before: number | null) {
  const { trainer, is_active, room } = await namesOfPlace(db, trainerId, roomId);
  if (trainer === null) throw notAcceptable('trainer_id', `there is no trainer ${trainerId}`);
  if (!is_active && trainerId !== before) throw notAcceptable('trainer_id', `the trainer ${trainerId} is not active`);
  if (roomId !== null && room === null) throw notAcceptable('room_id', `there is no room ${roomId}`);
  return { trainer, room };
}

const placedAt = (
  of: Pick<Changed, 'starts_at' | 'ends_at' | 'training_date' | 'start_time' | 'trainer_id' | 'room_id' | 'free_until_start'>,
  { trainer, room }: { trainer: string; room: string | null },
): Placed => ({
  training_date: of.training_date,
  start_time: of.start_time,
  minutes: minutesOf(of),
  trainer_id: of.trainer_id,
  trainer,
  room_id: of.room_id,
  room,
  free_until_start: of.free_until_start,
});
