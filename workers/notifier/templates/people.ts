import { z } from 'zod';
import { type TextKey, text } from '../texts/texts.ts';
import { type Reader, type Template, template } from './template.ts';
import { amountIn, short, wallTime } from './wording.ts';

const NAME = 60;
const place = { training_date: z.iso.date(), start_time: z.string(), training_type: z.string() };
type Place = { training_date: string; start_time: string; training_type: string };

const about = ({ locale }: Reader, { training_date, start_time, training_type }: Place) => ({
  when: wallTime(locale, training_date, start_time),
  training: short(training_type, NAME),
});

const trainingCancelled = template(z.object({ ...place, reason: z.string() }), (params, reader) => [
  text(reader.locale, 'training_cancelled.what', about(reader, params)),
  ...(params.reason ? [text(reader.locale, 'reason', { reason: short(params.reason, 500) })] : []),
  text(reader.locale, 'training_cancelled.meaning'),
]);

const money = {
  returned: z.object({ sessions: z.int(), refunded_minor: z.int(), cancelled_minor: z.int() }),
  charged: z.object({ sessions: z.int(), invoices: z.int() }),
};

const participationCancelled = template(
  z.object({ ...place, outcome: z.enum(['safe', 'late']), ...money }),
  ({ outcome, returned, charged, ...of }, reader) => {
    const amount = (minor: number) => ({ amount: amountIn(reader, minor) });
    const effects: [number, TextKey, object?][] = [
      [returned.sessions, 'money.session_returned'],
      [returned.refunded_minor, 'money.refunded', amount(returned.refunded_minor)],
      [returned.cancelled_minor, 'money.invoice_cancelled', amount(returned.cancelled_minor)],
      [charged.sessions, 'money.session_taken'],
      [charged.invoices, 'money.invoiced'],
    ];
    return [
      text(reader.locale, `participation_cancelled.${outcome}`, about(reader, of)),
      ...effects.filter(([happened]) => happened > 0).map(([, key, params]) => text(reader.locale, key, { ...params })),
    ];
  },
);

const trainingJoined = template(z.object({ ...place, charged: money.charged }), ({ charged, ...of }, reader) => [
  text(reader.locale, 'training_joined.what', about(reader, of)),
  ...(charged.sessions > 0 ? [text(reader.locale, 'money.session_taken')] : []),
  ...(charged.invoices > 0 ? [text(reader.locale, 'money.invoiced')] : []),
]);

/** What the studio's clients are told. */
export const peopleTemplates: Record<string, Template> = {
  training_cancelled: trainingCancelled,
  participation_cancelled: participationCancelled,
  training_joined: trainingJoined,
};
