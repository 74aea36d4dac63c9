import type { Sql } from '../database/database.ts';
import type { Week } from './planned.ts';
import type { Warning } from './students.ts';
import type { Conflict } from './trainings.ts';
import { describeTrainings } from './trainings.ts';
import { type Cursor, generateWindow } from './window.ts';

/** How far the building of a week has come; kept with the run, so that another runner can go on from here. */
export type WeekProgress = {
  /** Null before the first window. */
  cursor: Cursor | null;
  done: boolean;
  templates: number;
  created: number[];
  students_added: number;
  warnings: Warning[];
  conflicts: Conflict[];
  chunks: { templates: number; created: number; students_added: number }[];
};

export const nothingYet: WeekProgress = {
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

/** One more window of the week: a transaction's work. */
export async function buildWindow(transaction: Sql, week: Week, so: WeekProgress, runId: number | null): Promise<WeekProgress> {
  const window = await generateWindow(transaction, week, so.cursor, WINDOW, runId);
  if (!window.cursor) return { ...so, done: true };
  return {
    cursor: window.cursor,
    done: window.templates < WINDOW,
    templates: so.templates + window.templates,
    created: [...so.created, ...window.created],
    students_added: so.students_added + window.students_added,
    warnings: [...so.warnings, ...window.warnings],
    conflicts: [...so.conflicts, ...window.conflicts],
    chunks: [
      ...so.chunks,
      { templates: window.templates, created: window.created.length, students_added: window.students_added },
    ],
  };
}

class Undo extends Error {}

/**
 * What building the week would do now. The very same statements run in one transaction that is then rolled back,
 * so the answer cannot differ from the deed; nothing is written.
 */
export async function previewWeek(db: Sql, week: Week) {
  let progress = nothingYet;
  let trainings: Awaited<ReturnType<typeof describeTrainings>> = [];
  await db
    .transaction(async (transaction) => {
      progress = nothingYet;
      while (!progress.done) progress = await buildWindow(transaction, week, progress, null);
      trainings = await describeTrainings(transaction, progress.created);
      throw new Undo();
    })
    .catch((error) => {
      if (!(error instanceof Undo)) throw error;
    });
  return { progress, trainings: trainings.map((training) => ({ ...training, id: null })) };
}
