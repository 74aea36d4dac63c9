import { wallTimeOf } from '../../queues/time/calendar.ts';
import type { Locale } from '../../sql/database/locale.ts';
import type { ErasedLine, Erasure } from '../../sql/people/erasures.ts';
import { dateIn } from '../notifier/templates/wording.ts';
import { text } from '../notifier/texts/texts.ts';
import { line, rule, sheet, wrapped } from '../papers/page.ts';

const [LEFT, RIGHT] = [14, 196];
/** Lines of the log on the page. */
export const MOST_LINES = 34;

/**
 * The act that personal data was destroyed, with the extract of the log, A4 upright, as SVG (R30). It names a number: who it was nobody knows any more.
 * @param of.lines the first lines of the log, at least as many as the page has room for; `of.count`: how many there are
 * @param of.by who erased; null: an empty line to sign on
 */
export function erasureActOf(
  { user_id, erased_at, counts }: Erasure,
  of: { lines: readonly ErasedLine[]; count: number; studio: string; by: string | null; zone: string; locale: Locale },
): string {
  const { locale, zone } = of;
  const wall = wallTimeOf(new Date(erased_at), zone);
  const when = `${dateIn(locale, wall.slice(0, 10))}, ${wall.slice(11, 16)}`;
  const said = [
    text(locale, 'erasure_act.operator', { studio: of.studio }),
    text(locale, 'erasure_act.whose', { number: user_id }),
    text(locale, 'erasure_act.when', { when }),
    text(locale, 'erasure_act.what'),
    text(locale, 'erasure_act.where'),
    text(locale, 'erasure_act.how'),
    text(locale, 'erasure_act.why'),
  ].flatMap((words) => wrapped(words, 95, 4));
  const extract = [
    ...Object.entries(counts).map(([table, count]) => `${table}: ${count}`),
    ...of.lines.map(({ at, actor, record, record_id, action }) => `${at} ${actor} ${action} ${record} ${record_id}`),
  ];
  const shown = extract.slice(0, MOST_LINES);
  const left = Object.keys(counts).length + of.count - shown.length;
  const top = 40 + said.length * 6;
  const more = left > 0 ? [text(locale, 'erasure_act.more', { count: left })] : [];
  return sheet(210, 297, [
    line(text(locale, 'erasure_act.title', { number: user_id }), { x: LEFT, y: 24, size: 8, most: RIGHT - LEFT, weight: 'bold' }),
    ...said.map((words, n) => line(words, { x: LEFT, y: 36 + n * 6, size: 4, most: RIGHT - LEFT })),
    line(text(locale, 'erasure_act.log'), { x: LEFT, y: top, size: 4.5, most: RIGHT - LEFT, weight: 'bold' }),
    rule(LEFT, top + 2, RIGHT),
    ...[...shown, ...more].map((words, n) => line(words, { x: LEFT, y: top + 7 + n * 4.2, size: 3.2, most: RIGHT - LEFT })),
    line(text(locale, 'erasure_act.by', { name: of.by ?? '' }).trim(), { x: LEFT, y: 284, size: 4.5, most: 110 }),
    rule(130, 285, RIGHT),
  ]);
}
