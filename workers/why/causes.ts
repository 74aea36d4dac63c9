import type { Sql } from '../../sql/database/database.ts';
import { causingRun, firstHand, messagesAbout } from '../../sql/why/causes.ts';
import type { WhyLine } from '../../sql/why/rows.ts';
import { link } from './answer.ts';

type Cause = { runId: number | null; record?: string; recordId?: number | null };

/** Who made it: the run, or else whoever is in the log of changes. */
export async function causeOf(db: Sql, { runId, record, recordId = null }: Cause): Promise<WhyLine[]> {
  const run = runId === null ? null : await causingRun(db, runId);
  if (run) return [link({ kind: 'run', id: run.id, at: run.at, name: run.name, status: run.status })];
  const hand = record && recordId !== null ? await firstHand(db, record, recordId) : null;
  return hand ? [link({ kind: 'person', id: null, at: hand.at, name: hand.name })] : [];
}

/** What was sent about it since. */
export async function messagesOf(
  db: Sql,
  of: { readers: readonly (number | null)[]; subjects: readonly (string | null)[]; from: string },
): Promise<WhyLine[]> {
  const readers = of.readers.filter((id) => id !== null);
  const subjects = of.subjects.filter((subject) => subject !== null);
  const found = await messagesAbout(db, { readers: [...new Set(readers)], subjects, from: of.from });
  return found.map((told) => link({ kind: 'message', ...told }));
}
