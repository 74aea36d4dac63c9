import type { ParamsOf } from '../../../sql/notifications/catalog.ts';
import { text } from '../texts/texts.ts';
import { type Reader, template } from './template.ts';
import { instantIn, listed, momentIn, short, unitsPerLine } from './wording.ts';

const NAME = 60;
type Exam = ParamsOf<'belt_exam'>;

/** "Blue", or "Blue, 2 stripes". */
const rankIn = ({ locale }: Reader, { belt, stripes }: Pick<Exam, 'belt' | 'stripes'>, most = NAME) =>
  stripes > 0 ? text(locale, 'belt.with_stripes', { belt: short(belt, most), count: stripes }) : short(belt, most);
const of = (reader: Reader, exam: Exam) => ({ belt: rankIn(reader, exam), when: instantIn(reader, exam.exam_at) });
const whom = ({ locale }: Reader, { student }: Exam) =>
  student === null ? [] : [text(locale, 'for_whom', { students: short(student, NAME) })];
const where = ({ locale }: Reader, { location }: Exam) =>
  location ? [text(locale, 'where', { name: short(location, NAME) })] : [];

const beltExam = template('belt_exam', (exam, reader) => [
  exam.student === null
    ? text(reader.locale, 'belt_exam.what', of(reader, exam))
    : text(reader.locale, 'belt_exam.student', { ...of(reader, exam), student: short(exam.student, NAME) }),
  ...where(reader, exam),
  text(reader.locale, 'belt_exam.meaning'),
]);

const beltExamChanged = template('belt_exam_changed', ({ change, was_at, ...exam }, reader) => [
  text(reader.locale, `belt_exam_changed.${change}`, {
    ...of(reader, exam),
    when: momentIn(reader, exam.exam_at),
    was: momentIn(reader, was_at),
  }),
  ...whom(reader, exam),
  ...(change === 'moved' ? where(reader, exam) : []),
]);

const beltExamResult = template('belt_exam_result', ({ result, ...exam }, reader) => [
  text(reader.locale, `belt_exam_result.${result}`, of(reader, exam)),
  ...whom(reader, exam),
]);

const beltReady = template('belt_ready', ({ students }, reader) => {
  const most = Math.max(10, Math.min(NAME, Math.floor(unitsPerLine(students.length) / 3)));
  return [
    text(reader.locale, 'belt_ready.what', { count: students.length }),
    ...listed(
      reader.locale,
      students.map(({ student, is_transition, ...rank }) =>
        text(reader.locale, is_transition ? 'belt_ready.transition' : 'belt_ready.line', {
          student: short(student, most),
          belt: rankIn(reader, rank, most),
        }),
      ),
      'more.students',
    ),
  ];
});

/** How messages about belts and exams read. */
export const beltTemplates = {
  belt_exam: beltExam,
  belt_exam_changed: beltExamChanged,
  belt_exam_result: beltExamResult,
  belt_ready: beltReady,
};
