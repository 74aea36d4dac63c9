import { z } from 'zod';
import { day } from '../../database/instants.ts';

/** What leaves first: urgent messages pass quiet hours, digests wait for everything else. */
export const PRIORITY = { digest: 0, normal: 1, urgent: 2 } as const;
export type Priority = keyof typeof PRIORITY;
/** `soon`: urgent if what the message is about begins within a day (D38), else normal. */
type Urgency = Priority | 'soon';

export type Entry = {
  /** The kind that a studio or a person can switch off; null: it cannot be switched off. */
  kind: string | null;
  urgency: Urgency;
  params: z.ZodType;
  /**
   * Whether somebody whom no channel reaches is to be called about it; asked of every message to people. Not of digests and reminders
   * (a call two hours before helps nobody), of what only invites, nor of what its reader has just done themselves.
   */
  call?: boolean | ((params: never) => boolean);
  /** What the message is about, such as `booking:17`. About one subject, messages leave in the order they were written. */
  subjects?: (params: never) => readonly string[];
  /** Earlier messages about a subject of this one that need not be sent any more once this one is written. */
  supersedes?: readonly string[];
};

/** One message of the catalog, its functions typed by its params. */
export const message = <S extends z.ZodType, const E extends Omit<Entry, 'params' | 'subjects' | 'call'>>(
  params: S,
  entry: E & { subjects?: (params: z.output<S>) => readonly string[]; call?: boolean | ((params: z.output<S>) => boolean) },
): E & { params: S; subjects?: (params: z.output<S>) => readonly string[] } => ({ ...entry, params });

/** How many; what an earlier version did not write is 0. */
export const count = z.int().default(0);
export const nameOrNull = z.string().nullable();
/** When and what a training is. */
export const place = { training_date: day, start_time: z.string(), training_type: z.string() };
/** What a message is about; a row of an earlier version may not say. */
export const idOrNull = z.int().nullable().default(null);
/** The name of the student, or null where that is the reader. */
export const student = nameOrNull.default(null);
/** Whether the money that is spoken of is the reader's own. */
export const isPayer = z.boolean().default(true);
/** What is in the reader's wallet afterwards; null where the reader's money did not move. */
export const balanceParam = z.int().nullable().default(null);
