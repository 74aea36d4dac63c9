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

/** The rows in a database after a run and what the run says of itself. */
export const outcome = async (db: Database, run: Run) => ({ rows: await fingerprint(db), says: account(run) });
export type RunOutcome = Awaited<ReturnType<typeof outcome>>;

/** The outcome of a run that nothing disturbs. */
export async function undisturbed(): Promise<RunOutcome> {
  const at = await lab('postgres');
  try {
    await at.worker();
    return await outcome(at.db, await at.over(await at.ask()));
  } finally {
    await at.close();
  }
}
