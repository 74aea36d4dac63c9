import { z } from 'zod';
import { runs } from '../../../queues/jobs/catalog.ts';
import type { Settings } from '../../../queues/process/settings.ts';
import { dayOf } from '../../../queues/time/calendar.ts';
import { examReaders, takeExams, takeExamsOfTomorrow } from '../../../sql/belts/exams.ts';
import { takeReady } from '../../../sql/belts/steps.ts';
import type { Sql } from '../../../sql/database/database.ts';
import { priorityOf } from '../../../sql/notifications/catalog.ts';
import { type Notice, notifyPeople } from '../../../sql/notifications/notify.ts';
import { comingBookings } from '../../../sql/reminders/bookings.ts';
import { type ChangeForPeople, takeChanges } from '../../../sql/reminders/changes.ts';
import { missedClasses, takeOverdue } from '../../../sql/reminders/holdings.ts';
import { comingStarts, newSeats, seatsOfTrainings } from '../../../sql/reminders/trainings.ts';
import { releaseBegun } from '../../../sql/trainings/waitlist.ts';
import { noticesOfExam, noticesOfReady } from '../../belts/notices.ts';
import type { RunHandler } from '../../runner/execute.ts';
import { progressOf } from '../../runner/progress.ts';
import { fillOverlooked } from '../../waitlist/fill.ts';
import { noticesOfRelease } from '../../waitlist/notices.ts';
import { reminderAt } from './occasions.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Exams are announced this long before. */
const EXAM_MS = 7 * DAY_MS;
/** A week that was built longer ago is no news. */
const NEWS_MS = 2 * DAY_MS;

type Finding = (db: Sql, at: Date, settings: Settings) => Promise<Notice[]>;

/** What people are reminded of, by the name its count has in the result. Every message has a key, so looking twice tells once. */
export const findings: Record<string, Finding> = {
  async training_reminders(db, at, { zone, quietHours, reminderHours }) {
    const coming = await comingStarts(db, at, new Date(at.getTime() + (24 + reminderHours) * HOUR_MS));
    const due = coming.filter(({ starts_at }) => reminderAt(new Date(starts_at), zone, quietHours, reminderHours) <= at);
    const seats = await seatsOfTrainings(
      db,
      due.map(({ id }) => id),
    );
    return seats.map(({ student_id, starts_at, id: _, student: __, payer_id: ___, ...about }) => ({
      userId: student_id,
      template: 'training_reminder',
      dedupe: `training_reminder:${about.real_training_id}:${student_id}:${starts_at}`,
      occasion: starts_at,
      params: about,
    }));
  },

  async booking_reminders(db, at, { zone, quietHours, reminderHours }) {
    const coming = await comingBookings(db, at, new Date(at.getTime() + (24 + reminderHours) * HOUR_MS));
    const due = coming.filter(({ starts_at }) => reminderAt(new Date(starts_at), zone, quietHours, reminderHours) <= at);
    return due.map(({ id, client_id, ...about }) => ({
      userId: client_id,
      template: 'booking_reminder',
      dedupe: `booking_reminder:${id}:${about.starts_at}`,
      occasion: about.starts_at,
      params: { ...about, booking_id: id },
    }));
  },

  async trainings_created(db, at) {
    const seats = await newSeats(db, new Date(at.getTime() - NEWS_MS), at);
    return [...Map.groupBy(seats, (seat) => `${seat.run_id}:${seat.student_id}`)].flatMap(([key, own]) => {
      const [{ student_id, payer_id, student }] = own as [(typeof own)[number]];
      const trainings = own.map(({ training_date, start_time, training_type, real_training_id }) => {
        return { training_date, start_time, training_type, real_training_id };
      });
      return [...new Set([student_id, payer_id])].map((userId) => ({
        userId,
        template: 'training_created',
        dedupe: userId === student_id ? `training_created:${key}` : `training_created:${key}:payer`,
        params: { trainings, student: userId === student_id ? null : student, by_hand: false },
      }));
    });
  },

  async trainings_changed(db, at) {
    const changes = (await takeChanges(db)).filter(({ status, starts_at }) => status === 'scheduled' && new Date(starts_at) > at);
    return changes.flatMap((changed) => changeNotices(changed, at));
  },

  async missed_classes(db, at, { zone, missedThreshold, missedWindowDays }) {
    const students = await missedClasses(db, dayOf(at, zone), missedThreshold, missedWindowDays);
    return students.map(({ student_id, missed, streak }) => ({
      userId: student_id,
      template: 'missed_classes',
      dedupe: `missed_classes:${student_id}:${streak}`,
      params: { missed, days: missedWindowDays },
    }));
  },

  async payment_reminders(db, at, { zone, paymentTermDays }) {
    const owed = await takeOverdue(db, dayOf(at, zone), paymentTermDays, zone);
    return owed.map(({ payer_id, news, invoices, amount_minor }) => ({
      userId: payer_id,
      template: 'payment_reminder',
      dedupe: `payment_reminder:owed:${news}`,
      params: { invoices, amount_minor },
    }));
  },

  /** Whoever is still on the waitlist of a training that has begun is let go (R15). */
  async waitlists_released(db, at) {
    const released = await releaseBegun(db, at.toISOString());
    return released.flatMap(({ real_training_id, ...person }) =>
      noticesOfRelease(person, { ...person, id: real_training_id }, { reason: 'started', at }),
    );
  },

  async belt_exams(db, at) {
    const exams = await takeExams(db, iso(at), iso(at, EXAM_MS), iso(at, DAY_MS));
    return beltExamNotices(db, exams, ({ announcement }) => `no:${announcement}`);
  },

  async belt_exams_tomorrow(db, at) {
    const exams = await takeExamsOfTomorrow(db, iso(at), iso(at, DAY_MS));
    return beltExamNotices(db, exams, ({ exam_at }) => `day:${exam_at}`);
  },

  async belts_ready(db, at, { zone }) {
    return noticesOfReady(await takeReady(db, dayOf(at, zone)));
  },
};

const iso = (at: Date, later = 0) => new Date(at.getTime() + later).toISOString();

type Announced = Awaited<ReturnType<typeof takeExams>>[number];
/** Everybody an exam concerns (D43, R7). */
async function beltExamNotices(db: Sql, exams: readonly Announced[], keyOf: (exam: Announced) => string): Promise<Notice[]> {
  const notices: Notice[] = [];
  for (const exam of exams)
    notices.push(...noticesOfExam(exam, await examReaders(db, exam.student_id, exam.examiner_id), keyOf(exam)));
  return notices;
}

/** Everybody a change concerns (D43), each once: the students, those who pay for them, the trainer and the one before. */
function changeNotices({ students, id, trainer_id, was, change, real_training_id, ...of }: ChangeForPeople, at: Date): Notice[] {
  if (change !== 'moved' && change !== 'room' && change !== 'trainer') return [];
  const readers = new Map<number, string[]>(students.map((student) => [student.id, []]));
  for (const { payer_id, id: student, name } of students) {
    if (payer_id !== student) readers.set(payer_id, [...(readers.get(payer_id) ?? []), name]);
  }
  const trainers = change === 'trainer' && was.trainer_id !== undefined ? [trainer_id, was.trainer_id] : [trainer_id];
  for (const trainer of trainers) if (!readers.has(trainer)) readers.set(trainer, []);
  const { training_type, training_date, start_time, room, trainer, starts_at } = of;
  return [...readers].map(([userId, names]) => ({
    userId,
    template: 'training_changed',
    dedupe: `training_changed:${id}:${userId}`,
    occasion: starts_at,
    priority: priorityOf(starts_at, at.toISOString()),
    params: { change, was, training_type, training_date, start_time, room, trainer, real_training_id, students: names },
  }));
}

/** Writes whatever people are to be reminded of by the instant the run is for; each kind is a transaction of its own. */
export const remind: RunHandler = async (run, { settings, now, chunk }) => {
  const { at } = runs.reminders.params.parse(run.params);
  let written = progressOf(run, z.record(z.string(), z.int()), {});
  for (const [name, find] of Object.entries(findings)) {
    if (name in written) continue;
    const before = written;
    written = await chunk(async (transaction) => ({
      ...before,
      [name]: await notifyPeople(transaction, await find(transaction, new Date(at), settings)),
    }));
  }
  if (!('waitlists_filled' in written)) {
    const before = written;
    written = await chunk(async (transaction) => ({ ...before, waitlists_filled: await fillOverlooked(transaction, now) }));
  }
  const messages = Object.keys(findings).reduce((sum, name) => sum + (written[name] ?? 0), 0);
  return { status: 'success', result: { messages, ...written }, details: {}, counts: { students_processed: messages } };
};
