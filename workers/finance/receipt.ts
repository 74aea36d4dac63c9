import { dayOf } from '../../queues/time/calendar.ts';
import type { Locale } from '../../sql/database/locale.ts';
import type { Receipt } from '../../sql/finance/receipt.ts';
import type { Company } from '../../sql/records/company.ts';
import { amountIn, dateIn } from '../notifier/templates/wording.ts';
import { text } from '../notifier/texts/texts.ts';
import { line, rule, sheet, wrapped } from '../papers/page.ts';

const [WIDTH, HEIGHT, LEFT, RIGHT] = [148, 210, 12, 136];
const MOST = RIGHT - LEFT;
/** Refunds that have a line of their own; with more of them, the last line says how many there are besides. */
const REFUND_LINES = 6;

/**
 * The receipt of a payment, A5 upright, as SVG: of which day it is, what went back so far, and that it was cancelled, in days of the zone.
 * @param of.company whose studio it is; null: nobody said so yet
 */
export function receiptOf(
  receipt: Receipt,
  of: { company: Company | null; zone: string; locale: Locale; currency: string },
): string {
  const { payment } = receipt;
  const { company, locale } = of;
  const amount = (minor: number) => amountIn(of, minor);
  const on = (instant: string) => dateIn(locale, dayOf(new Date(instant), of.zone));
  const facts = [
    [text(locale, 'receipt.payer'), [payment.payer]],
    [text(locale, 'receipt.for'), wrapped(whatFor(receipt, locale), 38, 4)],
    [text(locale, 'receipt.how'), [text(locale, `receipt.method.${payment.method}`)]],
    [text(locale, 'receipt.taken_by'), [payment.taken_by ?? text(locale, 'receipt.by_itself')]],
  ] as const;
  let y = 64;
  const rows = facts.flatMap(([head, words]) => {
    const from = y;
    y += words.length * 6 + 3;
    return [
      line(head, { x: LEFT, y: from, size: 3.8, most: 32 }),
      ...words.map((row, n) => line(row, { x: 46, y: from + n * 6, size: words.length > 1 ? 3.8 : 4.4, most: RIGHT - 46 })),
    ];
  });
  const total = y + 8;
  const cancelled = payment.cancelled_at && text(locale, 'receipt.cancelled', { day: on(payment.cancelled_at) });
  return sheet(WIDTH, HEIGHT, [
    line(company?.name ?? '', { x: LEFT, y: 18, size: 6, most: MOST, weight: 'bold' }),
    line([company?.phone, company?.email, company?.website].filter(Boolean).join(', '), {
      x: LEFT,
      y: 25,
      size: 3.6,
      most: MOST,
    }),
    rule(LEFT, 30, RIGHT),
    line(text(locale, 'receipt.title', { number: payment.id }), { x: LEFT, y: 43, size: 8, most: MOST, weight: 'bold' }),
    line(payment.payment_date ? dateIn(locale, payment.payment_date) : on(payment.created_at), {
      x: LEFT,
      y: 51,
      size: 4.4,
      most: MOST,
    }),
    ...rows,
    rule(LEFT, y - 2, RIGHT),
    line(text(locale, 'receipt.amount', { amount: amount(payment.amount_minor) }), {
      x: LEFT,
      y: total,
      size: 7,
      most: MOST,
      weight: 'bold',
    }),
    ...(cancelled ? [line(cancelled, { x: LEFT, y: total + 9, size: 5, most: MOST, weight: 'bold' })] : []),
    ...(receipt.refunds.length > 0 ? backLines(receipt, { locale, amount, on, y: total + (cancelled ? 17 : 9) }) : []),
    rule(LEFT, 190, 70),
    line(text(locale, 'receipt.signature'), { x: LEFT, y: 194, size: 3.4 }),
    line(text(locale, 'receipt.not_fiscal'), { x: LEFT, y: 202, size: 3.2, most: MOST }),
  ]);
}

/** What whoever took it wrote, what was paid at once, and that the rest is on the balance. */
function whatFor({ payment: { description, amount_minor: minor }, paid }: Receipt, locale: Locale): string {
  const named = paid.map(({ name, person }) => `${name ?? text(locale, 'receipt.invoice')}${person ? ` (${person})` : ''}`);
  const isMore = paid.reduce((left, one) => left - one.amount_minor, minor) > 0;
  const balance = isMore && (named.length > 0 || !description) ? [text(locale, 'receipt.balance')] : [];
  return [...(description ? [description] : []), ...named, ...balance].join('; ');
}

type Back = { locale: Locale; amount: (minor: number) => string; on: (instant: string) => string; y: number };

function backLines({ payment, refunds }: Receipt, { locale, amount, on, y }: Back): string[] {
  const { amount_minor: paid, refunded_minor: given } = payment;
  const isMore = refunds.length > REFUND_LINES;
  const shown = isMore ? refunds.slice(0, REFUND_LINES - 1) : refunds;
  const words = [
    ...shown.map(({ created_at, method, amount_minor }) =>
      text(locale, 'receipt.refund', {
        day: on(created_at),
        how: text(locale, `receipt.method.${method}`),
        amount: amount(amount_minor),
      }),
    ),
    ...(isMore ? [text(locale, 'receipt.refunds_more', { count: refunds.length - shown.length })] : []),
  ];
  const after = y + words.length * 5 + 2;
  return [
    ...words.map((row, n) => line(row, { x: LEFT, y: y + n * 5, size: 3.8, most: MOST })),
    line(text(locale, 'receipt.given_back', { amount: amount(given) }), {
      x: LEFT,
      y: after,
      size: 4.4,
      most: MOST,
      weight: 'bold',
    }),
    // What was cancelled does not count, whatever of it was given back before.
    ...(payment.cancelled_at
      ? []
      : [
          line(text(locale, 'receipt.stays', { amount: amount(paid - given) }), {
            x: LEFT,
            y: after + 6,
            size: 4.4,
            most: MOST,
            weight: 'bold',
          }),
        ]),
  ];
}
