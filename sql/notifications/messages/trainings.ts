import { z } from 'zod';
import { balanceParam, count, day, idOrNull, isPayer, message, nameOrNull, place, student } from './message.ts';

const ofTraining = (params: { real_training_id: number | null }) =>
  params.real_training_id ? [`training:${params.real_training_id}`] : [];
/** Rows of an earlier version have no id; then nothing is known of their subject. */
export const training = { ...place, real_training_id: idOrNull };

/**
 * What came back to a place in a training (D43). `session` is the subscription it is in now and what is left of it (null: unlimited).
 * Amounts in minor units. `is_payer`: the money is the reader's own.
 */
export const returned = z.object({
  session: z.object({ subscription: z.string(), sessions_left: z.int().nullable() }).nullable().default(null),
  sessions: count,
  refunded_minor: count,
  cancelled_minor: count,
});
const charged = z.object({ sessions: z.int(), invoices: z.int() });

/** What pays for a place: a subscription, or an invoice over so many minor units; null: nothing, or not decided yet. */
const charge = z
  .object({ subscription_id: idOrNull, subscription: nameOrNull.default(null), amount_minor: z.int().nullable().default(null) })
  .nullable();
/** Where and when a training is: who reads of a change knew it so, or finds it so. */
const placed = z.object({
  training_date: day,
  start_time: z.string(),
  minutes: z.int(),
  trainer_id: z.int(),
  trainer: z.string(),
  room_id: z.int().nullable(),
  room: nameOrNull,
  free_until_start: z.boolean().default(false),
});

/** What people are notified of trainings. */
export const trainingMessages = {
  training_cancelled: message(
    z.object({
      ...training,
      reason: z.string(),
      /** Whose places the reader has to do with, and what came back to each; none for the trainer. */
      places: z.array(returned.extend({ student, is_payer: isPayer })).default([]),
      balance_minor: balanceParam,
    }),
    {
      kind: 'training_cancelled',
      urgency: 'soon',
      subjects: ofTraining,
      supersedes: [
        'training_joined',
        'training_changed',
        'training_reminder',
        'waitlisted',
        'waitlist_promoted',
        'waitlist_skipped',
      ],
    },
  ),
  participation_cancelled: message(
    z.object({
      ...training,
      outcome: z.enum(['safe', 'late']),
      student,
      is_payer: isPayer,
      is_trainer: z.boolean().default(false),
      returned,
      charged,
      balance_minor: balanceParam,
    }),
    {
      kind: 'participation',
      urgency: 'soon',
      subjects: ofTraining,
      supersedes: ['training_joined', 'training_reminder', 'waitlist_promoted'],
    },
  ),
  training_joined: message(
    z.object({ ...training, student, is_payer: isPayer, is_trainer: z.boolean().default(false), charged }),
    {
      kind: 'participation',
      urgency: 'soon',
      subjects: ofTraining,
    },
  ),
  waitlisted: message(z.object({ ...training, student, place: z.int() }), {
    kind: 'participation',
    urgency: 'soon',
    subjects: ofTraining,
  }),
  waitlist_promoted: message(
    z.object({ ...training, student, is_trainer: z.boolean().default(false), charged, free_until: z.iso.datetime() }),
    { kind: 'participation', urgency: 'soon', subjects: ofTraining, supersedes: ['waitlisted', 'waitlist_skipped'] },
  ),
  waitlist_skipped: message(
    z.object({ ...training, student, reason: z.enum(['inactive', 'frozen', 'busy', 'no_subscription']) }),
    { kind: 'participation', urgency: 'soon', subjects: ofTraining },
  ),
  waitlist_released: message(z.object({ ...training, student, reason: z.enum(['left', 'started']) }), {
    kind: 'participation',
    urgency: 'normal',
    subjects: ofTraining,
    supersedes: ['waitlisted', 'waitlist_skipped'],
  }),
  places_released: message(
    z.object({
      /** What had given the places, and what it is called. */
      because: z.enum(['group', 'subscription']),
      name: z.string(),
      trainings: z.array(z.object(training)),
      student,
      is_payer: isPayer,
      returned,
      balance_minor: balanceParam,
    }),
    {
      kind: 'participation',
      urgency: 'normal',
      subjects: (of) => of.trainings.flatMap(ofTraining),
      supersedes: [
        'training_joined',
        'training_created',
        'training_reminder',
        'waitlisted',
        'waitlist_promoted',
        'waitlist_skipped',
      ],
    },
  ),
  training_created: message(
    z.object({
      trainings: z.array(z.object(training)).min(1),
      student,
      /** Somebody gave these places; otherwise the new week did. */
      by_hand: z.boolean().default(false),
    }),
    {
      kind: 'training_created',
      urgency: 'normal',
      subjects: (params) => params.trainings.flatMap(ofTraining),
    },
  ),
  training_changed: message(
    z.object({
      ...training,
      change: z.enum(['moved', 'room', 'trainer']),
      was: z.object({ training_date: day.optional(), start_time: z.string().optional() }),
      room: nameOrNull,
      trainer: z.string(),
      /** For whom the reader is notified, where that is somebody else. */
      students: z.array(z.string()).default([]),
    }),
    { kind: 'training_changed', urgency: 'soon', subjects: ofTraining, supersedes: ['training_reminder'] },
  ),
  training_moved: message(
    z.object({
      ...training,
      /** As the reader knew it: before the first change that the reader was not told of (R13). */
      was: placed,
      now: placed,
      as: z.enum(['student', 'payer', 'trainer', 'former_trainer']),
      /** For whom the reader is notified, where that is somebody else. */
      students: z.array(z.string()).default([]),
      /** Until when cancelling is free, as the studio's clock shows it; null: it always was late, or it is not the reader's to cancel. */
      free_until: z.object({ day, time: z.string(), is_start: z.boolean() }).nullable(),
      /** The reader's places that are paid for otherwise than before. */
      seats: z.array(z.object({ seat_id: z.int(), student, is_payer: isPayer, was: charge, now: charge })).default([]),
    }),
    { kind: 'training_changed', urgency: 'soon', subjects: ofTraining, supersedes: ['training_reminder'] },
  ),
  training_given: message(z.object({ trainings: z.array(z.object(training)).min(1), students: count }), {
    kind: 'training_created',
    urgency: 'normal',
    subjects: (of) => of.trainings.flatMap(ofTraining),
  }),
  training_reminder: message(z.object({ ...training, location: nameOrNull, room: nameOrNull, trainer: nameOrNull }), {
    kind: 'training_reminder',
    urgency: 'normal',
    subjects: ofTraining,
  }),
  missed_classes: message(z.object({ missed: z.int(), days: z.int() }), {
    kind: 'missed_classes',
    urgency: 'normal',
    subjects: () => ['missed_classes'],
    supersedes: ['missed_classes'],
  }),
};
