import { z } from 'zod';
import { runs } from '../../queues/jobs/catalog.ts';
import { markAttendance, markLatecomers } from '../../sql/attendance/attendance.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { addDone, nothingDone } from '../runner/by-training.ts';
import type { RunHandler } from '../runner/execute.ts';
import { progressOf } from '../runner/progress.ts';

const progress = z.object({
  after: z.int(),
  done: z.boolean(),
  trainings: z.int(),
  students: z.int(),
  by_training: z
    .object({ trainings: z.array(z.object({ training_id: z.int(), students_marked_present: z.int() })), is_cut: z.boolean() })
    .default(nothingDone),
});
const start: z.output<typeof progress> = { after: 0, done: false, trainings: 0, students: 0, by_training: nothingDone };

/** Trainings a transaction. */
const CHUNK = 500;

/**
 * The instant a run is as of, which is fixed with its row: its tick's, however late it is caught up or tried again; of a run by hand,
 * that of its request. So a night is the same whenever it is executed, and an earlier day asked for by hand is marked whole.
 */
const instantOf = ({ scheduled_for, requested_at }: Run) => scheduled_for ?? requested_at;

const countsOf = ({ trainings, students }: z.output<typeof progress>) => ({
  trainings_processed: trainings,
  students_processed: students,
});

/** Marks everyone registered in what has begun, up to the run's day, as present (D11). */
export const markPresent: RunHandler = async (run, { chunk }) => {
  const { date } = runs.attendance.params.parse(run.params);
  const until = { date, instant: instantOf(run) };
  let reached = progressOf(run, progress, start);
  while (!reached.done) {
    reached = await chunk(async (transaction) => {
      const { last, trainings, students, done } = await markAttendance(transaction, until, reached.after, CHUNK);
      const late = last === null ? await markLatecomers(transaction, until) : [];
      return {
        after: last ?? reached.after,
        done: last === null,
        trainings: reached.trainings + trainings,
        students:
          reached.students + students + late.reduce((sum, { students_marked_present }) => sum + students_marked_present, 0),
        by_training: addDone(addDone(reached.by_training, done), late),
      };
    }, countsOf);
  }
  return {
    status: 'success',
    result: { trainings_processed: reached.trainings, students_marked_present: reached.students, sessions_deducted: 0 },
    details: reached.by_training,
    counts: countsOf(reached),
  };
};
