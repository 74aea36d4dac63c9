import { wallTimeOf } from '../../queues/time/calendar.ts';
import type { Award } from '../../sql/belts/awards.ts';
import type { Exam } from '../../sql/belts/exams.ts';
import type { Locale } from '../../sql/database/locale.ts';
import { dateIn } from '../notifier/templates/wording.ts';
import { text } from '../notifier/texts/texts.ts';
import { line, rule, sheet, wrapped } from '../papers/page.ts';

const WIDE = { width: 297, height: 210 };
const TALL = { width: 210, height: 297 };
const rankIn = (locale: Locale, { belt, stripes }: { belt: string; stripes: number }) =>
  stripes > 0 ? text(locale, 'belt.with_stripes', { belt, count: stripes }) : belt;

/** A certificate of an award, A4 across, as SVG. @param by who awarded it, or examined; null: an empty line to sign on */
export function certificateOf(award: Award, of: { student: string; studio: string; by: string | null; locale: Locale }): string {
  const middle = WIDE.width / 2;
  const at = (words: string, y: number, size: number, weight?: 'bold') =>
    line(words, { x: middle, y, size, anchor: 'middle', most: 240, ...(weight ? { weight } : {}) });
  const { locale } = of;
  return sheet(WIDE.width, WIDE.height, [
    '<rect x="10" y="10" width="277" height="190" fill="none" stroke="#222" stroke-width="1.2"/>',
    '<rect x="13" y="13" width="271" height="184" fill="none" stroke="#222" stroke-width="0.3"/>',
    at(of.studio, 36, 10),
    at(text(locale, 'certificate.title'), 62, 20, 'bold'),
    at(text(locale, 'certificate.awards'), 82, 8),
    at(of.student, 104, 16, 'bold'),
    at(text(locale, 'certificate.belt'), 122, 8),
    at(rankIn(locale, award), 142, 14, 'bold'),
    at(award.program, 154, 8),
    line(dateIn(locale, award.awarded_on), { x: 40, y: 182, size: 6, most: 90 }),
    line(text(locale, 'certificate.no', { number: award.id }), { x: 40, y: 190, size: 4 }),
    rule(170, 183, 257),
    line([text(locale, 'certificate.by'), of.by].filter(Boolean).join(': '), { x: 170, y: 190, size: 5, most: 87 }),
  ]);
}

const ROW = 14;
/** Rows on a page of an exam sheet. */
export const SHEET_ROWS = 17;

/** The exam sheet of a day, A4 upright, as SVG: those to be examined in order, with room for results and notes. */
export function examSheetOf(exams: readonly Exam[], of: { day: string; zone: string; locale: Locale; studio: string }): string {
  const { locale } = of;
  const columns = [
    {
      x: 12,
      most: 15,
      head: text(locale, 'exam_sheet.time'),
      of: (exam: Exam) => wallTimeOf(new Date(exam.exam_at), of.zone).slice(11, 16),
    },
    { x: 29, most: 60, head: text(locale, 'exam_sheet.student'), of: (exam: Exam) => exam.student },
    { x: 92, most: 36, head: text(locale, 'exam_sheet.belt'), of: (exam: Exam) => rankIn(locale, exam) },
    {
      x: 130,
      most: 22,
      head: text(locale, 'exam_sheet.result'),
      of: (exam: Exam) => (exam.status === 'planned' ? '' : text(locale, `exam_status.${exam.status}`)),
    },
    { x: 154, most: 46, head: text(locale, 'exam_sheet.notes'), of: (exam: Exam) => exam.notes ?? '' },
  ];
  const heads = columns.map(({ head, x, most }) => line(head, { x, y: 40, size: 4.5, most, weight: 'bold' }));
  /** What fits on a line stands on one; what is longer on up to three smaller ones. */
  const cell = (words: string, { x, most }: { x: number; most: number }, y: number) => {
    const rows = wrapped(words, Math.floor(most / (3 * 0.62)), 3);
    if (rows.length <= 1) return rows.map((row) => line(row, { x, y, size: 4.5, most }));
    return rows.map((row, n) => line(row, { x, y: y + (n + 1 - rows.length) * 3.6 + 1, size: 3, most }));
  };
  return sheet(TALL.width, TALL.height, [
    line(of.studio, { x: 12, y: 16, size: 5, most: 180 }),
    line(text(locale, 'exam_sheet.title', { day: dateIn(locale, of.day) }), { x: 12, y: 28, size: 8, most: 186, weight: 'bold' }),
    ...heads,
    rule(12, 43, 200),
    ...(exams.length === 0 ? [line(text(locale, 'exam_sheet.nobody'), { x: 12, y: 52, size: 5, most: 180 })] : []),
    ...exams
      .slice(0, SHEET_ROWS)
      .flatMap((exam, n) => [
        ...columns.flatMap((column) => cell(column.of(exam), column, 52 + n * ROW)),
        rule(12, 56 + n * ROW, 200),
      ]),
    line(text(locale, 'exam_sheet.examiner'), { x: 12, y: 286, size: 4.5 }),
    rule(45, 287, 120),
  ]);
}
