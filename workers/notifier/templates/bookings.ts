import { z } from 'zod';
import { type TextKey, text } from '../texts/texts.ts';
import { type Reader, type Template, template } from './template.ts';
import { amountIn, short, wallTime } from './wording.ts';

const NAME = 60;
const about = {
  reader: z.enum(['client', 'specialist']),
  client: z.string(),
  specialist: z.string(),
  service: z.string(),
  booking_date: z.iso.date(),
  start_time: z.string(),
};
type About = z.output<z.ZodObject<typeof about>>;

/** The specialist reads who comes, the client to whom. */
const said = (
  what: 'confirmed' | 'moved' | 'cancelled',
  { reader, client, specialist, service, ...at }: About,
  { locale }: Reader,
) =>
  text(locale, `booking_${what}.${reader}`, {
    when: wallTime(locale, at.booking_date, at.start_time),
    service: short(service, NAME),
    who: short(reader === 'client' ? specialist : client, NAME),
  });

const confirmed = template(
  z.object({ ...about, price_minor: z.int(), pay_from: z.enum(['wallet', 'package', 'later']) }),
  ({ price_minor, pay_from, ...of }, reader) => {
    const lines = [said('confirmed', of, reader)];
    if (of.reader === 'specialist') return lines;
    if (pay_from === 'package') return [...lines, text(reader.locale, 'booking.unit_taken')];
    if (price_minor === 0) return lines;
    return [...lines, text(reader.locale, `booking.pay_${pay_from}`, { amount: amountIn(reader, price_minor) })];
  },
);

const moved = template(z.object(about), (of, reader) => [said('moved', of, reader)]);

/** For the specialist whose booking has become somebody else's; the time is the one it had with them. */
const givenAway = template(z.object(about), ({ client, service, ...at }, { locale }) => [
  text(locale, 'booking_given_away', {
    when: wallTime(locale, at.booking_date, at.start_time),
    service: short(service, NAME),
    who: short(client, NAME),
  }),
]);

const cancelled = template(
  z.object({
    ...about,
    outcome: z.enum(['safe', 'late']),
    reason: z.string(),
    returned: z.object({ refunded_minor: z.int(), cancelled_minor: z.int(), units: z.int() }),
  }),
  ({ outcome, reason, returned, ...of }, reader) => {
    const lines = [
      said('cancelled', of, reader),
      ...(reason ? [text(reader.locale, 'reason', { reason: short(reason, 500) })] : []),
    ];
    if (of.reader === 'specialist') return lines;
    const amount = (minor: number) => ({ amount: amountIn(reader, minor) });
    const effects: [boolean, TextKey, { amount: string }?][] = [
      [outcome === 'late', 'booking_cancelled.late'],
      [returned.units > 0, 'booking.unit_returned'],
      [returned.refunded_minor > 0, 'money.refunded', amount(returned.refunded_minor)],
      [returned.cancelled_minor > 0, 'money.invoice_cancelled', amount(returned.cancelled_minor)],
    ];
    return [...lines, ...effects.filter(([happened]) => happened).map(([, key, params]) => text(reader.locale, key, params))];
  },
);

/** What clients and specialists are told of their bookings. */
export const bookingTemplates: Record<string, Template> = {
  booking_confirmed: confirmed,
  booking_moved: moved,
  booking_given_away: givenAway,
  booking_cancelled: cancelled,
};
