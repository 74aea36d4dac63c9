import type { Sql } from '../database/database.ts';
import { closedTrainings } from './closed.ts';
import { leftTemplates, movedTrainings } from './moved.ts';
import type { Week } from './planned.ts';
import type { GenerationWarning } from './students.ts';
import type { Conflict } from './trainings.ts';
import { type Cursor, generateWindow } from './window.ts';

/** How far the building of a week has come; kept with the run, so that another runner can go on from here. */
export type WeekProgress = {
  /** Null before the first window. */
  cursor: Cursor | null;
  done: boolean;
  templates: number;
  created: number[];
  students_added: number;
  warnings: GenerationWarning[];
  conflicts: Conflict[];
  chunks: { templates: number; created: number; students_added: number }[];
};

export const initialWeek: WeekProgress = {
  cursor: null,
  done: false,
  templates: 0,
  created: [],
  students_added: 0,
  warnings: [],
  conflicts: [],
  chunks: [],
};

/** Templates a transaction. 200 keep its locks under a second; measured, 50 cost a tenth more and 1,000 gain nothing. */
const WINDOW = 200;

/** One more window of the week: a transaction's work. The last one says what else stands that no active template would make so. */
export async function buildWindow(
  transaction: Sql,
  week: Week,
  progress: WeekProgress,
  runId: number | null,
): Promise<WeekProgress> {
  const window = await generateWindow(transaction, week, progress.cursor, WINDOW, runId);
  const done = window.templates < WINDOW;
  return {
    cursor: window.cursor ?? progress.cursor,
    done,
    templates: progress.templates + window.templates,
    created: [...progress.created, ...window.created],
    students_added: progress.students_added + window.students_added,
    warnings: [...progress.warnings, ...window.warnings, ...(done ? await leftOver(transaction, week) : [])],
    conflicts: [...progress.conflicts, ...window.conflicts],
    chunks: window.cursor
      ? [
          ...progress.chunks,
          { templates: window.templates, created: window.created.length, students_added: window.students_added },
        ]
      : progress.chunks,
  };
}

/** Trainings of templates that were taken out, and trainings in hours that were closed, since they were made. */
const leftOver = async (transaction: Sql, week: Week) => [
  ...(await movedTrainings(transaction, week, await leftTemplates(transaction, week))),
  ...(await closedTrainings(transaction, week)),
];
