import type { Locale } from '../../../sql/database/locale.ts';
import { inUnits } from '../../../sql/finance/currency.ts';
import { text } from '../texts/texts.ts';
import { type Line, template } from './template.ts';
import { amountIn, dateIn, listed, short } from './wording.ts';

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

/** `ноябрь 2026`. */
const monthIn = (locale: Locale, day: string) =>
  new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));

const monthDigest = template(
  'month_digest',
  (of, reader): Line[] => {
    const { locale } = reader;
    const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
    return [
      { bold: text(locale, 'month_digest.what', { month: monthIn(locale, of.month) }) },
      text(locale, 'month_digest.received', { amount: amountIn(reader, of.net_minor) }),
      text(locale, 'month_digest.recognised', { amount: amountIn(reader, of.recognised_minor) }),
      of.attendance === null
        ? text(locale, 'month_digest.no_attendance')
        : text(locale, 'month_digest.attendance', { rate: percent.format(of.attendance), count: of.trainings }),
      text(locale, 'month_digest.students', { count: of.new_students, active: of.active_students }),
      text(locale, 'month_digest.renewals', { count: of.renewals, amount: amountIn(reader, of.renewals_minor) }),
      text(locale, 'month_digest.debtors', { count: of.debtors, amount: amountIn(reader, of.owed_minor) }),
    ];
  },
  undefined,
  async ({ month, days_minor }, { locale, currency }) => {
    // Loaded here: one a month is drawn, and what draws it takes memory.
    const [{ monthDrawing }, { pngOf }] = await Promise.all([import('../pictures/month.ts'), import('../pictures/svg.ts')]);
    const drawing = monthDrawing({
      title: text(locale, 'month_digest.picture', { month: monthIn(locale, month) }),
      none: text(locale, 'month_digest.none'),
      days: days_minor.map((minor) => inUnits(minor, currency)),
      shown: (value) => new Intl.NumberFormat(locale).format(value),
    });
    return pngOf(drawing);
  },
);

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
export const studioTemplates = {
  studio_subscriptions: subscriptions,
  month_digest: monthDigest,
  studio_unreached: unreached,
  studio_wrote: wrote,
};
