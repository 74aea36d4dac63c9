import { z } from 'zod';
import { runs } from '../../queues/jobs/catalog.ts';
import { markAttendance, markLatecomers } from '../../sql/attendance/attendance.ts';
import type { Run } from '../../sql/runs/rows.ts';
import type { RunHandler } from '../runner/execute.ts';
import { progressOf } from '../runner/progress.ts';

const progress = z.object({ after: z.int(), done: z.boolean(), trainings: z.int(), students: z.int() });
const start: z.output<typeof progress> = { after: 0, done: false, trainings: 0, students: 0 };

/** Trainings a transaction. */
const CHUNK = 500;

/**
 * The instant a run is as of, which is fixed with its row: its tick's, however late it is caught up or tried again; of a run by hand,
 * that of its request. So a night is the same whenever it is executed, and an earlier day asked for by hand is marked whole.
 */
const instantOf = ({ scheduled_for, requested_at }: Run) => scheduled_for ?? requested_at;

/** Marks everyone registered in what has begun, up to the run's day, as present (D11). */
export const markPresent: RunHandler = async (run, { chunk }) => {
  const { date } = runs.attendance.params.parse(run.params);
  const until = { date, instant: instantOf(run) };
  let reached = progressOf(run, progress, start);
  while (!reached.done) {
    reached = await chunk(async (transaction) => {
      const { last, trainings, students } = await markAttendance(transaction, until, reached.after, CHUNK);
      const late = last === null ? await markLatecomers(transaction, until) : 0;
      return {
        after: last ?? reached.after,
        done: last === null,
        trainings: reached.trainings + trainings,
        students: reached.students + students + late,
      };
    });
  }
  return {
    status: 'success',
    result: { trainings_processed: reached.trainings, students_marked_present: reached.students, sessions_deducted: 0 },
    details: {},
    counts: { trainings_processed: reached.trainings, students_processed: reached.students },
  };
};
