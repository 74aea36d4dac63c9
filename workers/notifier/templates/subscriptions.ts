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

const frozen = template('subscription_frozen', (subscription, reader) => {
  const { locale } = reader;
  const back = returnedLines(reader, { ...subscription.returned, is_payer: subscription.is_payer });
  return [
    said(locale, 'subscription_frozen.what', {
      ...named(subscription),
      from: dateIn(locale, subscription.from),
      to: dateIn(locale, subscription.to),
      end: dateIn(locale, subscription.end_date),
    }),
    ...movedLines(locale, subscription.moved),
    ...(subscription.released.length > 0
      ? [
          text(locale, subscription.student === null ? 'subscription_frozen.released' : 'subscription_frozen.released_student', {
            student: short(subscription.student ?? '', NAME),
          }),
        ]
      : []),
    ...listed(
      locale,
      subscription.released.map((place) =>
        text(locale, 'subscription_frozen.line', {
          when: wallTime(locale, place.training_date, place.start_time),
          training: short(place.training_type, NAME),
        }),
      ),
      'more.trainings',
    ),
    ...(subscription.released.length > 0 && back.length === 0 ? [text(locale, 'money.nothing_taken_all')] : back),
    ...(subscription.returned.sessions > 0 ? left(reader, subscription.sessions_left) : []),
    ...balanceLine(reader, subscription.balance_minor),
  ];
});

const left = ({ locale }: Reader, sessions: number | null) =>
  sessions === null ? [] : [text(locale, 'sessions_left', { count: sessions })];

const unfrozen = template('subscription_unfrozen', (subscription, reader) => [
  said(reader.locale, 'subscription_unfrozen.what', {
    ...named(subscription),
    end: dateIn(reader.locale, subscription.end_date),
  }),
  ...left(reader, subscription.sessions_left),
  ...movedLines(reader.locale, subscription.moved),
]);

const lastSession = template('subscription_last_session', (subscription, { locale }) => [
  text(locale, 'subscription_last_session.what', named(subscription)),
  subscription.is_auto_renew
    ? said(locale, 'subscription_last_session.renews', { end: dateIn(locale, subscription.end_date) })
    : text(locale, 'subscription_last_session.renew'),
]);

const ending = template('subscription_ending', (subscription, reader) => [
  said(reader.locale, 'subscription_ending.what', { ...named(subscription), end: dateIn(reader.locale, subscription.end_date) }),
  ...left(reader, subscription.sessions_left),
  subscription.renews
    ? text(
        reader.locale,
        subscription.price_minor > 0 ? 'subscription_ending.renews' : 'subscription_ending.renews_free',
        money(reader, subscription.price_minor),
      )
    : text(reader.locale, 'subscription_ending.renew'),
]);

const renewed = template('subscription_renewed', (subscription, reader) => [
  said(reader.locale, 'subscription_renewed.what', {
    ...named(subscription),
    start: dateIn(reader.locale, subscription.start_date),
    end: dateIn(reader.locale, subscription.end_date),
  }),
  ...(subscription.carried_sessions > 0
    ? [text(reader.locale, 'subscription_renewed.carried', { count: subscription.carried_sessions })]
    : []),
  ...left(reader, subscription.sessions && subscription.sessions + subscription.carried_sessions),
  ...(subscription.price_minor > 0
    ? [
        said(reader.locale, subscription.is_paid ? 'subscription_renewed.paid' : 'subscription_renewed.unpaid', {
          ...money(reader, subscription.price_minor),
          due: dateIn(reader.locale, subscription.start_date),
        }),
      ]
    : []),
]);

const expired = template('subscription_expired', (subscription, { locale }) => [
  said(locale, 'subscription_expired.what', { ...named(subscription), end: dateIn(locale, subscription.end_date) }),
  ...(subscription.sessions_expired > 0
    ? [text(locale, 'subscription_expired.sessions', { count: subscription.sessions_expired })]
    : []),
]);

/** Messages to the holders of subscriptions and to those who pay for them. */
export const subscriptionTemplates = {
  subscription_frozen: frozen,
  subscription_unfrozen: unfrozen,
  subscription_last_session: lastSession,
  subscription_ending: ending,
  subscription_renewed: renewed,
  subscription_expired: expired,
};
