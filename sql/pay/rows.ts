import { z } from 'zod';

export const KINDS = ['training', 'head', 'percent', 'month'] as const;

export const rateRow = z.object({
  id: z.int(),
  trainer_id: z.int(),
  training_type_id: z.int().nullable(),
  training_type: z.string().nullable(),
  valid_from: z.iso.date(),
  training_minor: z.int().nullable(),
  head_minor: z.int().nullable(),
  percent_bp: z.int().nullable(),
  month_minor: z.int().nullable(),
  created_by: z.string(),
  created_at: z.iso.datetime(),
});

/** Registrations that were counted and their values in minor units; of what is paid by the month its cards and their days. */
export const basis = z.array(z.tuple([z.int(), z.int()]));

export const lineRow = z.object({
  trainer_id: z.int(),
  kind: z.enum(KINDS),
  /** A training; of what is paid by the month the month, as 202611. */
  source_id: z.int(),
  day: z.iso.date(),
  is_correction: z.boolean(),
  rate_id: z.int().nullable(),
  /** Heads; days of the month on which cards were valid; else 1. Of a correction as it is now, 0 where it is nothing any more. */
  quantity: z.int(),
  /** What a percentage is of. */
  base_minor: z.int().nullable(),
  /** Of a correction: what closed sheets have of the source so far. */
  before_minor: z.int().nullable(),
  amount_minor: z.int(),
  basis,
});
export type PayLine = z.output<typeof lineRow>;

export const sheetRow = z.object({
  id: z.int(),
  trainer_id: z.int(),
  month: z.iso.date(),
  total_minor: z.int(),
  closed_by: z.string(),
  closed_at: z.iso.datetime(),
});

export const payoutRow = z.object({
  id: z.int(),
  trainer_id: z.int(),
  amount_minor: z.int(),
  method: z.string(),
  created_by: z.string(),
  created_at: z.iso.datetime(),
});
