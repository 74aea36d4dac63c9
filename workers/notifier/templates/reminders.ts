import { z } from 'zod';
import { type TextKey, text } from '../texts/texts.ts';
import { type Line, type Reader, type Template, template } from './template.ts';
import { amountIn, dayIn, instantIn, listed, short, wallTime } from './wording.ts';

const NAME = 60;
const place = { training_date: z.iso.date(), start_time: z.string(), training_type: z.string() };
type Place = { training_date: string; start_time: string; training_type: string };
const about = ({ locale }: Reader, { training_date, start_time, training_type }: Place) => ({
  when: wallTime(locale, training_date, start_time),
  training: short(training_type, NAME),
});
const name = z.string().nullable();

/** A line only if there is something to say in it. */
const ifGiven = (reader: Reader, key: TextKey, value: string | null) =>
  value ? [text(reader.locale, key, { name: short(value, NAME) })] : [];
const where = (reader: Reader, { location, room }: { location: string | null; room: string | null }) =>
  ifGiven(reader, 'where', [location, room].filter(Boolean).join(', '));

const trainingReminder = template(
  z.object({ ...place, location: name, room: name, trainer: name }),
  ({ location, room, trainer, ...of }, reader) => [
    text(reader.locale, 'training_reminder.what', about(reader, of)),
    ...where(reader, { location, room }),
    ...ifGiven(reader, 'trainer', trainer),
  ],
);

const trainingCreated = template(z.object({ trainings: z.array(z.object(place)).min(1) }), ({ trainings }, reader) => [
  text(reader.locale, 'training_created.what', { count: trainings.length }),
  ...listed(
    reader.locale,
    trainings.map((one) => text(reader.locale, 'training_created.line', about(reader, one))),
    'more.trainings',
  ),
]);

const changed = z.object({
  ...place,
  change: z.enum(['moved', 'room', 'trainer']),
  was: z.object({ training_date: z.iso.date().optional(), start_time: z.string().optional() }),
  room: name,
  trainer: z.string(),
});
const trainingChanged = template(changed, ({ change, was, room, trainer, ...of }, reader) => [
  text(reader.locale, 'training_changed.what', about(reader, of)),
  text(reader.locale, `training_changed.${change}`, {
    was: wallTime(reader.locale, was.training_date ?? of.training_date, was.start_time ?? of.start_time),
    room: short(room ?? '', NAME) || text(reader.locale, 'unknown_place'),
    trainer: short(trainer, NAME),
  }),
]);

const missedClasses = template(z.object({ missed: z.int(), days: z.int() }), ({ missed, days }, { locale }) => [
  text(locale, 'missed_classes.what', { count: missed, period: text(locale, 'days', { count: days }) }),
  text(locale, 'missed_classes.meaning'),
]);

const paymentReminder = template(z.object({ invoices: z.int(), amount_minor: z.int() }), ({ invoices, amount_minor }, reader) => [
  text(reader.locale, 'payment_reminder.what', { count: invoices, amount: amountIn(reader, amount_minor) }),
  text(reader.locale, 'payment_reminder.meaning'),
]);

const beltExam = template(
  z.object({ belt: z.string(), exam_at: z.iso.datetime(), location: name }),
  ({ belt, exam_at, location }, reader) => [
    text(reader.locale, 'belt_exam.what', { belt: short(belt, NAME), when: instantIn(reader, exam_at) }),
    ...where(reader, { location, room: null }),
    text(reader.locale, 'belt_exam.meaning'),
  ],
);

const bookingReminder = template(
  z.object({ service: z.string(), specialist: name, location: name, starts_at: z.iso.datetime() }),
  ({ service, specialist, location, starts_at }, reader) => [
    text(reader.locale, 'booking_reminder.what', { service: short(service, NAME), when: instantIn(reader, starts_at) }),
    ...ifGiven(reader, 'specialist', specialist),
    ...where(reader, { location, room: null }),
  ],
);

const CHANGES_A_PLACE = 100;
const scheduleChange = z.object({
  ...place,
  change: z.enum(['cancelled', 'moved', 'room', 'trainer', 'places']),
  was: z.looseObject({
    training_date: z.iso.date().optional(),
    start_time: z.string().optional(),
    max_participants: z.int().optional(),
  }),
  room: name,
  trainer: z.string(),
  max_participants: z.int(),
});
const scheduleDigest = template(
  z.object({
    places: z.array(
      z.object({
        location: name,
        created: z.object({ count: z.int(), from: z.iso.date(), to: z.iso.date() }).nullable(),
        changes: z.array(scheduleChange),
      }),
    ),
  }),
  ({ places }, reader) => [
    text(reader.locale, 'schedule_digest.what'),
    ...places.flatMap(({ location, created, changes }): Line[] => [
      { bold: short(location ?? '', NAME) || text(reader.locale, 'schedule_digest.nowhere') },
      ...(created
        ? [text(reader.locale, 'schedule_digest.created', { count: created.count, period: period(reader, created) })]
        : []),
      ...changes.slice(0, CHANGES_A_PLACE).map((change) => changeLine(reader, change)),
      ...(changes.length > CHANGES_A_PLACE
        ? [text(reader.locale, 'more.changes', { count: changes.length - CHANGES_A_PLACE })]
        : []),
    ]),
  ],
);

const period = ({ locale }: Reader, { from, to }: { from: string; to: string }) =>
  from === to ? dayIn(locale, from) : `${dayIn(locale, from)} – ${dayIn(locale, to)}`;

function changeLine(reader: Reader, { change, was, room, trainer, max_participants, ...of }: z.output<typeof scheduleChange>) {
  return text(reader.locale, `schedule_digest.${change}`, {
    ...about(reader, of),
    was: wallTime(reader.locale, was.training_date ?? of.training_date, was.start_time ?? of.start_time),
    room: short(room ?? '', NAME) || text(reader.locale, 'unknown_place'),
    trainer: short(trainer, NAME),
    places: max_participants,
    places_before: was.max_participants ?? 0,
  });
}

/** What is told when its time has come, not by its cause. */
export const reminderTemplates: Record<string, Template> = {
  training_reminder: trainingReminder,
  training_created: trainingCreated,
  training_changed: trainingChanged,
  missed_classes: missedClasses,
  payment_reminder: paymentReminder,
  belt_exam: beltExam,
  booking_reminder: bookingReminder,
  schedule_digest: scheduleDigest,
};
