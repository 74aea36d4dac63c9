import { z } from 'zod';
import type { Sql } from '../../sql/database/database.ts';
import type { Position } from '../../sql/renewal/due.ts';
import type { Decided } from '../../sql/renewal/renew.ts';
import { found } from '../runner/progress.ts';

export type RenewalWarning = Pick<Decided, 'student_id' | 'subscription_id' | 'subscription'> & {
  reason: NonNullable<Decided['reason']>;
  student_subscription_id: number;
};

/** How far a renewal night has come: its part and the last row looked at there, and what was done. */
export type RenewalProgress = {
  part: 'renewals' | 'endings' | 'unpaid' | 'over';
  place: Position;
  renewed: number;
  carried: number;
  invoices: number;
  auto_payments: number;
  warnings: RenewalWarning[];
  told: { ending: number; unpaid: number; lapsed: number };
};

/** The same as it is read back. */
export const nightRow: z.ZodType<RenewalProgress> = z.object({
  part: z.enum(['renewals', 'endings', 'unpaid', 'over']),
  place: z.tuple([z.string(), z.int()]).nullable(),
  renewed: z.int(),
  carried: z.int(),
  invoices: z.int(),
  auto_payments: z.int(),
  warnings: z.array(found<RenewalWarning>()),
  told: z.object({ ending: z.int(), unpaid: z.int(), lapsed: z.int() }),
});

export const initialRenewal: RenewalProgress = {
  part: 'renewals',
  place: null,
  renewed: 0,
  carried: 0,
  invoices: 0,
  auto_payments: 0,
  warnings: [],
  told: { ending: 0, unpaid: 0, lapsed: 0 },
};

/** What the parts of a night go by: the business day it is for, and that of today. */
export type Terms = { runId: number; date: string; today: string; graceDays: number; zone: string; adminChatIds: number[] };

/** One more chunk of a part: a transaction's work. */
export type Part = (transaction: Sql, progress: RenewalProgress, terms: Terms) => Promise<RenewalProgress>;
