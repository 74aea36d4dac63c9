import { z } from 'zod';
import type { Sql } from '../database/database.ts';
import { sql } from '../database/database.ts';
import { lockRoster } from '../runs/locks.ts';
import { movedTrainings } from './moved.ts';
import type { Week } from './planned.ts';
import { type GenerationWarning, registerStudents, sharedStudents } from './students.ts';
import { type Conflict, createTrainings, explainUnmade, openTrainings, type Unmade } from './trainings.ts';
import { waves } from './waves.ts';

/** The last template looked at, in the order of D5. */
export const cursorRow = z.object({ day_number: z.int(), start_time: z.string(), id: z.int() });
export type Cursor = z.output<typeof cursorRow>;

export type Window = {
  /** Null when no template was left. */
  cursor: Cursor | null;
  templates: number;
  created: number[];
  students_added: number;
  warnings: GenerationWarning[];
  conflicts: Conflict[];
};

/**
 * Makes the trainings of the next `size` templates after the cursor and seats their students (D5-D9).
 * Run it in a transaction: everything it does for a template stands or falls together (D10).
 * The order of D5 is kept for trainers and rooms by inserting in that order against the exclusion constraints, and for
 * students by seating trainings that share somebody at the same time one wave after the other.
 * @param runId the run the rows are written for; null in a dry run
 */
export async function generateWindow(transaction: Sql, week: Week, after: Cursor | null, size: number, runId: number | null) {
  await lockRoster(transaction);
  const templates = await nextTemplates(transaction, after, size);
  const ids = templates.map((template) => template.id);
  const window: Window = {
    cursor: templates.at(-1) ?? null,
    templates: ids.length,
    created: [],
    students_added: 0,
    warnings: [],
    conflicts: [],
  };
  if (ids.length === 0) return window;
  window.created = await createTrainings(transaction, week, ids, runId);
  for (const unmade of await explainUnmade(transaction, week, ids)) {
    if (isConflict(unmade)) window.conflicts.push(unmade);
    else window.warnings.push(unmade);
  }
  window.warnings.push(...(await movedTrainings(transaction, week, ids)));
  const open = await openTrainings(transaction, week, ids);
  for (const wave of waves(ids, await sharedStudents(transaction, open, ids))) {
    const trainings = open.filter((training) => wave.includes(training.training_template_id));
    const { added, warnings } = await registerStudents(transaction, trainings, week.graceDays, runId);
    window.students_added += added;
    window.warnings.push(...warnings);
  }
  return window;
}

/** Somebody or something is taken; whatever else keeps a training from being made is as somebody wanted it. */
const isConflict = (unmade: Unmade): unmade is Conflict => unmade.reason === 'trainer_busy' || unmade.reason === 'room_busy';

/** The next active templates in the order of D5. */
const nextTemplates = (db: Sql, after: Cursor | null, size: number) =>
  db.any(sql.type(cursorRow)`
    select day_number, start_time, id from training_templates
    where is_active
      and (day_number, start_time, id) > (${after?.day_number ?? 0}, ${after?.start_time ?? '00:00'}::time, ${after?.id ?? 0})
    order by day_number, start_time, id
    limit ${size}`);
