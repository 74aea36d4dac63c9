import type { ParamsOf } from '../../../sql/notifications/catalog.ts';
import { text } from '../texts/texts.ts';
import type { Line, Reader } from './template.ts';
import { amountIn, short } from './wording.ts';

const NAME = 60;

/** What came back; the subscription is named where one session did. `is_payer`: the money is the reader's own. */
type Returned = {
  session?: { subscription: string; sessions_left: number | null } | null;
  sessions: number;
  refunded_minor: number;
  cancelled_minor: number;
  is_payer: boolean;
};

/** What came back, a line each: the session and what is left of its subscription, the money, the invoice. Empty where nothing had been taken. */
export function returnedLines(reader: Reader, returned: Returned): Line[] {
  const { locale } = reader;
  const amount = (minor: number) => ({ amount: amountIn(reader, minor) });
  const whose = returned.is_payer ? 'own' : 'payers';
  return [
    ...(returned.session
      ? [sessionLine(reader, returned.session)]
      : returned.sessions > 0
        ? [text(locale, 'money.sessions_returned', { count: returned.sessions })]
        : []),
    ...(returned.refunded_minor > 0 ? [text(locale, `money.refunded.${whose}`, amount(returned.refunded_minor))] : []),
    ...(returned.cancelled_minor > 0 ? [text(locale, 'money.invoice_cancelled', amount(returned.cancelled_minor))] : []),
  ];
}

type Session = { subscription: string; sessions_left: number | null };
const sessionLine = (reader: Reader, session: Session) => withLeft(reader, 'money.session_returned_to', session);

/** What happened to a session of a subscription, and how many are left in it. */
export function withLeft(
  { locale }: Reader,
  key: 'money.session_returned_to' | 'money.session_taken_from' | 'money.session_kept',
  { subscription, sessions_left }: Session,
) {
  const what = text(locale, key, { subscription: short(subscription, NAME) });
  return sessions_left === null ? what : `${what} ${text(locale, 'sessions_left', { count: sessions_left })}`;
}

type Charged = ParamsOf<'training_joined'>['charged'];

/** What was charged for a place just now, a line each; rows of an earlier version do not say from what. */
export function chargedLines(reader: Reader, { sessions, invoices, session, invoice }: Charged, isPayer: boolean): Line[] {
  const { locale } = reader;
  return [
    ...(sessions > 0
      ? [session ? withLeft(reader, 'money.session_taken_from', session) : text(locale, 'money.session_taken')]
      : []),
    ...(invoices > 0 ? [invoice ? invoiceLine(reader, invoice, isPayer) : text(locale, 'money.invoiced')] : []),
  ];
}

function invoiceLine(reader: Reader, { amount_minor, is_paid }: NonNullable<Charged['invoice']>, isPayer: boolean) {
  const amount = { amount: amountIn(reader, amount_minor) };
  if (is_paid && isPayer) return text(reader.locale, 'booking.pay_wallet', amount);
  return text(reader.locale, `training_moved.invoiced.${isPayer ? 'own' : 'payers'}`, amount);
}

/** What had been charged for a place and is not given back. */
export function keptLines(reader: Reader, { session, invoice }: Charged, isPayer: boolean): Line[] {
  if (session) return [withLeft(reader, 'money.session_kept', session)];
  if (!invoice) return [text(reader.locale, 'money.nothing_taken')];
  const amount = { amount: amountIn(reader, invoice.amount_minor) };
  if (invoice.is_paid) return [text(reader.locale, 'booking_cancelled.kept', amount)];
  return [text(reader.locale, `money.invoice_kept.${isPayer ? 'own' : 'payers'}`, amount)];
}

/** What the reader's wallet holds now; nothing where it is not theirs, or did not move. */
export const balanceLine = (reader: Reader, minor: number | null): Line[] =>
  minor === null ? [] : [text(reader.locale, 'money.balance', { amount: amountIn(reader, minor) })];
