import type { ParamsOf } from '../../../sql/notifications/catalog.ts';
import { type TextKey, text } from '../texts/texts.ts';
import { type Line, type Reader, template } from './template.ts';
import { amountIn, dayIn, instantIn, listed, people, short, wallTime } from './wording.ts';

const NAME = 60;
type Place = { training_date: string; start_time: string; training_type: string };
const about = ({ locale }: Reader, { training_date, start_time, training_type }: Place) => ({
  when: wallTime(locale, training_date, start_time),
  training: short(training_type, NAME),
});

/** A line only if there is something to say in it. */
const ifGiven = (reader: Reader, key: TextKey, value: string | null) =>
  value ? [text(reader.locale, key, { name: short(value, NAME) })] : [];
const where = (reader: Reader, { location, room }: { location: string | null; room: string | null }) =>
  ifGiven(reader, 'where', [location, room].filter(Boolean).join(', '));

/** Whom it is about, where that is not the reader. */
const forWhom = ({ locale }: Reader, students: readonly string[]) =>
  students.length === 0
    ? []
    : [
        text(locale, 'for_whom', {
          students: people(
            locale,
            students.map((student) => short(student, NAME)),
            500,
          ),
        }),
      ];

const trainingReminder = template('training_reminder', ({ location, room, trainer, student, ...of }, reader) => [
  text(reader.locale, student === null ? 'training_reminder.what' : 'training_reminder.student', {
    ...about(reader, of),
    student: short(student ?? '', NAME),
  }),
  ...where(reader, { location, room }),
  ...ifGiven(reader, 'trainer', trainer),
]);

const trainingCreated = template('training_created', ({ trainings, student, by_hand }, reader) => [
  text(reader.locale, by_hand ? 'training_created.by_hand' : 'training_created.what', { count: trainings.length }),
  ...forWhom(reader, student === null ? [] : [student]),
  ...listed(
    reader.locale,
    trainings.map((training) => text(reader.locale, 'training_created.line', about(reader, training))),
    'more.trainings',
  ),
]);

const trainingChanged = template('training_changed', ({ change, was, room, trainer, students, ...of }, reader) => [
  text(reader.locale, 'training_changed.what', about(reader, of)),
  text(reader.locale, `training_changed.${change}`, {
    was: wallTime(reader.locale, was.training_date ?? of.training_date, was.start_time ?? of.start_time),
    room: short(room ?? '', NAME) || text(reader.locale, 'unknown_place'),
    trainer: short(trainer, NAME),
  }),
  ...forWhom(reader, students),
]);

const missedClasses = template('missed_classes', ({ missed, days, student }, { locale }) => [
  text(locale, student === null ? 'missed_classes.what' : 'missed_classes.student', {
    count: missed,
    period: text(locale, 'days', { count: days }),
    student: short(student ?? '', NAME),
  }),
  text(locale, student === null ? 'missed_classes.meaning' : 'missed_classes.meaning_student'),
]);

const paymentReminder = template('payment_reminder', ({ invoices, amount_minor }, reader) => [
  text(reader.locale, 'payment_reminder.what', { count: invoices, amount: amountIn(reader, amount_minor) }),
  text(reader.locale, 'payment_reminder.meaning'),
]);

const bookingReminder = template('booking_reminder', ({ service, specialist, location, starts_at, client }, reader) => [
  text(reader.locale, client === null ? 'booking_reminder.what' : 'booking_reminder.payer', {
    service: short(service, NAME),
    when: instantIn(reader, starts_at),
    client: short(client ?? '', NAME),
  }),
  ...ifGiven(reader, 'specialist', specialist),
  ...where(reader, { location, room: null }),
]);

const CHANGES_A_PLACE = 100;
type ScheduleChange = ParamsOf<'schedule_digest'>['places'][number]['changes'][number];
const scheduleDigest = template('schedule_digest', ({ places }, reader) => [
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
]);

const period = ({ locale }: Reader, { from, to }: { from: string; to: string }) =>
  from === to ? dayIn(locale, from) : `${dayIn(locale, from)} – ${dayIn(locale, to)}`;

function changeLine(reader: Reader, { change, was, room, trainer, max_participants, ...of }: ScheduleChange) {
  return text(reader.locale, `schedule_digest.${change}`, {
    ...about(reader, of),
    was: wallTime(reader.locale, was.training_date ?? of.training_date, was.start_time ?? of.start_time),
    room: short(room ?? '', NAME) || text(reader.locale, 'unknown_place'),
    trainer: short(trainer, NAME),
    places: max_participants,
    places_before: was.max_participants ?? 0,
  });
}

/** Messages that are sent when their time has come, not by their cause. */
export const reminderTemplates = {
  training_reminder: trainingReminder,
  training_created: trainingCreated,
  training_changed: trainingChanged,
  missed_classes: missedClasses,
  payment_reminder: paymentReminder,
  booking_reminder: bookingReminder,
  schedule_digest: scheduleDigest,
};
