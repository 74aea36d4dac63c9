import { type TextKey, text } from '../texts/texts.ts';
import { type Reader, template } from './template.ts';
import { amountIn, dateIn, listed, short, unitsPerLine } from './wording.ts';

const NAME = 60;
type Bill = { subscription: string; student: string | null; amount_minor: number; due_date: string };

const what = (key: TextKey, { subscription, student, amount_minor, due_date }: Bill, reader: Reader) =>
  text(reader.locale, key, {
    subscription: student ? `${short(subscription, NAME)} (${short(student, NAME)})` : short(subscription, NAME),
    amount: amountIn(reader, amount_minor),
    due: dateIn(reader.locale, due_date),
  }).replace(/\.\.$/, '.');

const unpaid = template('renewal_unpaid', (renewal, reader) => [
  what('renewal_unpaid.what', renewal, reader),
  renewal.is_lapsed
    ? text(reader.locale, 'renewal_lapsed.meaning')
    : text(reader.locale, 'renewal_unpaid.until', { until: dateIn(reader.locale, renewal.usable_until) }),
]);

const lapsed = template('renewal_lapsed', (renewal, reader) => [
  what('renewal_lapsed.what', renewal, reader),
  text(reader.locale, 'renewal_lapsed.meaning'),
]);

const previousUnpaid = template('renewal_previous_unpaid', (renewal, reader) => [
  what('renewal_previous_unpaid.what', renewal, reader),
  text(reader.locale, 'renewal_previous_unpaid.meaning'),
]);

const adminDigest = <K extends 'renewal_lapsed_admin' | 'renewal_previous_unpaid_admin'>(key: K) =>
  template(key, ({ run_id, run_key, renewals }, reader) => {
    const room = Math.min(NAME, Math.floor((unitsPerLine(renewals.length) - 60) / 2));
    const lines = renewals.map((renewal) =>
      text(reader.locale, 'renewal_lapsed_admin.line', {
        student: short(renewal.student, room) || text(reader.locale, 'generation_overflow.nameless', { id: renewal.student_id }),
        subscription: short(renewal.subscription, room),
        amount: amountIn(reader, renewal.amount_minor),
        due: dateIn(reader.locale, renewal.due_date),
      }),
    );
    return [
      text(reader.locale, `${key}.what`, { run_key: short(run_key, NAME), count: renewals.length }),
      ...listed(reader.locale, lines, 'more.renewals'),
      text(reader.locale, `${key}.meaning`),
      text(reader.locale, 'look.run', { id: run_id }),
    ];
  });

/** What is said about renewals that nobody has paid, to people and to admins. */
export const renewalTemplates = {
  renewal_unpaid: unpaid,
  renewal_lapsed: lapsed,
  renewal_lapsed_admin: adminDigest('renewal_lapsed_admin'),
  renewal_previous_unpaid: previousUnpaid,
  renewal_previous_unpaid_admin: adminDigest('renewal_previous_unpaid_admin'),
};
