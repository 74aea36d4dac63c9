import type { AnswerTo } from '../../../kit/client.ts';

export const METHODS = ['cash', 'card', 'transfer', 'online', 'other'] as const;
export type Payment = AnswerTo<'GET /api/payments'>['items'][number];

/** What of a payment has not gone back yet. */
export const restOf = ({
  amount_minor,
  refunded_minor,
  cancelled_at,
}: Pick<Payment, 'amount_minor' | 'refunded_minor' | 'cancelled_at'>) =>
  cancelled_at === null ? amount_minor - refunded_minor : 0;
