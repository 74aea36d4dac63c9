import { type Explanation, said, saidLine } from '../why/words.ts';
import type { Tonight } from './night.ts';

type Charge = Tonight['charges'][number];
const lineOf = ({ seat_id, student, training, starts_at, amount_minor }: Charge) =>
  saidLine({
    kind: 'visit',
    id: seat_id,
    at: starts_at,
    name: training,
    person: student,
    ...(amount_minor === null ? { sessions: -1 } : { amount_minor }),
    why: { of: 'visit', id: seat_id },
  });
/** Whether a charge is an invoice; others take a session. */
const isInvoice = ({ amount_minor }: Charge) => amount_minor !== null;

/** What the sums of tonight are made of: the charges that the page lists, and how many there are beyond. */
export function sumsExplained({
  marked,
  sessions,
  invoices,
  invoiced_minor,
  charges,
}: Tonight): Record<'marked' | 'sessions' | 'invoices', Explanation> {
  const [billed, taken] = [charges.filter(isInvoice).map(lineOf), charges.filter((one) => !isInvoice(one)).map(lineOf)];
  return {
    marked: said({ of: 'run', name: 'attendance', count: marked, rules: ['D11'] }),
    sessions: said({
      of: 'run_sessions',
      name: 'finance',
      count: sessions,
      rules: ['D12', 'D13'],
      parts: taken,
      more: Math.max(0, sessions - taken.length),
    }),
    invoices: said({
      of: 'run_invoices',
      name: 'finance',
      amount_minor: invoiced_minor,
      rules: ['D12', 'uncovered', 'D15'],
      parts: billed,
      more: Math.max(0, invoices - billed.length),
    }),
  };
}
