import { z } from 'zod';
import { runs } from '../../../queues/jobs/catalog.ts';
import type { Settings } from '../../../queues/process/settings.ts';
import { dayOf } from '../../../queues/time/calendar.ts';
import { examReaders, takeExams, takeExamsOfTomorrow } from '../../../sql/belts/exams.ts';
import { takeReady } from '../../../sql/belts/steps.ts';
import type { Sql } from '../../../sql/database/database.ts';
import { DAY_MS } from '../../../sql/database/instants.ts';
import { aboutWhom } from '../../../sql/notifications/about.ts';
import { priorityOf } from '../../../sql/notifications/catalog.ts';
import { type Notice, notifyPeople } from '../../../sql/notifications/notify.ts';
import { comingBookings } from '../../../sql/reminders/bookings.ts';
import { type ChangeForPeople, takeChanges } from '../../../sql/reminders/changes.ts';
import { missedClasses, takeOverdue } from '../../../sql/reminders/holdings.ts';
import { newTrainings, takeSeatChanges } from '../../../sql/reminders/trainers.ts';
import { comingStarts, newSeats, seatsOfTrainings } from '../../../sql/reminders/trainings.ts';
import { releaseBegun } from '../../../sql/trainings/waitlist.ts';
import { noticesOfExam, noticesOfReady } from '../../belts/notices.ts';
import type { RunHandler } from '../../runner/execute.ts';
import { progressOf } from '../../runner/progress.ts';
import { fillOverlooked } from '../../waitlist/fill.ts';
import { noticesOfRelease } from '../../waitlist/notices.ts';
import { quietPeriod } from '../outbox/quiet.ts';
import { reminderAt } from './occasions.ts';
import { tellStudio } from './studio.ts';

const HOUR_MS = 3_600_000;
/** Exams are announced this long before. */
const EXAM_MS = 7 * DAY_MS;
/** A week that was built longer ago is no news. */
const NEWS_MS = 2 * DAY_MS;
/** How many places are taken is told of what begins within this. */
const SEATS_MS = 14 * DAY_MS;

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
    return seats.flatMap(({ student_id, starts_at, id: _, student, payer_id, ...about }) =>
      forBoth({ student_id, payer_id, student }, (whose) => ({
        template: 'training_reminder',
        dedupe: `training_reminder:${about.real_training_id}:${student_id}:${starts_at}`,
        occasion: starts_at,
        params: { ...about, student: whose },
      })),
    );
  },

  async booking_reminders(db, at, { zone, quietHours, reminderHours }) {
    const coming = await comingBookings(db, at, new Date(at.getTime() + (24 + reminderHours) * HOUR_MS));
    const due = coming.filter(({ starts_at }) => reminderAt(new Date(starts_at), zone, quietHours, reminderHours) <= at);
    return due.flatMap(({ id, client_id, client, payer_id, ...about }) =>
      forBoth({ student_id: client_id, payer_id, student: client }, (whose) => ({
        template: 'booking_reminder',
        dedupe: `booking_reminder:${id}:${about.starts_at}`,
        occasion: about.starts_at,
        params: { ...about, client: whose, booking_id: id },
      })),
    );
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
        about: aboutWhom(userId, student_id),
        params: { trainings, student: userId === student_id ? null : student, by_hand: false },
      }));
    });
  },

  /** Each trainer, of a new week: what they give in it. */
  async trainings_given(db, at) {
    const made = await newTrainings(db, new Date(at.getTime() - NEWS_MS), at);
    return [...Map.groupBy(made, ({ run_id, trainer_id }) => `${run_id}:${trainer_id}`)].map(([key, own]) => ({
      userId: (own[0] as (typeof own)[number]).trainer_id,
      template: 'training_given',
      dedupe: `training_given:run:${key}`,
      params: {
        trainings: own.map(({ run_id: _, trainer_id: __, starts_at: ___, students: ____, ...training }) => training),
        students: own.reduce((sum, { students }) => sum + students, 0),
        by_hand: false,
      },
    }));
  },

  /** Each trainer, at most once a run: trainings that became fuller or emptier. In quiet hours it adds up to one message after them. */
  async training_seats(db, at, { zone, quietHours }) {
    if (quietPeriod(at, zone, quietHours)) return [];
    const changed = await takeSeatChanges(db, at, new Date(at.getTime() + SEATS_MS));
    return [...Map.groupBy(changed, ({ trainer_id }) => trainer_id)].map(([userId, own]) => ({
      userId,
      template: 'training_seats',
      dedupe: `training_seats:${userId}:${at.toISOString()}`,
      occasion: (own[0] as (typeof own)[number]).starts_at,
      priority: priorityOf((own[0] as (typeof own)[number]).starts_at, at.toISOString()),
      params: { trainings: own.map(({ trainer_id: _, starts_at: __, ...training }) => training) },
    }));
  },

  async trainings_changed(db, at) {
    const changes = (await takeChanges(db)).filter(({ status, starts_at }) => status === 'scheduled' && new Date(starts_at) > at);
    return changes.flatMap((changed) => changeNotices(changed, at));
  },

  async missed_classes(db, at, { zone, missedThreshold, missedWindowDays }) {
    const students = await missedClasses(db, dayOf(at, zone), missedThreshold, missedWindowDays);
    return students.flatMap(({ missed, streak, ...whom }) =>
      forBoth(whom, (whose) => ({
        template: 'missed_classes',
        dedupe: `missed_classes:${whom.student_id}:${streak}`,
        params: { student_id: whom.student_id, student: whose, missed, days: missedWindowDays },
      })),
    );
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

/** A message to the student and to whoever else pays, who reads whose it is. */
function forBoth(
  { student_id, payer_id, student }: { student_id: number; payer_id: number; student: string },
  say: (whose: string | null) => Omit<Notice, 'userId'>,
): Notice[] {
  const own = { ...say(null), userId: student_id } as Notice;
  if (payer_id === student_id) return [own];
  const other = say(student);
  return [own, { ...other, userId: payer_id, dedupe: `${other.dedupe}:payer`, about: [student_id] } as Notice];
}

/** Everybody a change concerns (D43), each once: the students, those who pay for them, the trainer and the one before. */
function changeNotices({ students, id, trainer_id, was, change, real_training_id, ...of }: ChangeForPeople, at: Date): Notice[] {
  if (change !== 'moved' && change !== 'room' && change !== 'trainer') return [];
  const readers = new Map<number, string[]>(students.map((student) => [student.id, []]));
  const children = (userId: number) => students.filter((student) => student.payer_id === userId).map(({ id }) => id);
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
    about: names.length > 0 && !students.some((student) => student.id === userId) ? children(userId) : [],
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
  if (!('studio_news' in written)) {
    const before = written;
    written = await chunk(async (transaction) => ({
      ...before,
      studio_news: await tellStudio(transaction, settings.adminChatIds),
    }));
  }
  const messages = Object.keys(findings).reduce((sum, name) => sum + (written[name] ?? 0), 0);
  return { status: 'success', result: { messages, ...written }, details: {}, counts: { students_processed: messages } };
};
