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
  patient,
  type RunDefinition,
  slotDays,
} from './run-definition.ts';

/**
 * THE catalog: what can be asked of the fleet. Triggers of the API, payload checks, run keys and retries derive from it.
 * A new kind of job is one entry here, one handler, one statement and one test.
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
  },
  auto_renewal: {
    ...ofNight,
    worker: 'renewal',
    summary: 'Renew the subscriptions that end on the day or ended up to seven days before',
    path: '/cron/check-auto-renewals',
    result: renewalResult,
    request: (body: { date?: Day }, today: Day) => dayRequest('auto_renewal', body.date ?? today),
  },
  auto_unfreeze: {
    ...ofNight,
    worker: 'unfreeze',
    summary: 'Clear the freezes that were over before the day',
    path: '/subscriptions/auto-unfreeze',
    result: unfreezeResult,
    request: (body: { date?: Day }, today: Day) => dayRequest('auto_unfreeze', body.date ?? today),
  },
  cleanup: {
    ...ofNight,
    worker: 'cleanup',
    summary: 'Expire subscriptions, hide what is done, delete what is old, audit the books',
    path: '/cron/cleanup',
    result: cleanupResult,
    request: (body: { date?: Day }, today: Day) => dayRequest('cleanup', body.date ?? today),
  },
  reminders: {
    ...ofInstant('reminders', 15),
    summary: 'Write what people are to be reminded of: trainings, absences, money, exams',
    result: z.record(z.string(), z.int()),
  },
  digest: {
    ...ofInstant('digest', 60),
    summary: 'Tell the admins what changed in the schedule, by place',
    result: z.object({ changes: z.int(), digests: z.int() }),
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
  },
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

/** The jobs: what a queue job may say. None carries a fact; the facts are rows. */
export const jobPayloads = {
  /** Look at a run in the database. */
  run: z.object({ run_id: z.int(), request_id: z.string().optional() }),
  /** Prove that this queue is consumed. */
  canary: z.object({ rung_at: z.iso.datetime() }),
  /** Look at a request that somebody waits for. */
  request: z.object({ finance_request_id: z.int(), request_id: z.string().optional() }),
  /** There is something to do in the worker's own list: messages to send, days of slots to calculate. */
  drain: z.object({}),
};
export type JobName = keyof typeof jobPayloads;
export type JobPayload<N extends JobName> = z.output<(typeof jobPayloads)[N]>;
