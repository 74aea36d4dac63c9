import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Settings } from '../../queues/process/settings.ts';
import { Refused } from '../refusal.ts';
import type { PaymentProvider } from './provider.ts';

/** A webhook that is older, or further ahead, is refused: whoever has read one cannot send it again later. */
const TOLERANCE_SECONDS = 300;

const hmac = (secret: string, ...parts: readonly (string | Buffer)[]) => {
  const made = createHmac('sha256', secret);
  for (const part of parts) made.update(part);
  return made.digest('hex');
};

/** What `X-Payments-Signature` of a webhook says: over the timestamp, a full stop and the body as it is sent. */
export const signNotice = (secret: string, timestamp: string, raw: Buffer | string) => `v1=${hmac(secret, `${timestamp}.`, raw)}`;

/**
 * A provider of no particular name. The payer is sent to its page with a signed query: `signature` is the HMAC-SHA256 of all that stands
 * before it. Its webhooks show `X-Payments-Timestamp`, in seconds, and `X-Payments-Signature`; of several signatures, separated by
 * commas, one has to fit, so that a secret can be replaced.
 */
export function signedProvider({ url, secret, webhookSecret }: NonNullable<Settings['payments']>): PaymentProvider {
  return {
    payUrl(order, back) {
      const address = new URL(url);
      const asked = new URLSearchParams({
        ...Object.fromEntries(address.searchParams),
        order: order.reference,
        amount_minor: String(order.amount_minor),
        currency: order.currency,
        return_url: back,
        expires: String(Math.floor(Date.parse(order.expires_at) / 1_000)),
      });
      asked.append('signature', hmac(secret, asked.toString()));
      address.search = asked.toString();
      return address.href;
    },
    readNotice(raw, header, now) {
      const timestamp = header('x-payments-timestamp') ?? '';
      const given = (header('x-payments-signature') ?? '').split(',', 5).map((one) => one.trim());
      const wanted = Buffer.from(signNotice(webhookSecret, timestamp, raw));
      const fits = given
        .map((one) => Buffer.from(one))
        .filter((one) => one.length === wanted.length && timingSafeEqual(one, wanted));
      if (fits.length === 0) throw new Refused('unknown', 'only the provider of payments comes in here');
      const isOfNow = /^\d{1,12}$/.test(timestamp) && Math.abs(now.getTime() / 1_000 - Number(timestamp)) <= TOLERANCE_SECONDS;
      if (!isOfNow) throw new Refused('unknown', `the timestamp is more than ${TOLERANCE_SECONDS} s from now`);
      try {
        return JSON.parse(raw.toString('utf8'));
      } catch {
        throw new Refused('invalid', 'the body is no JSON');
      }
    },
  };
}
