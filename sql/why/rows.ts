import { z } from 'zod';

/** What can be asked about: a sum (of a wallet, of what is owed, of sessions), or one thing of a ledger. */
export const whyKinds = [
  'balance',
  'owed',
  'sessions',
  'transaction',
  'session',
  'invoice',
  'payment',
  'refund',
  'visit',
  'booking',
] as const;
export type WhyKind = (typeof whyKinds)[number];

const about = z.object({ of: z.enum(whyKinds), id: z.int() });
export type About = z.output<typeof about>;

/**
 * A line of an explanation. `why` is what can be asked about it further. `amount_minor` and `sessions` are signed as the ledger has them;
 * `name` is a training, subscription, service or message, or who did it.
 */
export const whyLine = z.object({
  kind: z.enum(['transaction', 'session', 'invoice', 'payment', 'refund', 'visit', 'booking', 'run', 'person', 'message']),
  id: z.int().nullable(),
  at: z.iso.datetime(),
  name: z.string().nullable(),
  person: z.string().nullable(),
  status: z.string().nullable(),
  amount_minor: z.int().nullable(),
  sessions: z.int().nullable(),
  why: about.nullable(),
});
export type WhyLine = z.output<typeof whyLine>;
