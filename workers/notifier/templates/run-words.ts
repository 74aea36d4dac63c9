import { EntityBuilder } from 'node-telegram-bot-api';
import { isRunName, type RunName } from '../../../queues/jobs/catalog.ts';
import type { Schedule } from '../../../queues/timetable/timetable.ts';
import { LANGUAGE_TAGS, type Locale } from '../../../sql/database/locale.ts';
import type { Run, RunStatus } from '../../../sql/runs/rows.ts';
import { type TextKey, text } from '../texts/texts.ts';
import type { Words } from './bot-answers.ts';
import { short } from './wording.ts';

export const MARKS: Record<RunStatus, string> = { queued: '⏳', running: '▶️', success: '✅', partial: '⚠️', error: '❌' };

/** A business day: "сб 21 ноября". */
export const weekdayIn = (locale: Locale, day: string) =>
  new Intl.DateTimeFormat(LANGUAGE_TAGS[locale], { weekday: 'short', day: 'numeric', month: 'long', timeZone: 'UTC' })
    .format(new Date(`${day}T00:00:00Z`))
    .replace(',', '');

/** An instant on the studio's clock, as short as can be: "23:05" today, "20.11 23:05" otherwise. */
export function clockIn(locale: Locale, zone: string, iso: string, now: Date) {
  const shown = (instant: Date, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(LANGUAGE_TAGS[locale], { ...options, timeZone: zone }).format(instant);
  const date = { day: '2-digit', month: '2-digit' } as const;
  const time = shown(new Date(iso), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const isToday = shown(new Date(iso), { ...date, year: 'numeric' }) === shown(now, { ...date, year: 'numeric' });
  return isToday ? time : `${shown(new Date(iso), date)} ${time}`;
}

/**
 * What people call a process, and which day it is for: "Итоги дня, сб 21 ноября". One that has left the catalog goes by its old name.
 * A process of the catalog without its words in the texts does not compile.
 */
export function runTitle(locale: Locale, process: string, day?: string): string {
  const title = isRunName(process) ? text(locale, `bot.name.${process}`) : process;
  return day ? `${title}, ${weekdayIn(locale, day)}` : title;
}

export const scheduleTitle = (locale: Locale, { run }: Schedule) => runTitle(locale, run);

/** What a run would do, in a sentence that names the day. */
export const doesWhat = (locale: Locale, name: RunName, day: string) =>
  text(locale, `bot.does.${name}`, { day: weekdayIn(locale, day) });

const COUNTS = [
  ['trainings_processed', 'bot.count.trainings'],
  ['students_processed', 'bot.count.students'],
  ['students_added', 'bot.count.added'],
  ['sessions_deducted', 'bot.count.sessions'],
  ['invoices_created', 'bot.count.invoices'],
] as const satisfies [keyof Run, TextKey][];

/** What a run has done: "12 тренировок, 34 ученика"; empty when there was nothing to do. */
export const achieved = (locale: Locale, run: Pick<Run, (typeof COUNTS)[number][0]>) =>
  COUNTS.filter(([column]) => run[column] > 0)
    .map(([column, key]) => text(locale, key, { count: run[column] }))
    .join(', ');

/** Why a run failed, for somebody who is not to learn the names of our exceptions. */
export const reasonIn = (error: string, most: number) => short(error.replace(/^(Unrecoverable)?Error: /, ''), most);

/** Seconds as "12 с" or "3 мин". */
export const duration = (locale: Locale, seconds: number) =>
  seconds < 100
    ? text(locale, 'bot.seconds', { n: Math.max(1, Math.round(seconds)) })
    : text(locale, 'bot.minutes', { n: Math.round(seconds / 60) });

/** Paragraphs with bold titles. */
export function spoken(paragraphs: readonly (readonly [title: string, lines: readonly string[]])[]): Words {
  const builder = new EntityBuilder();
  for (const [index, [title, lines]] of paragraphs.entries()) {
    if (index > 0) builder.plain('\n\n');
    builder.bold(title);
    if (lines.length > 0) builder.plain(`\n${lines.join('\n')}`);
  }
  const { text: words, entities } = builder.build();
  return { text: words, entities: entities as Words['entities'] };
}

/** Every command, in the order one would need them. */
export const COMMANDS = ['status', 'run', 'runs', 'retry', 'history', 'schedule', 'pause', 'resume', 'help'] as const;

export const help = (locale: Locale): Words =>
  spoken([
    [
      text(locale, 'bot.help.title'),
      COMMANDS.map((name) => `${text(locale, `bot.usage.${name}`)} — ${text(locale, `bot.command.${name}`)}`),
    ],
  ]);
