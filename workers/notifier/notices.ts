import { z } from 'zod';
import { runs } from '../../queues/catalog.ts';
import { text } from '../../queues/texts.ts';
import { runEnded } from './bot/ended.ts';
import { type Template, template } from './template.ts';
import { instantIn, listed, people, short, unitsPerLine, wallTime } from './wording.ts';

const NAME = 40;
const run = { run_id: z.int(), run_key: z.string() };
const place = { training_date: z.iso.date(), start_time: z.string(), training_type: z.string() };

const runFailed = template(
  z.object({ ...run, attempt: z.int(), error: z.string() }),
  ({ run_id, run_key, attempt, error }, reader) => [
    text(reader.locale, 'run_failed.what', { run_key: short(run_key, NAME), attempt }),
    text(reader.locale, 'run_failed.why', { error: short(error, 1_000) || text(reader.locale, 'unknown') }),
    text(reader.locale, 'run_failed.meaning'),
    text(reader.locale, 'look.run', { id: run_id }),
  ],
);

const conflict = z.object({
  ...place,
  reason: z.enum(['trainer_busy', 'room_busy', 'trainer_inactive']),
  trainer: z.string(),
  room: z.string().nullable(),
});

const runPartial = template(z.object({ ...run, conflicts: z.array(conflict) }), ({ run_id, run_key, conflicts }, { locale }) => {
  const lines = conflicts.map(({ training_date, start_time, training_type, reason, trainer, room }) =>
    text(locale, 'run_partial.line', {
      when: wallTime(locale, training_date, start_time),
      training: short(training_type, NAME),
      reason:
        reason === 'room_busy' && room === null
          ? text(locale, 'run_partial.some_room_busy')
          : text(locale, `run_partial.${reason}`, { trainer: short(trainer, NAME), room: short(room ?? '', NAME) }),
    }),
  );
  return [
    text(locale, 'run_partial.what', { run_key: short(run_key, NAME), count: conflicts.length }),
    ...listed(locale, lines, 'more.trainings'),
    text(locale, 'run_partial.meaning', { path: runs.generation.path }),
    text(locale, 'look.run', { id: run_id }),
  ];
});

const waiting = z.object({ ...place, student_id: z.int(), student: z.string().nullable(), real_training_id: z.int() });

const overflow = template(z.object({ ...run, students: z.array(waiting) }), ({ run_id, run_key, students }, { locale }) => {
  const trainings = [...Map.groupBy(students, (student) => student.real_training_id).values()];
  const lines = trainings.map((group) => {
    const [{ training_date, start_time, training_type }] = group as [z.output<typeof waiting>];
    const names = group.map(({ student, student_id }) => {
      return short(student ?? '', NAME) || text(locale, 'generation_overflow.nameless', { id: student_id });
    });
    return text(locale, 'generation_overflow.line', {
      when: wallTime(locale, training_date, start_time),
      training: short(training_type, NAME),
      students: people(locale, names, unitsPerLine(trainings.length) - 75),
    });
  });
  return [
    text(locale, 'generation_overflow.what', { run_key: short(run_key, NAME), count: students.length }),
    ...listed(locale, lines, 'more.trainings'),
    text(locale, 'generation_overflow.meaning'),
    text(locale, 'look.run', { id: run_id }),
  ];
});

const missed = z.object({
  schedule: z.string(),
  nominal_at: z.iso.datetime({ offset: true }),
  deadline_at: z.iso.datetime({ offset: true }),
  run_id: z.int().nullable(),
  status: z.enum(['queued', 'running', 'success', 'partial', 'error']).nullable(),
});

const deadlineMissed = template(missed, ({ schedule, nominal_at, deadline_at, run_id, status }, reader) => [
  text(reader.locale, 'deadline_missed.what', { schedule: short(schedule, NAME) }),
  text(reader.locale, 'deadline_missed.when', {
    nominal: instantIn(reader, nominal_at),
    deadline: instantIn(reader, deadline_at),
  }),
  text(reader.locale, `deadline_missed.${status ?? 'none'}`),
  run_id === null ? text(reader.locale, 'look.schedule') : text(reader.locale, 'look.run', { id: run_id }),
]);

const workerDown = template(
  z.object({ worker: z.string(), seconds: z.number().nonnegative() }),
  ({ worker, seconds }, { locale }) => [
    text(locale, 'worker_down.what', {
      worker: short(worker, NAME),
      duration:
        seconds < 120
          ? text(locale, 'seconds', { count: Math.round(seconds) })
          : text(locale, 'minutes', { count: Math.round(seconds / 60) }),
    }),
    text(locale, 'worker_down.meaning'),
  ],
);

/** Every notice the admins can get. */
export const adminTemplates: Record<string, Template> = {
  run_failed: runFailed,
  run_partial: runPartial,
  generation_overflow: overflow,
  deadline_missed: deadlineMissed,
  worker_down: workerDown,
  run_ended: runEnded,
};
