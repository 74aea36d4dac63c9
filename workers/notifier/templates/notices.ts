import { z } from 'zod';
import { finding } from '../../../sql/audit/audit.ts';
import { type Locale, text } from '../texts/texts.ts';
import { keyExpiring } from './keys.ts';
import { runButtons } from './run-buttons.ts';
import { runEnded } from './run-ended.ts';
import { reasonIn, runTitle } from './run-words.ts';
import { type Buttons, type Line, type Reader, type Template, template } from './template.ts';
import { instantIn, listed, people, short, unitsPerLine, wallTime } from './wording.ts';

const NAME = 40;
/** `alert` is the fingerprint of the trouble, where it is told as such. */
const run = { run_id: z.int(), run_key: z.string(), alert: z.string().optional() };
/** A run by what people call it, and by its key. */
const named = (locale: Locale, run_key: string) => ({
  title: short(runTitle(locale, run_key.split(':', 1)[0] ?? run_key), NAME),
  run_key: short(run_key, NAME),
});
const place = { training_date: z.iso.date(), start_time: z.string(), training_type: z.string() };

/** The fingerprint of the trouble, where a notice is about some. */
const alert = { alert: z.string().max(58).optional() };
const mute = ({ locale }: Reader, fingerprint: string | undefined): Buttons =>
  fingerprint ? [[{ text: text(locale, 'bot.button.mute'), data: `mute:${fingerprint}` }]] : [];

const runFailed = template(
  z.object({ ...run, ...alert, attempt: z.int(), error: z.string() }),
  ({ run_key, attempt, error }, reader) => [
    text(reader.locale, 'run_failed.what', { ...named(reader.locale, run_key), attempt }),
    text(reader.locale, 'run_failed.why', { error: reasonIn(error, 1_000) || text(reader.locale, 'unknown') }),
    text(reader.locale, 'run_failed.meaning'),
  ],
  (about, { locale }) => runButtons(locale, about),
);

const conflict = z.object({
  ...place,
  reason: z.enum(['trainer_busy', 'room_busy', 'trainer_inactive']),
  trainer: z.string(),
  room: z.string().nullable(),
});

const runPartial = template(
  z.object({ ...run, conflicts: z.array(conflict) }),
  ({ run_key, conflicts }, { locale }) => {
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
      text(locale, 'run_partial.what', { ...named(locale, run_key), count: conflicts.length }),
      ...listed(locale, lines, 'more.trainings'),
      text(locale, 'run_partial.meaning'),
    ];
  },
  (about, { locale }) => runButtons(locale, about),
);

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
  ...alert,
  /** Earlier ticks of the schedule that were missed as well. */
  more: z.int().default(0),
  schedule: z.string(),
  nominal_at: z.iso.datetime({ offset: true }),
  deadline_at: z.iso.datetime({ offset: true }),
  run_id: z.int().nullable(),
  status: z.enum(['queued', 'running', 'success', 'partial', 'error']).nullable(),
});

const deadlineMissed = template(
  missed,
  ({ schedule, nominal_at, deadline_at, run_id, status, more }, reader) => [
    text(reader.locale, 'deadline_missed.what', { schedule: short(schedule, NAME) }),
    text(reader.locale, 'deadline_missed.when', {
      nominal: instantIn(reader, nominal_at),
      deadline: instantIn(reader, deadline_at),
    }),
    text(reader.locale, `deadline_missed.${status ?? 'none'}`),
    ...(more > 0 ? [text(reader.locale, 'deadline_missed.more', { count: more })] : []),
    run_id === null ? text(reader.locale, 'look.schedule') : text(reader.locale, 'look.run', { id: run_id }),
  ],
  ({ alert }, reader) => mute(reader, alert),
);

const workerDown = template(
  z.object({ ...alert, worker: z.string(), seconds: z.number().nonnegative() }),
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
  ({ alert }, reader) => mute(reader, alert),
);

const failure = z.object({ operation: z.string(), error: z.string() });

const cleanupPartial = template(z.object({ ...run, failures: z.array(failure) }), ({ run_id, run_key, failures }, { locale }) => [
  text(locale, 'cleanup_partial.what', { run_key: short(run_key, NAME) }),
  ...failures.map(({ operation, error }) =>
    text(locale, 'cleanup_partial.line', { operation: short(operation, NAME), error: short(error, 200) }),
  ),
  text(locale, 'look.run', { id: run_id }),
]);

const AUDIT_RULES = finding.shape.rule.options;
const amiss = finding.extend({ rule: z.string() });

const booksNotSquare = template(
  z.object({ run_id: z.int(), date: z.iso.date(), count: z.int(), findings: z.array(amiss) }),
  ({ run_id, date, count, findings }, { locale }) => [
    text(locale, 'books_not_square.what', { day: date, count }),
    ...findings.map(({ rule, id, detail }) => {
      const known = AUDIT_RULES.find((name) => name === rule) ?? 'other';
      return text(locale, `books_not_square.${known}`, { rule: short(rule, NAME), id, detail: short(detail, 80) });
    }),
    ...(count > findings.length ? [text(locale, 'more.findings', { count: count - findings.length })] : []),
    text(locale, 'books_not_square.meaning'),
    text(locale, 'look.run', { id: run_id }),
  ],
);

const serviceUnpaid = template(z.object({ ...alert, service: z.string() }), ({ service }, { locale }) => [
  text(locale, 'service_unpaid.what', { service: short(service, NAME) }),
  text(locale, 'service_unpaid.meaning'),
]);

const told = z.object({
  ...alert,
  of: z.object({ template: z.string(), params: z.record(z.string(), z.unknown()) }),
  since: z.iso.datetime(),
  at: z.iso.datetime(),
  count: z.int(),
});

/** The first line of what was told. */
function firstLine({ template: name, params }: z.output<typeof told>['of'], reader: Reader): Line {
  const known = Object.hasOwn(adminTemplates, name) ? adminTemplates[name] : undefined;
  if (!known) throw new TypeError(`there is no message template "${name}"`);
  return known.lines(params, reader)[0] ?? '';
}

const alertAgain = template(
  told,
  ({ of, since, count }, reader) => [
    firstLine(of, reader),
    text(reader.locale, 'alert_again.what', { count, since: instantIn(reader, since) }),
  ],
  ({ alert }, reader) => mute(reader, alert),
);
const alertOver = template(told, ({ of, since, at, count }, reader) => [
  text(reader.locale, 'alert_over.what', { when: instantIn(reader, at) }),
  firstLine(of, reader),
  text(reader.locale, 'alert_over.since', { count, since: instantIn(reader, since) }),
]);

/** Every notice the admins can get. */
export const adminTemplates: Record<string, Template> = {
  run_failed: runFailed,
  run_partial: runPartial,
  generation_overflow: overflow,
  deadline_missed: deadlineMissed,
  worker_down: workerDown,
  cleanup_partial: cleanupPartial,
  books_not_square: booksNotSquare,

  service_unpaid: serviceUnpaid,
  key_expiring: keyExpiring,
  alert_again: alertAgain,
  alert_over: alertOver,
  run_ended: runEnded,
};
