import type { Sql } from '../../sql/database/database.ts';
import { findTrainingOf, placesTaken } from '../../sql/why/places.ts';
import type { WhyKind, WhyLine } from '../../sql/why/rows.ts';
import { findWriter, type WrittenLine, writtenBy } from '../../sql/why/written.ts';
import { type Explanation, explained, link } from './answer.ts';

/** How many places of a training are taken, and by whom. */
export async function whySeats(db: Sql, id: number): Promise<Explanation | null> {
  const training = await findTrainingOf(db, id);
  if (!training) return null;
  const parts = (await placesTaken(db, id)).map(({ id: seat, at, status, student }) =>
    link({ kind: 'visit', id: seat, at, name: student, status, why: { of: 'visit', id: seat } }),
  );
  const { name, trainer: person } = training;
  return explained({ of: 'seats', id, name, person, count: parts.length, rules: ['places'], parts });
}

type Written = keyof typeof writtenBy;
const KINDS = { run_sessions: 'session', run_invoices: 'invoice', run_places: 'visit' } as const;
const lineOf = (of: Written, { id, total: _, ...line }: WrittenLine): WhyLine => {
  const kind = KINDS[of];
  return link({ kind, id, ...line, why: { of: kind, id } });
};

/** What a run counts: who asked for it and when, and, of what it writes, the rows themselves, those of its parts too. */
export const whyWritten =
  (of: Extract<WhyKind, 'run' | Written>) =>
  async (db: Sql, id: number): Promise<Explanation | null> => {
    const run = await findWriter(db, id);
    if (!run) return null;
    const { name, at, asked_at, by, status, ids } = run;
    const chain = [
      link({ kind: 'run', id, at, name, status }),
      link({ kind: 'person', id: null, at: asked_at, name: by, status: 'asked' }),
    ];
    const own = { of, id, name, chain };
    if (of === 'run')
      return explained({ ...own, rules: name === 'attendance' || name === 'daily' ? ['D11', 'run_looked'] : ['run_looked'] });
    const lines = await writtenBy[of](db, ids);
    const count = lines[0]?.total ?? 0;
    return explained({
      ...own,
      count,
      rules: ['run_wrote'],
      parts: lines.map((line) => lineOf(of, line)),
      more: count - lines.length,
    });
  };
