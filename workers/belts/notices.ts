import type { Exam } from '../../sql/belts/exams.ts';
import type { takeReady } from '../../sql/belts/steps.ts';
import type { Notice } from '../../sql/notifications/notify.ts';

type Reader = { user_id: number; is_student: boolean; is_payer: boolean };
type Announced = Pick<Exam, 'id' | 'student_id' | 'student' | 'belt' | 'stripes' | 'exam_at' | 'location'>;

/** Whoever pays may have switched the student off. */
const whom = ({ student_id }: Announced, { is_student, is_payer }: Reader) => (is_payer && !is_student ? [student_id] : []);

const shown = (exam: Announced, { is_student }: Reader) => ({
  exam_id: exam.id,
  student: is_student ? null : exam.student,
  belt: exam.belt,
  stripes: exam.stripes,
  exam_at: exam.exam_at,
  location: exam.location,
});

/** An exam that comes (R7). @param key of the occasion: for one exam and time, once */
export const noticesOfExam = (exam: Announced, readers: readonly Reader[], key: string): Notice[] =>
  readers.map((reader) => ({
    userId: reader.user_id,
    template: 'belt_exam',
    // The student's key is the one of before there were others to tell.
    dedupe: reader.is_student ? `belt_exam:${exam.id}:${key}` : `belt_exam:${exam.id}:${key}:${reader.user_id}`,
    occasion: exam.exam_at,
    about: whom(exam, reader),
    params: shown(exam, reader),
  }));

type Change = { news: 'moved' | 'cancelled' | 'passed' | 'failed'; was: string; changes: number; readers: readonly Reader[] };

/** What became of an exam, at once: moved or cancelled (R7), or its result (R6). */
export const noticesOfChange = (exam: Announced, { news, was, changes, readers }: Change): Notice[] =>
  readers.map((reader) => {
    const told = {
      userId: reader.user_id,
      dedupe: `belt_exam:${exam.id}:change:${changes}:${reader.user_id}`,
      about: whom(exam, reader),
    };
    const params = shown(exam, reader);
    return news === 'moved' || news === 'cancelled'
      ? { ...told, template: 'belt_exam_changed', occasion: exam.exam_at, params: { ...params, change: news, was_at: was } }
      : { ...told, template: 'belt_exam_result', params: { ...params, result: news } };
  });

/** Students who are ready (R4), in one message to each trainer and administrator. */
export const noticesOfReady = (ready: Awaited<ReturnType<typeof takeReady>>): Notice[] =>
  [...Map.groupBy(ready, ({ reader_id }) => reader_id)].map(([userId, own]) => ({
    userId,
    template: 'belt_ready',
    // A step is taken once, so the first one names them all.
    dedupe: `belt_ready:${userId}:${own.slice(0, 1).map((one) => `${one.student_id}:${one.belt}:${one.stripes}:${one.is_transition}`)}`,
    params: {
      students: own.map(({ student_id, student, belt, stripes, is_transition }) => ({
        student_id,
        student,
        belt,
        stripes,
        is_transition,
      })),
    },
  }));
