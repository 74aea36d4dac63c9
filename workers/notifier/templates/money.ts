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

function sessionLine({ locale }: Reader, { subscription, sessions_left }: NonNullable<Returned['session']>) {
  const back = text(locale, 'money.session_returned_to', { subscription: short(subscription, NAME) });
  return sessions_left === null ? back : `${back} ${text(locale, 'sessions_left', { count: sessions_left })}`;
}

/** What the reader's wallet holds now; nothing where it is not theirs, or did not move. */
export const balanceLine = (reader: Reader, minor: number | null): Line[] =>
  minor === null ? [] : [text(reader.locale, 'money.balance', { amount: amountIn(reader, minor) })];
