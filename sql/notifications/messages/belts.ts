import { z } from 'zod';
import { count, idOrNull, message, nameOrNull, student } from './message.ts';

const exam = {
  exam_id: idOrNull,
  /** Whose exam it is, where that is not the reader's. */
  student,
  belt: z.string(),
  stripes: count,
  exam_at: z.iso.datetime(),
  location: nameOrNull,
};
const ofExam = (params: { exam_id: number | null }) => (params.exam_id ? [`exam:${params.exam_id}`] : []);

/** Messages about belts and exams (R4, R6, R7). */
export const beltMessages = {
  belt_exam: message(z.object(exam), {
    call: true,
    kind: 'belt_exam',
    urgency: 'normal',
    subjects: ofExam,
    supersedes: ['belt_exam'],
  }),
  belt_exam_changed: message(z.object({ ...exam, change: z.enum(['moved', 'cancelled']), was_at: z.iso.datetime() }), {
    call: true,
    kind: 'belt_exam',
    urgency: 'soon',
    subjects: ofExam,
    supersedes: ['belt_exam', 'belt_exam_changed'],
  }),
  belt_exam_result: message(z.object({ ...exam, result: z.enum(['passed', 'failed']) }), {
    call: false,
    kind: 'belt_exam',
    urgency: 'normal',
    subjects: ofExam,
    supersedes: ['belt_exam', 'belt_exam_changed', 'belt_exam_result'],
  }),
  belt_ready: message(
    z.object({
      students: z
        .array(
          z.object({ student_id: z.int(), student: z.string(), belt: z.string(), stripes: count, is_transition: z.boolean() }),
        )
        .min(1),
    }),
    { call: false, kind: 'belt_ready', urgency: 'normal' },
  ),
};
