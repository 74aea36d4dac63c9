import { z } from 'zod';
import { runs } from '../../queues/jobs/catalog.ts';
import { markAttendance, markLatecomers } from '../../sql/attendance/attendance.ts';
import type { RunHandler } from '../runner/execute.ts';
import { progressOf } from '../runner/progress.ts';

const progress = z.object({ after: z.int(), done: z.boolean(), trainings: z.int(), students: z.int() });
const start: z.output<typeof progress> = { after: 0, done: false, trainings: 0, students: 0 };

/** Trainings a transaction. */
const CHUNK = 500;

/** Marks everyone registered up to the run's day as present (D11). */
export const markPresent: RunHandler = async (run, { chunk }) => {
  const { date } = runs.attendance.params.parse(run.params);
  let so = progressOf(run, progress, start);
  while (!so.done) {
    so = await chunk(async (transaction) => {
      const { last, trainings, students } = await markAttendance(transaction, date, so.after, CHUNK);
      const late = last === null ? await markLatecomers(transaction, date) : 0;
      return {
        after: last ?? so.after,
        done: last === null,
        trainings: so.trainings + trainings,
        students: so.students + students + late,
      };
    });
  }
  return {
    status: 'success',
    result: { trainings_processed: so.trainings, students_marked_present: so.students, sessions_deducted: 0 },
    details: {},
    counts: { trainings_processed: so.trainings, students_processed: so.students },
  };
};
