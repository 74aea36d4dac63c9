import { wallTimeOf } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import { aboutWhom } from '../../sql/notifications/about.ts';
import { priorityOf } from '../../sql/notifications/catalog.ts';
import { type Notice, notifyPeople } from '../../sql/notifications/notify.ts';
import type { Opened } from '../../sql/undo/undos.ts';
import { freeUntil } from '../free-until.ts';
import type { Plan } from './plan.ts';
import type { TrainingReader } from './readers.ts';

type Clock = { now: Date; zone: string };

/** Tells those it concerns that a training is another time or place, or given by somebody else, and what that means for them (R13). */
export const notifyOfMove = (transaction: Sql, plan: Plan, readers: readonly TrainingReader[], { id }: Opened, clock: Clock) =>
  notifyPeople(
    transaction,
    readers.map(({ userId, as, students, about, was, seats }): Notice<'training_moved'> => {
      const { state, next, now } = plan;
      const occasion = state.starts_at < next.starts_at ? state.starts_at : next.starts_at;
      return {
        userId,
        template: 'training_moved',
        dedupe: `training_moved:${state.id}:${id}:${userId}`,
        about,
        occasion,
        priority: priorityOf(occasion, clock.now.toISOString()),
        params: {
          real_training_id: state.id,
          training_type: state.training_type,
          training_date: next.training_date,
          start_time: next.start_time,
          was,
          now,
          as,
          students,
          free_until: isOfStudent(as) && hasOtherStart(was, now) ? freeUntilOf(plan, clock) : null,
          seats,
        },
      };
    }),
  );

const isOfStudent = (as: TrainingReader['as']) => as === 'student' || as === 'payer';
const hasOtherStart = (was: Plan['was'], now: Plan['now']) =>
  was.training_date !== now.training_date || was.start_time !== now.start_time;

function freeUntilOf({ next }: Plan, { now, zone }: Clock) {
  const until = freeUntil(new Date(next.starts_at), { isFreeUntilStart: next.free_until_start });
  if (until <= now) return null;
  const [day, time] = wallTimeOf(until, zone).split('T') as [string, string];
  return { day, time, is_start: next.free_until_start };
}

type Given = { id: number; training_date: string; start_time: string; starts_at: string };

/** Tells a trainer of trainings that were made by hand, in one message. */
export const givenNotice = (
  trainerId: number,
  trainings: readonly Given[],
  of: { trainingType: string; students: number; key: number; now: Date },
): Notice<'training_given'>[] => {
  const [first] = trainings;
  if (!first) return [];
  return [
    {
      userId: trainerId,
      template: 'training_given',
      dedupe: `training_given:${of.key}:${trainerId}`,
      occasion: first.starts_at,
      priority: priorityOf(first.starts_at, of.now.toISOString()),
      params: { trainings: trainings.map((one) => listed(one, of.trainingType)), students: of.students, by_hand: true },
    },
  ];
};

/** Tells students, and those who pay for them, of trainings that they have a place in. */
export const seatedNotices = (
  students: readonly { id: number; payer_id: number; student: string }[],
  trainings: readonly Given[],
  of: { trainingType: string; key: number; now: Date },
): Notice<'training_created'>[] => {
  const [first] = trainings;
  if (!first) return [];
  return students.flatMap(({ id, payer_id, student }) =>
    [...new Set([id, payer_id])].map((userId) => ({
      userId,
      template: 'training_created' as const,
      dedupe: `training_created:by_hand:${of.key}:${id}:${userId}`,
      about: aboutWhom(userId, id),
      occasion: first.starts_at,
      priority: priorityOf(first.starts_at, of.now.toISOString()),
      params: {
        trainings: trainings.map((one) => listed(one, of.trainingType)),
        student: userId === id ? null : student,
        by_hand: true,
      },
    })),
  );
};

const listed = ({ id, training_date, start_time }: Given, training_type: string) => ({
  real_training_id: id,
  training_date,
  start_time,
  training_type,
});
