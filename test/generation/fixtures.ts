import type { Database } from '../../sql/database/database.ts';
import type { Week } from '../../sql/generation/planned.ts';
import { buildWindow, initialWeek, type WeekProgress } from '../../sql/generation/week.ts';

/** Builds a week to its end, as the worker does, a window a transaction. Returns what the last one left. */
export async function buildWeek(db: Database, week: Week): Promise<WeekProgress> {
  let progress = initialWeek;
  while (!progress.done) progress = await db.transaction((transaction) => buildWindow(transaction, week, progress, null));
  return progress;
}
