import type { Sql } from '../../sql/database/database.ts';
import { cashLines } from '../../sql/finance/refunds.ts';
import type { WhyLine } from '../../sql/why/rows.ts';
import { type Explanation, explained, link } from './answer.ts';
import { nameOfPerson } from './sums.ts';

const MOST = 200;
type Moved = Awaited<ReturnType<typeof cashLines>>[number];

function lineOf({ what, id, at, whom: person, amount_minor }: Moved): WhyLine {
  if (what === 'refunded') return link({ kind: 'refund', id, at, person, amount_minor, why: { of: 'refund', id } });
  if (what === 'paid_out') return link({ kind: 'payout', id, at, person, amount_minor });
  const status = what === 'received' ? 'cash' : 'CANCELLED';
  return link({ kind: 'payment', id, at, person, status, amount_minor, why: { of: 'payment', id } });
}

/** What is in somebody's till of a day: the cash they took, gave back and gave out; of nobody (0): what programs took. */
export async function whyTill(db: Sql, id: number, { day, zone }: { day: string; zone: string }): Promise<Explanation | null> {
  const person = id === 0 ? null : await nameOfPerson(db, id);
  if (id !== 0 && person === null) return null;
  const moved = await cashLines(db, { personId: id, day, zone });
  const parts = moved.slice(0, MOST).map(lineOf);
  return explained({
    of: 'till',
    id,
    name: day,
    person,
    amount_minor: moved.reduce((sum, { amount_minor }) => sum + amount_minor, 0),
    rules: ['till'],
    parts,
    more: moved.length - parts.length,
  });
}
