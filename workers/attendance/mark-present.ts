import { z } from 'zod';
import { runs } from '../../queues/jobs/catalog.ts';
import { markAttendance, markLatecomers } from '../../sql/attendance/attendance.ts';
import type { Run } from '../../sql/runs/runs.ts';
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
  let so = progressOf(run, progress, start);
  while (!so.done) {
    so = await chunk(async (transaction) => {
      const { last, trainings, students } = await markAttendance(transaction, until, so.after, CHUNK);
      const late = last === null ? await markLatecomers(transaction, until) : 0;
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
