import { z } from 'zod';
import { runs } from '../../../queues/jobs/catalog.ts';
import type { Settings } from '../../../queues/process/settings.ts';
import { dayOf } from '../../../queues/time/calendar.ts';
import type { Sql } from '../../../sql/database/database.ts';
import { type Notice, priorityOf, tellPeople } from '../../../sql/notifications/tell.ts';
import { comingBookings } from '../../../sql/reminders/bookings.ts';
import { takeChanges } from '../../../sql/reminders/changes.ts';
import { missedClasses, overdueInvoices } from '../../../sql/reminders/holdings.ts';
import { comingExams, comingStarts, newSeats, seatsOfTrainings } from '../../../sql/reminders/trainings.ts';
import type { RunHandler } from '../../runner/execute.ts';
import { progressOf } from '../../runner/progress.ts';
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
    return seats.map(({ student_id, starts_at, real_training_id, ...about }) => ({
      userId: student_id,
      template: 'training_reminder',
      dedupe: `training_reminder:${real_training_id}:${student_id}:${starts_at}`,
      occasion: starts_at,
      params: { ...about, real_training_id },
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
      params: about,
    }));
  },

  async trainings_created(db, at) {
    const seats = await newSeats(db, new Date(at.getTime() - NEWS_MS), at);
    return [...Map.groupBy(seats, (seat) => `${seat.run_id}:${seat.student_id}`)].map(([key, own]) => ({
      userId: own[0]!.student_id,
      template: 'training_created',
      dedupe: `training_created:${key}`,
      params: {
        trainings: own.map(({ training_date, start_time, training_type }) => ({ training_date, start_time, training_type })),
      },
    }));
  },

  async trainings_changed(db, at) {
    const changes = (await takeChanges(db)).filter(({ status, starts_at }) => status === 'scheduled' && new Date(starts_at) > at);
    return changes.flatMap(({ students, id, was, change, starts_at, training_type, training_date, start_time, room, trainer }) =>
      students.map((student) => ({
        userId: student,
        template: 'training_changed',
        dedupe: `training_changed:${id}:${student}`,
        occasion: starts_at,
        priority: priorityOf(starts_at, at.toISOString()),
        params: { change, was, training_type, training_date, start_time, room, trainer },
      })),
    );
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
    const owed = await overdueInvoices(db, dayOf(at, zone), paymentTermDays, zone);
    return owed.map(({ payer_id, latest, invoices, amount_minor }) => ({
      userId: payer_id,
      template: 'payment_reminder',
      dedupe: `payment_reminder:${payer_id}:${latest}`,
      params: { invoices, amount_minor },
    }));
  },

  async belt_exams(db, at) {
    const exams = await comingExams(db, at, new Date(at.getTime() + EXAM_MS));
    return exams.map(({ id, student_id, ...about }) => ({
      userId: student_id,
      template: 'belt_exam',
      dedupe: `belt_exam:${id}:${about.exam_at}`,
      occasion: about.exam_at,
      params: about,
    }));
  },
};

/** Writes whatever people are to be reminded of by the instant the run is for; each kind is a transaction of its own. */
export const remind: RunHandler = async (run, { settings, chunk }) => {
  const { at } = runs.reminders.params.parse(run.params);
  let told = progressOf(run, z.record(z.string(), z.int()), {});
  for (const [name, find] of Object.entries(findings)) {
    if (name in told) continue;
    const before = told;
    told = await chunk(async (transaction) => ({
      ...before,
      [name]: await tellPeople(transaction, await find(transaction, new Date(at), settings)),
    }));
  }
  const messages = Object.values(told).reduce((sum, count) => sum + count, 0);
  return { status: 'success', result: { messages, ...told }, details: {}, counts: { students_processed: messages } };
};
