import { z } from 'zod';
import { addDays, type Day, daysInShort, mondayAfter, weekOf } from '../time/calendar.ts';
import { exampleDay, weekStart } from '../time/days.ts';
import {
  attendanceResult,
  cleanupResult,
  dailyResult,
  financeResult,
  generationResult,
  renewalResult,
  unfreezeResult,
} from './results.ts';
import {
  again,
  dayRequest,
  dry_run,
  keepBoth,
  ofDay,
  ofInstant,
  ofNight,
  ofToday,
  patient,
  type RunDefinition,
  slotDays,
} from './run-definition.ts';
import { vendingRuns } from './vending-runs.ts';

/**
 * THE catalog: what can be asked of the fleet. Triggers of the API, the timetable, payload checks, run keys and retries derive
 * from it. A new kind of job is one entry here, one handler, one statement, one test and its words.
 */

/** The workers: each is a PM2 app, a queue, a folder in `workers/` and a file in `sql/`. */
export const nouns = [
  'generation',
  'attendance',
  'finance',
  'renewal',
  'unfreeze',
  'slot-recalc',
  'notifier',
  'cleanup',
  'vending',
] as const;
export type Noun = (typeof nouns)[number];

export const runs = {
  generation: {
    worker: 'generation',
    summary: 'Make the trainings of a week from the weekly templates',
    path: '/real-trainings/generate-next-week',
    body: z.strictObject({
      week_start: weekStart.optional().meta({
        description: 'the Monday of the week, this one to 53 ahead; by default the next one',
        get examples() {
          return [mondayAfter(exampleDay(0))];
        },
      }),
      keep_both: keepBoth.optional(),
      dry_run,
      again,
    }),
    result: generationResult,
    /** The week is fixed when it is asked for, so a retry after midnight builds the same one (D2). */
    request(body: { week_start?: Day; keep_both?: number[] }, today: Day) {
      const start = body.week_start ?? mondayAfter(today);
      const { keep_both } = body;
      const params = { start, end: addDays(start, 6), ...(keep_both ? { keep_both } : {}) };
      return { run_key: `generation:${weekOf(start)}`, process_date: start, params };
    },
    params: z.object({ start: z.iso.date(), end: z.iso.date(), keep_both: z.array(z.int()).default([]) }),
    retry: patient,
    // Six days: until Saturday the week that was to be built is still worth building.
    schedule: { pattern: '0 21 * * 0', misfire: 'latest', windowHours: 144, deadlineMinutes: 60 },
  },
  attendance: {
    ...ofDay,
    worker: 'attendance',
    summary: "Mark the day's registered students as present",
    result: attendanceResult,
    request: (body: { date?: Day }, today: Day) => dayRequest('attendance', body.date ?? today),
  },
  finance: {
    ...ofDay,
    worker: 'finance',
    summary: "Charge the next day's registrations",
    result: financeResult,
    /** Named after the day it charges, which is the one after its own. */
    request(body: { date?: Day }, today: Day) {
      const day = body.date ?? today;
      return { ...dayRequest('finance', addDays(day, 1)), params: { date: day } };
    },
  },
  daily: {
    ...ofNight,
    worker: 'finance',
    summary: 'Attendance of the day, then finance of the next one',
    path: '/real-trainings/process-daily-operations',
    result: dailyResult,
    request: (body: { date?: Day }, today: Day) => dayRequest('daily', body.date ?? today),
    parts: ['attendance', 'finance'],
    // Attendance and finance take earlier days along, so the latest missed night does for all of them.
    schedule: { pattern: '0 23 * * *', misfire: 'latest', windowHours: 72, deadlineMinutes: 60 },
  },
  auto_renewal: {
    ...ofNight,
    worker: 'renewal',
    summary: 'Renew the subscriptions that end on the day or ended up to seven days before',
    path: '/cron/check-auto-renewals',
    result: renewalResult,
    request: (body: { date?: Day }, today: Day) => dayRequest('auto_renewal', body.date ?? today),
    // A night's renewals reach seven days back (D24).
    schedule: { name: 'renewal', pattern: '0 1 * * *', misfire: 'latest', windowHours: 168, deadlineMinutes: 60 },
  },
  auto_unfreeze: {
    ...ofNight,
    worker: 'unfreeze',
    summary: 'Clear the freezes that were over before the day',
    path: '/subscriptions/auto-unfreeze',
    result: unfreezeResult,
    request: (body: { date?: Day }, today: Day) => dayRequest('auto_unfreeze', body.date ?? today),
    // Freezes are cleared however long they have been over.
    schedule: { name: 'unfreeze', pattern: '0 2 * * *', misfire: 'latest', windowHours: 168, deadlineMinutes: 60 },
  },
  cleanup: {
    ...ofNight,
    worker: 'cleanup',
    summary: 'Expire subscriptions, hide what is done, delete what is old, audit the books',
    path: '/cron/cleanup',
    result: cleanupResult,
    request: (body: { date?: Day }, today: Day) => dayRequest('cleanup', body.date ?? today),
    // What is old or over stays so: a later night does for a missed one.
    schedule: { pattern: '59 23 * * *', misfire: 'latest', windowHours: 72, deadlineMinutes: 120 },
  },
  stats: {
    ...ofNight,
    worker: 'cleanup',
    summary: 'Write the business figures of the days before the day: the last 35, and all that changed since the last run',
    path: '/cron/stats',
    result: z.object({
      days_calculated: z.int(),
      days_written: z.int().meta({ description: 'days whose figures are new or different' }),
    }),
    request: (body: { date?: Day }, today: Day) => dayRequest('stats', body.date ?? today),
    // A later run begins 35 days before the end of the last one.
    schedule: { pattern: '30 3 * * *', misfire: 'latest', windowHours: 72, deadlineMinutes: 60 },
  },
  backup: {
    ...ofToday,
    worker: 'cleanup',
    summary: 'Back up the database, and delete backups that are old',
    path: '/cron/backup',
    result: z.object({ file: z.string(), bytes: z.int(), backups_deleted: z.int(), wal_deleted: z.int() }),
    request: (_body: object, today: Day) => dayRequest('backup', today),
    // One of now does for a missed one. The alarm is that of the newest backup's age (R36).
    schedule: { pattern: '0 2 * * *', misfire: 'latest', windowHours: 72, deadlineMinutes: 240 },
    hasOwnAlarm: true,
  },
  verify_backup: {
    ...ofToday,
    worker: 'cleanup',
    summary: 'Restore the newest backup into a scratch server and check it',
    path: '/cron/verify-backup',
    result: z.object({ file: z.string(), rows: z.int() }),
    request: (_body: object, today: Day) => dayRequest('verify_backup', today),
    schedule: { name: 'verify', pattern: '0 4 * * 0', misfire: 'latest', windowHours: 144, deadlineMinutes: 240 },
    hasOwnAlarm: true,
  },
  export: {
    ...ofToday,
    worker: 'cleanup',
    summary: 'Take everything out: each table as CSV, the same as SQL and calendars, in a file that is kept for a day (R29)',
    path: '/cron/export',
    body: z.strictObject({}),
    result: z.object({ tables: z.int(), calendars: z.int(), bytes: z.int(), kept_until: z.iso.datetime().optional() }),
    request: (_body: object, today: Day) => dayRequest('export', today),
    repeats: true,
  },
  reminders: {
    ...ofInstant('reminders', 15),
    summary: 'Write what people are to be reminded of: trainings, absences, money, exams',
    result: z.record(z.string(), z.int()),
    // Each looks at everything there is to notify of at its time, so the latest one does for those that were missed.
    schedule: { pattern: '*/15 * * * *', misfire: 'latest', windowHours: 1, deadlineMinutes: 15 },
  },
  digest: {
    ...ofInstant('digest', 60),
    summary: 'Tell the admins what changed in the schedule, by place',
    result: z.object({ changes: z.int(), digests: z.int() }),
    schedule: { pattern: '5 * * * *', misfire: 'latest', windowHours: 12, deadlineMinutes: 60 },
  },
  trainer_day: {
    ...ofDay,
    worker: 'notifier',
    summary: 'Tell each trainer what they give on the day',
    result: z.object({ trainers: z.int() }),
    request: (body: { date?: Day }, today: Day) => dayRequest('trainer_day', body.date ?? today),
    // By noon everybody has seen what the morning was.
    schedule: { pattern: '0 8 * * *', misfire: 'latest', windowHours: 4, deadlineMinutes: 60 },
  },
  month_digest: {
    ...ofDay,
    worker: 'notifier',
    summary: 'Tell each owner how the month before was, with a picture',
    params: z.object({ month: z.iso.date() }),
    result: z.object({ owners: z.int() }),
    /** Named after the month it tells of, which is the one before its day. */
    request(body: { date?: Day }, today: Day) {
      const month = `${addDays(`${(body.date ?? today).slice(0, 7)}-01`, -1).slice(0, 7)}-01`;
      return { run_key: `month_digest:${month.slice(0, 7)}`, process_date: body.date ?? today, params: { month } };
    },
    // A month is news for some days.
    schedule: { pattern: '0 9 1 * *', misfire: 'latest', windowHours: 96, deadlineMinutes: 60 },
  },
  slot_recalc: {
    worker: 'slot-recalc',
    summary: "Calculate days of a specialist's slots anew",
    path: '/internal/slots/recalc',
    body: slotDays,
    result: slotDays,
    request(body: { specialist_id?: number; dates?: Day[] }, today: Day) {
      const dates = [...new Set(body.dates)].sort();
      const run_key = `slot_recalc:${body.specialist_id}:${daysInShort(dates)}`;
      return { run_key, process_date: today, params: { specialist_id: body.specialist_id, dates } };
    },
    params: slotDays,
    retry: patient,
    repeats: true,
  },
  slots: {
    ...ofDay,
    worker: 'slot-recalc',
    summary: 'Calculate the slots of all specialists for the 60 days from a day on',
    path: '/internal/slots/roll',
    result: z.object({ specialists: z.int(), days: z.int() }),
    request: (body: { date?: Day }, today: Day) => dayRequest('slots', body.date ?? today),
    // Shortly after midnight the horizon has one day more. What is missing is calculated when it is read, so a day late is no harm.
    schedule: { pattern: '5 0 * * *', misfire: 'latest', windowHours: 23, deadlineMinutes: 60 },
  },
  ...vendingRuns,
} as const satisfies Record<string, RunDefinition>;

/** The one name of a process: in the catalog, in history rows, in scopes, texts and the bot. */
export type RunName = keyof typeof runs;
export const runNames = Object.keys(runs) as RunName[];

export const isRunName = (process: string): process is RunName => Object.hasOwn(runs, process);

/** The definition behind a history row. Throws for a process that has left the catalog. */
export function definitionOf(process: string): RunDefinition {
  if (!isRunName(process)) throw new TypeError(`the catalog has no process "${process}"`);
  return runs[process];
}
