import { text } from '../texts/texts.ts';
import { type Line, template } from './template.ts';
import { dateIn, listed, short } from './wording.ts';

const NAME = 40;
const ABOUT = 80;
/** Lines of each of two lists. */
const MOST = 12;

const subscriptions = template('studio_subscriptions', ({ last_sessions, ended }, { locale }): Line[] => {
  const named = (about: { student: string; subscription: string; end_date: string }) => ({
    student: short(about.student, NAME),
    subscription: short(about.subscription, NAME),
    end: dateIn(locale, about.end_date),
  });
  const last = last_sessions.map((about) =>
    text(locale, about.is_auto_renew ? 'studio_subscriptions.last_renews' : 'studio_subscriptions.last', named(about)),
  );
  const over = ended.map((about) =>
    about.sessions_expired > 0
      ? text(locale, 'studio_subscriptions.ended_with', { ...named(about), count: about.sessions_expired })
      : text(locale, 'studio_subscriptions.ended', named(about)),
  );
  const section = (key: 'of_last' | 'of_ended', lines: string[]): Line[] =>
    lines.length === 0
      ? []
      : [
          { bold: text(locale, `studio_subscriptions.${key}`, { count: lines.length }) },
          ...listed(locale, lines, 'more.people', MOST),
        ];
  return [...section('of_last', last), ...section('of_ended', over)];
});

const unreached = template('studio_unreached', ({ people }, { locale }) => [
  text(locale, 'studio_unreached.what', { count: people.length }),
  ...listed(
    locale,
    people.map(({ name, phone, about }) =>
      text(locale, phone ? 'studio_unreached.line' : 'studio_unreached.without_phone', {
        name: short(name, NAME),
        phone: phone ?? '',
        about: short(about, ABOUT),
      }),
    ),
    'more.people',
  ),
]);

const wrote = template('studio_wrote', (written, { locale }) => [{ bold: text(locale, 'studio_wrote.what') }, written.text]);

/** What the studio is told of its clients, and what it writes to them. */
export const studioTemplates = { studio_subscriptions: subscriptions, studio_unreached: unreached, studio_wrote: wrote };
