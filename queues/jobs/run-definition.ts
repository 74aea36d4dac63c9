import { z } from 'zod';
import type { Day } from '../time/calendar.ts';
import { anyDay, exampleDay } from '../time/days.ts';
import type { Noun } from './catalog.ts';

/** What becomes of ticks that pass while nobody is looking. */
export type Misfire =
  /** Run the latest one; the earlier ones are superseded. */
  | 'latest'
  /** Run each of them. */
  | 'every'
  /** Run none of them. */
  | 'skip';

/** When a process runs by itself. */
type Timing = {
  /** What the schedule is called; by default as its process. */
  name?: string;
  /** Five cron fields, read as wall time in the studio's zone. */
  pattern: string;
  misfire: Misfire;
  /** A tick older than this many hours is not caught up any more. */
  windowHours: number;
  /** A tick whose run has not succeeded this many minutes after it raises an alarm, once. */
  deadlineMinutes: number;
};

/** What the catalog says of a kind of run. */
export type RunDefinition = {
  worker: Noun;
  summary: string;
  /** Where it can be asked for; a process without one is only a part of others. */
  path?: string;
  body: z.ZodObject;
  result: z.ZodType;
  /** `at` is the tick's nominal instant, or by default now. */
  request(
    body: Record<string, unknown>,
    today: Day,
    at?: Date,
  ): { run_key: string; process_date: Day; params: Record<string, unknown> };
  params: z.ZodObject;
  retry: { attempts: number; backoff: { type: string; delay: number; jitter: number } };
  /** Without one it runs when it is asked for. */
  schedule?: Timing;
  /** True for the work of a day that has come: later ones, and ones beyond the retention, are refused (see bounds.ts). */
  isOfThePast?: boolean;
  /** True where asking again means doing it again, although the key has ended in success. */
  repeats?: boolean;
  /** True where what comes of it is watched: neither a failed run nor a missed deadline is an alarm then, but what they lead to is. */
  hasOwnAlarm?: boolean;
  /** Processes it consists of, one after the other; it ends when the last one has. */
  parts?: readonly string[];
};

/** Tries of a run before it is over as `error`, with waits of 1, 2, 4, 8 s, each shortened by up to half at random. */
export const patient = { attempts: 5, backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 } };

export const flag = z.boolean({ error: 'true or false' }).meta({ examples: [true] });
export const dry_run = flag.optional().meta({ description: 'compute the same result and write nothing', examples: [true] });
export const again = flag.optional().meta({ description: 'run anew although this key has ended in success', examples: [false] });

/** Made trainings that stand on another day than their template now says, and that are to stand beside the new ones (D51). */
export const keepBoth = z
  .array(z.int().min(1).max(2_147_483_647), { error: 'ids of trainings' })
  .max(200, { error: 'at most 200 trainings' })
  .meta({
    description: 'trainings named as `moved_template` that are to stand beside those of their template’s new day',
    examples: [[]],
  });

export const slotDays = z.strictObject({
  specialist_id: z
    .int({ error: 'the id of a specialist' })
    .min(1, { error: 'the id of a specialist' })
    .max(2_147_483_647, { error: 'the id of a specialist' })
    .meta({ description: 'the id of the specialist', examples: [1] }),
  dates: z
    .array(anyDay, { error: 'a list of dates' })
    .min(1, { error: 'at least one date' })
    .max(100, { error: 'at most 100 dates' })
    .meta({
      get examples() {
        return [[exampleDay(2), exampleDay(3)]];
      },
    }),
});

const businessDay = anyDay.optional().meta({
  description: 'the business day; by default today. A dry run may name the day of the next scheduled one',
  get examples() {
    return [exampleDay(-1)];
  },
});

/** A process for one business day, today unless the request says otherwise; a day to come has left nothing to work on yet. */
export const ofDay = {
  isOfThePast: true,
  body: z.strictObject({ date: businessDay, again }),
  params: z.object({ date: z.iso.date() }),
  retry: patient,
};

/** A process that works on how things are now, whatever the day. */
export const ofToday = { body: z.strictObject({ again }), params: z.object({ date: z.iso.date() }), retry: patient };

/** The same for a process that can say beforehand what it would do. */
export const ofNight = { ...ofDay, body: z.strictObject({ date: businessDay, dry_run, again }) };

/** A process for an instant, that of its tick: it looks at what is to be sent by then. Asked for by hand, one a slot of so many minutes. */
export function ofInstant<N extends 'reminders' | 'digest'>(name: N, minutes: number) {
  return {
    worker: 'notifier',
    body: z.strictObject({}),
    params: z.object({ at: z.iso.datetime() }),
    retry: patient,
    request(_body: Record<string, unknown>, today: Day, at = new Date()) {
      const slot = minutes * 60_000;
      const instant = new Date(Math.floor(at.getTime() / slot) * slot).toISOString();
      return { run_key: `${name}:${instant.slice(0, 16)}Z`, process_date: today, params: { at: at.toISOString() } };
    },
  } as const;
}

/** A run of a day: one a day and process, named after it. */
export const dayRequest = (name: string, day: Day) => ({ run_key: `${name}:${day}`, process_date: day, params: { date: day } });
