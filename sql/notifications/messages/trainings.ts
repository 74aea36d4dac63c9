import { z } from 'zod';
import { day } from '../../database/instants.ts';
import { balanceParam, count, idOrNull, isPayer, message, nameOrNull, place, student } from './message.ts';

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
/** What a place costs: how many sessions and invoices were charged just now, and what pays for it (null: nothing does). */
const charged = z.object({
  sessions: z.int(),
  invoices: z.int(),
  session: z.object({ subscription: z.string(), sessions_left: z.int().nullable() }).nullable().default(null),
  invoice: z.object({ amount_minor: z.int(), is_paid: z.boolean() }).nullable().default(null),
});

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

/** Messages about trainings. */
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
      call: true,
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
      call: true,
      kind: 'participation',
      urgency: 'soon',
      subjects: ofTraining,
      supersedes: ['training_joined', 'training_reminder', 'waitlist_promoted'],
    },
  ),
  training_joined: message(
    z.object({ ...training, student, is_payer: isPayer, is_trainer: z.boolean().default(false), charged }),
    {
      call: true,
      kind: 'participation',
      urgency: 'soon',
      subjects: ofTraining,
    },
  ),
  waitlisted: message(z.object({ ...training, student, place: z.int() }), {
    call: false,
    kind: 'participation',
    urgency: 'soon',
    subjects: ofTraining,
  }),
  waitlist_promoted: message(
    z.object({
      ...training,
      student,
      is_payer: isPayer,
      is_trainer: z.boolean().default(false),
      charged,
      free_until: z.iso.datetime(),
    }),
    { call: true, kind: 'participation', urgency: 'soon', subjects: ofTraining, supersedes: ['waitlisted', 'waitlist_skipped'] },
  ),
  waitlist_skipped: message(
    z.object({ ...training, student, reason: z.enum(['inactive', 'frozen', 'busy', 'no_subscription']) }),
    { call: false, kind: 'participation', urgency: 'soon', subjects: ofTraining },
  ),
  waitlist_released: message(z.object({ ...training, student, reason: z.enum(['left', 'started']) }), {
    call: false,
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
      call: true,
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
      call: ({ by_hand }) => by_hand,
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
      /** The person whom the message is about, where that is not the reader. */
      students: z.array(z.string()).default([]),
    }),
    { call: true, kind: 'training_changed', urgency: 'soon', subjects: ofTraining, supersedes: ['training_reminder'] },
  ),
  training_moved: message(
    z.object({
      ...training,
      /** As the reader knew it: before the first change that the reader was not told of (R13). */
      was: placed,
      now: placed,
      as: z.enum(['student', 'payer', 'trainer', 'former_trainer']),
      /** The person whom the message is about, where that is not the reader. */
      students: z.array(z.string()).default([]),
      /** Until when cancelling is free, as the studio's clock shows it; null: it always was late, or it is not the reader's to cancel. */
      free_until: z.object({ day, time: z.string(), is_start: z.boolean() }).nullable(),
      /** The reader's places that are paid for otherwise than before. */
      seats: z.array(z.object({ seat_id: z.int(), student, is_payer: isPayer, was: charge, now: charge })).default([]),
    }),
    { call: true, kind: 'training_changed', urgency: 'soon', subjects: ofTraining, supersedes: ['training_reminder'] },
  ),
  /** The trainer's trainings as they were made: by hand, or those of a new week, which nobody is called about. */
  training_given: message(
    z.object({ trainings: z.array(z.object(training)).min(1), students: count, by_hand: z.boolean().default(true) }),
    {
      call: ({ by_hand }) => by_hand,
      kind: 'training_created',
      urgency: 'normal',
      subjects: (of) => of.trainings.flatMap(ofTraining),
    },
  ),
  /** How many places of the trainer's trainings are taken, where that is not what they know. */
  training_seats: message(
    z.object({ trainings: z.array(z.object({ ...training, was: z.int(), seated: z.int(), places: z.int() })).min(1) }),
    { call: false, kind: 'training_seats', urgency: 'soon', subjects: (of) => of.trainings.flatMap(ofTraining) },
  ),
  trainer_day: message(
    z.object({
      day,
      items: z
        .array(
          z.object({
            kind: z.enum(['training', 'booking']),
            start_time: z.string(),
            what: z.string(),
            /** Of a training; of a booking null, as a training has no client. */
            seated: z.int().nullable(),
            places: z.int().nullable(),
            client: nameOrNull,
            room: nameOrNull,
            location: nameOrNull,
          }),
        )
        .min(1),
    }),
    { call: false, kind: 'trainer_day', urgency: 'normal', subjects: (of) => [`day:${of.day}`], supersedes: ['trainer_day'] },
  ),
  training_reminder: message(z.object({ ...training, student, location: nameOrNull, room: nameOrNull, trainer: nameOrNull }), {
    call: false,
    kind: 'training_reminder',
    urgency: 'normal',
    subjects: ofTraining,
  }),
  missed_classes: message(z.object({ student_id: idOrNull, student, missed: z.int(), days: z.int() }), {
    call: false,
    kind: 'missed_classes',
    urgency: 'normal',
    subjects: ({ student_id }) => [student_id ? `missed_classes:${student_id}` : 'missed_classes'],
    supersedes: ['missed_classes'],
  }),
};
