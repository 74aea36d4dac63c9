import { z } from 'zod';
import { text } from '../texts/texts.ts';
import { type Reader, type Template, template } from './template.ts';
import { amountIn, dateIn, listed, short, wallTime } from './wording.ts';

const NAME = 60;
const day = z.iso.date();
/** `student` is null when the one who reads is the student. */
const whose = { subscription: z.string(), student: z.string().nullable().optional() };
type Whose = { subscription: string; student?: string | null };

/** A full stop after a date that ends in one would be a second one. */
const said = (...[locale, key, params]: Parameters<typeof text>) => text(locale, key, params).replace(/\.\.$/, '.');

const named = ({ subscription, student }: Whose) => ({
  subscription: student ? `${short(subscription, NAME)} (${short(student, NAME)})` : short(subscription, NAME),
});
const money = (reader: Reader, minor: number) => ({ amount: amountIn(reader, minor) });

const training = z.object({ training_date: day, start_time: z.string(), training_type: z.string() });

/** Those whose days have moved because of it. */
const moved = z.array(z.object({ subscription: z.string(), start_date: day, end_date: day })).default([]);
const movedLines = (locale: Reader['locale'], terms: z.output<typeof moved>) =>
  terms.slice(0, 20).map((term) =>
    said(locale, 'subscription_moved', {
      subscription: short(term.subscription, NAME),
      start: dateIn(locale, term.start_date),
      end: dateIn(locale, term.end_date),
    }),
  );

const frozen = template(
  z.object({ ...whose, from: day, to: day, end_date: day, released: z.array(training), moved }),
  (of, { locale }) => [
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
  ],
);

const left = ({ locale }: Reader, sessions: number | null) =>
  sessions === null ? [] : [text(locale, 'sessions_left', { count: sessions })];

const unfrozen = template(z.object({ ...whose, end_date: day, sessions_left: z.int().nullable(), moved }), (of, reader) => [
  said(reader.locale, 'subscription_unfrozen.what', { ...named(of), end: dateIn(reader.locale, of.end_date) }),
  ...left(reader, of.sessions_left),
  ...movedLines(reader.locale, of.moved),
]);

const lastSession = template(z.object({ ...whose, end_date: day, is_auto_renew: z.boolean() }), (of, { locale }) => [
  text(locale, 'subscription_last_session.what', named(of)),
  of.is_auto_renew
    ? said(locale, 'subscription_last_session.renews', { end: dateIn(locale, of.end_date) })
    : text(locale, 'subscription_last_session.renew'),
]);

const ending = template(
  z.object({ ...whose, end_date: day, sessions_left: z.int().nullable(), renews: z.boolean(), price_minor: z.int() }),
  (of, reader) => [
    said(reader.locale, 'subscription_ending.what', { ...named(of), end: dateIn(reader.locale, of.end_date) }),
    ...left(reader, of.sessions_left),
    of.renews
      ? text(
          reader.locale,
          of.price_minor > 0 ? 'subscription_ending.renews' : 'subscription_ending.renews_free',
          money(reader, of.price_minor),
        )
      : text(reader.locale, 'subscription_ending.renew'),
  ],
);

const renewed = template(
  z.object({
    ...whose,
    start_date: day,
    end_date: day,
    sessions: z.int().nullable(),
    carried_sessions: z.int(),
    price_minor: z.int(),
    is_paid: z.boolean(),
  }),
  (of, reader) => [
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
  ],
);

const expired = template(z.object({ ...whose, end_date: day, sessions_expired: z.int() }), (of, { locale }) => [
  said(locale, 'subscription_expired.what', { ...named(of), end: dateIn(locale, of.end_date) }),
  ...(of.sessions_expired > 0 ? [text(locale, 'subscription_expired.sessions', { count: of.sessions_expired })] : []),
]);

/** What the holders of subscriptions, and those who pay for them, are told. */
export const subscriptionTemplates: Record<string, Template> = {
  subscription_frozen: frozen,
  subscription_unfrozen: unfrozen,
  subscription_last_session: lastSession,
  subscription_ending: ending,
  subscription_renewed: renewed,
  subscription_expired: expired,
};
