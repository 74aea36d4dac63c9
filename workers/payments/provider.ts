import { z } from 'zod';
import type { Settings } from '../../queues/process/settings.ts';
import type { PaymentOrder } from '../../sql/finance/payment-orders.ts';
import { signedProvider } from './signed-provider.ts';

const said = {
  /** What the studio calls it. */
  order: z.uuid(),
  /** What the provider calls the payment. */
  provider_id: z.string().min(1).max(200),
  amount_minor: z.int().min(1).max(1_000_000_000_000),
  currency: z.string().regex(/^[A-Z]{3}$/, { error: 'a currency such as RUB' }),
};

/** What a provider tells of: money came, did not come, or went back (then `amount_minor` is what went back). */
export const paymentNotice = z.discriminatedUnion('status', [
  z.object({ status: z.literal('paid'), ...said }),
  z.object({ status: z.literal('failed'), order: said.order }),
  z.object({ status: z.literal('refunded'), refund_id: z.string().min(1).max(200), ...said }),
]);
export type PaymentNotice = z.output<typeof paymentNotice>;

/** Whoever takes money online for the studio. Another one is another implementation of this. */
export type PaymentProvider = {
  /** Where the payer goes to pay. @param back where they come back to */
  payUrl(order: PaymentOrder, back: string): string;
  /** What a webhook says. Throws a refusal for what does not come from the provider, or came too long ago. */
  readNotice(raw: Buffer, header: (name: string) => string | undefined, now: Date): unknown;
};

/** The studio's provider; null where none is set up. */
export const providerOf = ({ payments }: Pick<Settings, 'payments'>): PaymentProvider | null =>
  payments ? signedProvider(payments) : null;
