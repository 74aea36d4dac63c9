import type { ParamsOf } from '../../../sql/notifications/catalog.ts';
import { type TextKey, text } from '../texts/texts.ts';
import { balanceLine, withLeft } from './money.ts';
import { type Line, type Reader, template } from './template.ts';
import { amountIn, short, wallTime } from './wording.ts';

const NAME = 60;
type About = ParamsOf<'booking_moved'>;

/** The specialist reads who comes, the client to whom, the payer both. */
const said = (what: 'confirmed' | 'moved' | 'cancelled', booking: About, { locale }: Reader) =>
  text(locale, `booking_${what}.${booking.reader}`, {
    when: wallTime(locale, booking.booking_date, booking.start_time),
    service: short(booking.service, NAME),
    who: short(booking.reader === 'specialist' ? booking.client : booking.specialist, NAME),
    client: short(booking.client, NAME),
  });

/** Whether the money is the reader's: the client's who pays, or the payer's. */
const pays = ({ reader, is_payer }: About) => reader === 'payer' || (reader === 'client' && is_payer);

const confirmed = template('booking_confirmed', ({ price_minor, pay_from, ...of }, reader): Line[] => {
  const lines = [said('confirmed', of, reader)];
  if (of.reader === 'specialist') return lines;
  if (pay_from === 'package') return [...lines, text(reader.locale, 'booking.unit_taken')];
  if (pay_from === 'subscription') {
    const { session } = of;
    return [
      ...lines,
      session ? withLeft(reader, 'money.session_taken_from', session) : text(reader.locale, 'money.session_taken'),
    ];
  }
  if (price_minor === 0 || !pays(of)) return lines;
  return [...lines, text(reader.locale, `booking.pay_${pay_from}`, { amount: amountIn(reader, price_minor) })];
});

const moved = template('booking_moved', (booking, reader) => [said('moved', booking, reader)]);

const givenAway = template('booking_given_away', ({ client, service, ...at }, { locale }) => [
  text(locale, 'booking_given_away', {
    when: wallTime(locale, at.booking_date, at.start_time),
    service: short(service, NAME),
    who: short(client, NAME),
  }),
]);

const cancelled = template('booking_cancelled', ({ outcome, reason, returned, ...of }, reader): Line[] => {
  const { locale } = reader;
  const lines = [said('cancelled', of, reader), ...(reason ? [text(locale, 'reason', { reason: short(reason, 500) })] : [])];
  if (of.reader === 'specialist') return lines;
  const amount = (minor: number) => ({ amount: amountIn(reader, minor) });
  const whose = pays(of) ? 'own' : 'payers';
  const effects: [boolean, TextKey, { amount: string }?][] = [
    [outcome === 'late', 'booking_cancelled.late'],
    [of.kept_minor > 0 && pays(of), 'booking_cancelled.kept', amount(of.kept_minor)],
    [returned.units > 0 && of.package === null, 'booking.unit_returned'],
    [returned.sessions > 0 && of.session === null, 'booking.session_returned'],
    [returned.refunded_minor > 0, `money.refunded.${whose}`, amount(returned.refunded_minor)],
    [returned.cancelled_minor > 0, 'money.invoice_cancelled', amount(returned.cancelled_minor)],
  ];
  const session =
    of.session && !isMoneyBack(returned)
      ? [withLeft(reader, returned.sessions > 0 ? 'money.session_returned_to' : 'money.session_kept', of.session)]
      : [];
  const visit = outcome === 'late' ? 'booking.unit_kept' : returned.units > 0 ? 'booking.unit_returned_to' : null;
  const unit =
    visit !== null && of.package !== null
      ? [text(locale, visit, { package: short(of.package, NAME), count: of.units_left ?? 0 })]
      : [];
  const happened = effects.filter(([did]) => did).map(([, key, params]) => text(locale, key, params));
  const nothing =
    outcome === 'safe' && happened.length + unit.length + session.length === 0 ? [text(locale, 'money.nothing_taken')] : [];
  return [...lines, ...happened, ...session, ...unit, ...nothing, ...balanceLine(reader, of.balance_minor)];
});

/** A session whose subscription is over came back as money. */
const isMoneyBack = ({ sessions, refunded_minor, cancelled_minor }: ParamsOf<'booking_cancelled'>['returned']) =>
  sessions === 0 && refunded_minor + cancelled_minor > 0;

/** Messages about bookings to clients, to those who pay for them and to specialists. */
export const bookingTemplates = {
  booking_confirmed: confirmed,
  booking_moved: moved,
  booking_given_away: givenAway,
  booking_cancelled: cancelled,
};
