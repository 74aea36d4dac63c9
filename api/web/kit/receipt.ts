import { locale } from './i18n.ts';

/** Where a payment's receipt is, in the language of the page. */
export const receiptOf = (paymentId: number) => `/api/payments/${paymentId}/receipt.svg?locale=${locale.value}`;
