import { text } from '../texts/texts.ts';
import { balanceLine, returnedLines } from './money.ts';
import { type Reader, template } from './template.ts';
import { amountIn, dateIn, listed, short, wallTime } from './wording.ts';

const NAME = 60;
type Whose = { subscription: string; student: string | null };

/** A full stop after a date that ends in one would be a second one. */
const said = (...[locale, key, params]: Parameters<typeof text>) => text(locale, key, params).replace(/\.\.$/, '.');

const named = ({ subscription, student }: Whose) => ({
  subscription: student ? `${short(subscription, NAME)} (${short(student, NAME)})` : short(subscription, NAME),
});
const money = (reader: Reader, minor: number) => ({ amount: amountIn(reader, minor) });

/** Those whose days have moved because of it. */
const movedLines = (locale: Reader['locale'], terms: readonly { subscription: string; start_date: string; end_date: string }[]) =>
  terms.slice(0, 20).map((term) =>
    said(locale, 'subscription_moved', {
      subscription: short(term.subscription, NAME),
      start: dateIn(locale, term.start_date),
      end: dateIn(locale, term.end_date),
    }),
  );

const frozen = template('subscription_frozen', (of, reader) => {
  const { locale } = reader;
  return [
    said(locale, 'subscription_frozen.what', {
      ...named(of),
      from: dateIn(locale, of.from),
      to: dateIn(locale, of.to),
      end: dateIn(locale, of.end_date),
    }),
    ...movedLines(locale, of.moved),
    ...(of.released.length > 0 ? [text(locale, 'subscription_frozen.released')] : []),
    ...listed(
      locale,
      of.released.map((one) =>
        text(locale, 'subscription_frozen.line', {
          when: wallTime(locale, one.training_date, one.start_time),
          training: short(one.training_type, NAME),
        }),
      ),
      'more.trainings',
    ),
    ...returnedLines(reader, { ...of.returned, is_payer: of.is_payer }),
    ...(of.returned.sessions > 0 ? left(reader, of.sessions_left) : []),
    ...balanceLine(reader, of.balance_minor),
  ];
});

const left = ({ locale }: Reader, sessions: number | null) =>
  sessions === null ? [] : [text(locale, 'sessions_left', { count: sessions })];

const unfrozen = template('subscription_unfrozen', (of, reader) => [
  said(reader.locale, 'subscription_unfrozen.what', { ...named(of), end: dateIn(reader.locale, of.end_date) }),
  ...left(reader, of.sessions_left),
  ...movedLines(reader.locale, of.moved),
]);

const lastSession = template('subscription_last_session', (of, { locale }) => [
  text(locale, 'subscription_last_session.what', named(of)),
  of.is_auto_renew
    ? said(locale, 'subscription_last_session.renews', { end: dateIn(locale, of.end_date) })
    : text(locale, 'subscription_last_session.renew'),
]);

const ending = template('subscription_ending', (of, reader) => [
  said(reader.locale, 'subscription_ending.what', { ...named(of), end: dateIn(reader.locale, of.end_date) }),
  ...left(reader, of.sessions_left),
  of.renews
    ? text(
        reader.locale,
        of.price_minor > 0 ? 'subscription_ending.renews' : 'subscription_ending.renews_free',
        money(reader, of.price_minor),
      )
    : text(reader.locale, 'subscription_ending.renew'),
]);

const renewed = template('subscription_renewed', (of, reader) => [
  said(reader.locale, 'subscription_renewed.what', {
    ...named(of),
    start: dateIn(reader.locale, of.start_date),
    end: dateIn(reader.locale, of.end_date),
  }),
  ...(of.carried_sessions > 0 ? [text(reader.locale, 'subscription_renewed.carried', { count: of.carried_sessions })] : []),
  ...left(reader, of.sessions && of.sessions + of.carried_sessions),
  ...(of.price_minor > 0
    ? [
        said(reader.locale, of.is_paid ? 'subscription_renewed.paid' : 'subscription_renewed.unpaid', {
          ...money(reader, of.price_minor),
          due: dateIn(reader.locale, of.start_date),
        }),
      ]
    : []),
]);

const expired = template('subscription_expired', (of, { locale }) => [
  said(locale, 'subscription_expired.what', { ...named(of), end: dateIn(locale, of.end_date) }),
  ...(of.sessions_expired > 0 ? [text(locale, 'subscription_expired.sessions', { count: of.sessions_expired })] : []),
]);

/** What the holders of subscriptions, and those who pay for them, are notified. */
export const subscriptionTemplates = {
  subscription_frozen: frozen,
  subscription_unfrozen: unfrozen,
  subscription_last_session: lastSession,
  subscription_ending: ending,
  subscription_renewed: renewed,
  subscription_expired: expired,
};
