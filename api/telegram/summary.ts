import type { DayOfRuns } from '../../sql/bot/days.ts';
import type { Locale } from '../../sql/database/locale.ts';
import { MARKS, spoken, weekdayIn } from '../../workers/notifier/templates/run-words.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import type { Chart } from './chart.ts';

const KINDS = ['success', 'partial', 'error', 'open'] as const;
const marks = { ...MARKS, open: '⏳' };
const totalOf = (rows: readonly DayOfRuns[], kind: (typeof KINDS)[number]) => rows.reduce((sum, row) => sum + row[kind], 0);

/** The chart's story in words, for whoever cannot see it: how many runs ended how, and on which days something went wrong. */
export function summary(locale: Locale, rows: readonly DayOfRuns[]) {
  const total = KINDS.reduce((sum, kind) => sum + totalOf(rows, kind), 0);
  const ends = KINDS.filter((kind) => totalOf(rows, kind) > 0).map(
    (kind) => `${marks[kind]} ${text(locale, `bot.chart.${kind}`)}: ${totalOf(rows, kind)}`,
  );
  const bad = rows.filter((row) => row.error + row.partial > 0).map((row) => weekdayIn(locale, row.day));
  const shown = bad.slice(-7);
  return spoken([
    [
      text(locale, 'bot.chart.title', { days: text(locale, 'bot.days', { count: rows.length }) }),
      total === 0
        ? [text(locale, 'bot.chart.none')]
        : [
            text(locale, 'bot.chart.total', { count: total }),
            ...ends,
            bad.length === 0
              ? text(locale, 'bot.chart.all_well')
              : text(locale, 'bot.chart.look_at', { days: (bad.length > shown.length ? '… ' : '') + shown.join(', ') }),
          ],
    ],
  ]);
}

/** The same as a picture needs it. */
export function chartOf(locale: Locale, rows: readonly DayOfRuns[]): Chart {
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' });
  return {
    title: text(locale, 'bot.chart.title', { days: text(locale, 'bot.days', { count: rows.length }) }),
    none: text(locale, 'bot.chart.none'),
    legend: KINDS.map((kind) => ({ kind, label: text(locale, `bot.chart.${kind}`), total: totalOf(rows, kind) })),
    days: rows.map((row) => ({
      label: `${row.day.slice(8)}.${row.day.slice(5, 7)}`,
      weekday: weekday.format(new Date(`${row.day}T00:00:00Z`)),
      counts: { success: row.success, partial: row.partial, error: row.error, open: row.open },
    })),
  };
}
