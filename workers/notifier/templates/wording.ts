import { scrub } from '../../../queues/log/log.ts';
import { LANGUAGE_TAGS, type Locale } from '../../../sql/database/locale.ts';
import { inUnits } from '../../../sql/finance/currency.ts';
import { type TextKey, text } from '../texts/texts.ts';

/** An instant as the studio's clock showed it: "воскресенье, 22 ноября, 21:00". */
export function instantIn({ locale, zone }: { locale: Locale; zone: string }, iso: string) {
  const shown = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(LANGUAGE_TAGS[locale], { ...options, timeZone: zone }).format(new Date(iso));
  const day = shown({ weekday: 'long', day: 'numeric', month: 'long' });
  return `${day}, ${shown({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })}`;
}

/** An instant within a sentence: "вс 22 ноября 21:00", where "до воскресенье" would be wrong and no short day changes with its case. */
export function momentIn({ locale, zone }: { locale: Locale; zone: string }, iso: string) {
  const shown = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(LANGUAGE_TAGS[locale], { ...options, timeZone: zone }).format(new Date(iso));
  const day = shown({ weekday: 'short', day: 'numeric', month: 'long' }).replace(',', '');
  return `${day} ${shown({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })}`;
}

/** A business day and a time of the studio's wall clock: "ср 25 ноября 18:00". */
export function wallTime(locale: Locale, day: string, time: string) {
  const format = new Intl.DateTimeFormat(LANGUAGE_TAGS[locale], {
    weekday: 'short',
    day: 'numeric',
    month: 'long',
    timeZone: 'UTC',
  });
  return `${format.format(new Date(`${day}T00:00:00Z`)).replace(',', '')} ${time.slice(0, 5)}`;
}

/** A business day: "25 ноября". */
export const dayIn = (locale: Locale, day: string) =>
  new Intl.DateTimeFormat(LANGUAGE_TAGS[locale], { day: 'numeric', month: 'long', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  );

/** A business day that may be far away: "25 ноября 2026 г.". */
export const dateIn = (locale: Locale, day: string) =>
  new Intl.DateTimeFormat(LANGUAGE_TAGS[locale], { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  );

/** Minor units as money of the studio: "1 200,50 ₽". */
export const amountIn = ({ locale, currency }: { locale: Locale; currency: string }, minor: number) =>
  new Intl.NumberFormat(LANGUAGE_TAGS[locale], { style: 'currency', currency, trailingZeroDisplay: 'stripIfInteger' }).format(
    inUnits(minor, currency),
  );

const graphemes = new Intl.Segmenter();

/** A value on one line, without secrets, cut between graphemes to at most `most` UTF-16 units. */
export function short(value: string, most: number): string {
  const line = scrub(value.slice(0, 20_000).toWellFormed()).replace(/\s+/g, ' ').trim();
  if (line.length <= most) return line;
  let cut = 0;
  for (const { segment, index } of graphemes.segment(line.slice(0, most))) {
    if (index + segment.length < most) cut = index + segment.length;
  }
  return `${line.slice(0, cut).trimEnd()}…`;
}

/** As many items as fit into `most` UTF-16 units, then how many more there are: "А, Б и ещё 3 человека". */
export function people(locale: Locale, names: string[], most: number): string {
  const rest = (shown: number) =>
    shown < names.length ? ` ${text(locale, 'more.people', { count: names.length - shown })}` : '';
  let line = names[0] ?? '';
  let shown = 1;
  for (const name of names.slice(1)) {
    const longer = `${line}, ${name}`;
    if (longer.length + rest(shown + 1).length > most) break;
    line = longer;
    shown += 1;
  }
  return line + rest(shown);
}

const MOST_LINES = 20;

/** The first twenty lines, or `most`, then how many more there are. */
export const listed = (locale: Locale, lines: string[], more: TextKey, most = MOST_LINES): string[] =>
  lines.length <= most ? lines : [...lines.slice(0, most), text(locale, more, { count: lines.length - most })];

/** UTF-16 units one listed line may have if all of them are to fit. */
export const unitsPerLine = (lines: number) => Math.floor(2_800 / Math.max(1, Math.min(lines, MOST_LINES)));
