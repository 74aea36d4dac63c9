import { z } from 'zod';

/**
 * What can be asked about: a sum (of a wallet, of what is owed, of sessions, of a package's units, of a person's till of a day), a count
 * (of a training's places, of what a run wrote), or one thing of a ledger. A till's id is a person's, or 0: of nobody.
 */
export const whyKinds = [
  'balance',
  'owed',
  'sessions',
  'units',
  'till',
  'seats',
  'run',
  'run_sessions',
  'run_invoices',
  'run_places',
  'transaction',
  'session',
  'unit',
  'invoice',
  'payment',
  'refund',
  'visit',
  'booking',
] as const;
export type WhyKind = (typeof whyKinds)[number];

const about = z.object({ of: z.enum(whyKinds), id: z.int() });
/** `day`: of a till; the studio's today if it is not said. */
export type About = z.output<typeof about> & { day?: string | undefined };

/**
 * A line of an explanation. `why` is what can be asked about it further. `amount_minor`, `sessions` and `count` are signed as the ledger has
 * them; `name` is a training, subscription, service or message, or who did it. `starts_at` is of the training or booking that it is for.
 */
export const whyLine = z.object({
  kind: z.enum([
    'transaction',
    'session',
    'unit',
    'invoice',
    'payment',
    'refund',
    'payout',
    'visit',
    'booking',
    'run',
    'person',
    'message',
  ]),
  id: z.int().nullable(),
  at: z.iso.datetime(),
  name: z.string().nullable(),
  person: z.string().nullable(),
  starts_at: z.iso.datetime().nullable(),
  status: z.string().nullable(),
  amount_minor: z.int().nullable(),
  sessions: z.int().nullable(),
  count: z.int().nullable(),
  why: about.nullable(),
});
export type WhyLine = z.output<typeof whyLine>;
