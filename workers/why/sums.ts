import { namesOf } from '../../sql/auth/people.ts';
import type { Sql } from '../../sql/database/database.ts';
import { openInvoices, owedSum, sessionEntries, sessionsSum, walletEntries, walletSum } from '../../sql/why/ledgers.ts';
import { type Explanation, explained, link } from './answer.ts';

/** A person's name; null where there is no such person. */
export const nameOfPerson = async (db: Sql, id: number) => {
  const [person] = await namesOf(db, [id]);
  return person ? `${person.first_name} ${person.last_name}`.trim() : null;
};

/** A wallet's balance: the entries that add up to it, the latest first. */
export async function whyBalance(db: Sql, id: number): Promise<Explanation | null> {
  const person = await nameOfPerson(db, id);
  if (person === null) return null;
  const [sum, entries] = [await walletSum(db, id), await walletEntries(db, id)];
  const parts = entries.map((entry) => link({ kind: 'transaction', ...entry, why: { of: 'transaction', id: entry.id } }));
  return explained({ of: 'balance', id, person, amount_minor: sum.total, rules: ['D15'], parts, more: sum.count - parts.length });
}

/** What a payer owes: the invoices that are not paid, in the order in which they will be. */
export async function whyOwed(db: Sql, id: number): Promise<Explanation | null> {
  const person = await nameOfPerson(db, id);
  if (person === null) return null;
  const [sum, invoices] = [await owedSum(db, id), await openInvoices(db, id)];
  const parts = invoices.map((bill) => link({ kind: 'invoice', ...bill, why: { of: 'invoice', id: bill.id } }));
  return explained({ of: 'owed', id, person, amount_minor: sum.total, rules: ['D15'], parts, more: sum.count - parts.length });
}

/** What is left of a subscription: its entries, the latest first. */
export async function whySessions(db: Sql, id: number): Promise<Explanation | null> {
  const sum = await sessionsSum(db, id);
  if (!sum) return null;
  const entries = await sessionEntries(db, id);
  const parts = entries.map((entry) =>
    link({
      kind: 'session',
      id: entry.id,
      at: entry.at,
      name: entry.name,
      status: entry.reason,
      sessions: entry.delta,
      starts_at: entry.starts_at,
      why: { of: 'session', id: entry.id },
    }),
  );
  const name = entries[0]?.subscription ?? null;
  const person = await nameOfPerson(db, sum.student_id);
  const rules: Explanation['rules'] = ['D13', 'D47'];
  return explained({
    of: 'sessions',
    id,
    name,
    person,
    sessions: sum.sessions_left,
    rules,
    parts,
    more: sum.count - parts.length,
  });
}
