import { z } from 'zod';
import { considered } from '../../sql/why/charges.ts';
import { type WhyLine, whyKinds, whyLine } from '../../sql/why/rows.ts';
import { whyRules } from './rules.ts';

/**
 * Why an amount or a count is what it is. Of a sum, `parts` are the lines it is made of, `more` says how many are not shown. Of one thing,
 * `chain` leads from the entry in the ledger to the charge, the run or person that made it, and who was told.
 */
export const explanation = z.object({
  of: z.enum(whyKinds),
  id: z.int(),
  name: z.string().nullable(),
  person: z.string().nullable(),
  starts_at: z.iso.datetime().nullable().meta({ description: 'of the training or booking that it is for' }),
  status: z.string().nullable(),
  amount_minor: z.int().nullable(),
  sessions: z.int().nullable().meta({ description: 'of sessions; null where it is money, or unlimited' }),
  count: z.int().nullable().meta({ description: 'of units, of places, of what a run wrote; null where it is neither' }),
  rules: z.array(z.enum(whyRules)),
  considered: z.array(considered).meta({ description: 'subscriptions of which none paid, and why' }),
  chain: z.array(whyLine),
  parts: z.array(whyLine),
  more: z.int(),
});
export type Explanation = z.output<typeof explanation>;

/** An explanation, what is not said of it empty. */
export const explained = (said: Pick<Explanation, 'of' | 'id' | 'rules'> & Partial<Explanation>): Explanation => ({
  name: null,
  person: null,
  starts_at: null,
  status: null,
  amount_minor: null,
  sessions: null,
  count: null,
  considered: [],
  chain: [],
  parts: [],
  more: 0,
  ...said,
});

/** A line, what is not said of it empty. */
export const link = (said: Pick<WhyLine, 'kind' | 'id' | 'at'> & Partial<WhyLine>): WhyLine => ({
  name: null,
  person: null,
  starts_at: null,
  status: null,
  amount_minor: null,
  sessions: null,
  count: null,
  why: null,
  ...said,
});
