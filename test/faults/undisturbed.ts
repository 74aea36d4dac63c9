import { expect } from '@jest/globals';
import type { Database } from '../../sql/database.ts';
import type { Run } from '../../sql/runs.ts';
import { fingerprint } from './big-studio.ts';
import { lab } from './lab.ts';

/** What a run says of itself, without the numbers that depend on how often a window was tried. */
const account = ({ status, details, result, ...run }: Run) => {
  const { message, created_count, students_added, period, warnings, conflicts } = result as Record<string, unknown>;
  return {
    status,
    chunks: details.chunks,
    counts: [run.trainings_processed, run.students_processed, run.students_added, run.errors_count],
    result: { message, created_count, students_added, period },
    unmade: [(warnings as unknown[]).length, (conflicts as unknown[]).length],
  };
};

const outcome = async (db: Database, run: Run) => ({ rows: await fingerprint(db), says: account(run) });

let reference: ReturnType<typeof undisturbed> | undefined;

/** The outcome of a run that nothing disturbs. */
async function undisturbed() {
  const at = await lab('postgres');
  try {
    await at.worker();
    return await outcome(at.db, await at.over(await at.ask()));
  } finally {
    await at.close();
  }
}

/** Expects of a run the very rows and counts of one that nothing disturbed, in another database. */
export async function expectUndisturbed(db: Database, run: Run) {
  reference ??= undisturbed();
  expect(await outcome(db, run)).toEqual(await reference);
}
