import { finding } from '../../../sql/audit/audit.ts';
import type { Locale } from '../../../sql/database/locale.ts';
import type { ParamsOf } from '../../../sql/notifications/catalog.ts';
import type { AlertName } from '../../../sql/notifications/messages/admins.ts';
import { text } from '../texts/texts.ts';
import { backupAlerts, backupTemplates } from './backups.ts';
import { keyExpiring } from './keys.ts';
import { alertButtons, runButtons } from './run-buttons.ts';
import { runEnded } from './run-ended.ts';
import { reasonIn, runTitle } from './run-words.ts';
import { surroundingsAlerts } from './surroundings.ts';
import { type Line, type Reader, type Templates, template } from './template.ts';
import { vendingAlertTemplates } from './vending.ts';
import { instantIn, listed, momentIn, people, short, unitsPerLine, wallTime } from './wording.ts';

const NAME = 40;
/** A run by what people call it, and by its key. */
const named = (locale: Locale, run_key: string) => ({
  title: short(runTitle(locale, run_key.split(':', 1)[0] ?? run_key), NAME),
  run_key: short(run_key, NAME),
});

const runFailed = template(
  'run_failed',
  ({ run_key, attempt, error }, reader) => [
    text(reader.locale, 'run_failed.what', { ...named(reader.locale, run_key), attempt }),
    text(reader.locale, 'run_failed.why', { error: reasonIn(error, 1_000) || text(reader.locale, 'unknown') }),
    text(reader.locale, 'run_failed.meaning'),
  ],
  (about, { locale }) => runButtons(locale, about),
);

const runPartial = template(
  'run_partial',
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

const overflow = template('generation_overflow', ({ run_id, run_key, students }, { locale }) => {
  const trainings = [...Map.groupBy(students, (student) => student.real_training_id).values()];
  const lines = trainings.map((group) => {
    const [{ training_date, start_time, training_type }] = group as [(typeof students)[number]];
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

const deadlineMissed = template(
  'deadline_missed',
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
  ({ alert }, reader) => alertButtons(reader, alert),
);

const workerDown = template(
  'worker_down',
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
  ({ alert }, reader) => alertButtons(reader, alert),
);

const cleanupPartial = template('cleanup_partial', ({ run_id, run_key, failures }, { locale }) => [
  text(locale, 'cleanup_partial.what', { run_key: short(run_key, NAME) }),
  ...failures.map(({ operation, error }) =>
    text(locale, 'cleanup_partial.line', { operation: short(operation, NAME), error: short(error, 200) }),
  ),
  text(locale, 'look.run', { id: run_id }),
]);

const AUDIT_RULES = finding.shape.rule.options;

const booksNotSquare = template('books_not_square', ({ run_id, date, count, findings }, { locale }) => [
  text(locale, 'books_not_square.what', { day: date, count }),
  ...findings.map(({ rule, id, detail }) => {
    const known = AUDIT_RULES.find((name) => name === rule) ?? 'other';
    return text(locale, `books_not_square.${known}`, { rule: short(rule, NAME), id, detail: short(detail, 80) });
  }),
  ...(count > findings.length ? [text(locale, 'more.findings', { count: count - findings.length })] : []),
  text(locale, 'books_not_square.meaning'),
  text(locale, 'look.run', { id: run_id }),
]);

const serviceUnpaid = template('service_unpaid', ({ service }, { locale }) => [
  text(locale, 'service_unpaid.what', { service: short(service, NAME) }),
  text(locale, 'service_unpaid.meaning'),
]);

/** The first line of the earlier message. */
const firstLine = ({ template: name, params }: ParamsOf<'alert_over'>['of'], reader: Reader): Line =>
  alerts[name].lines(params, reader)[0] ?? '';

const alertAgain = template(
  'alert_again',
  ({ of, since, count }, reader) => [
    firstLine(of, reader),
    text(reader.locale, 'alert_again.what', { count, since: momentIn(reader, since) }),
  ],
  ({ alert }, reader) => alertButtons(reader, alert),
);
const alertOver = template('alert_over', ({ of, since, at, count }, reader) => [
  text(reader.locale, 'alert_over.what', { when: instantIn(reader, at) }),
  firstLine(of, reader),
  text(reader.locale, 'alert_over.since', { count, since: momentIn(reader, since) }),
]);

const rightsChanged = template('rights_changed', ({ user_id, name, role, change, was, now, commands }, { locale }) => [
  text(locale, `rights_changed.${change === 'confirmed' || change === 'withdrawn' ? change : (`${change}_${role}` as const)}`, {
    name: short(name, NAME) || text(locale, 'rights_changed.nameless', { id: user_id }),
  }),
  ...(was === now ? [] : [text(locale, 'rights_changed.telegram_ids', { was: was ?? '—', now: now ?? '—' })]),
  text(locale, commands ? 'rights_changed.commands' : 'rights_changed.no_commands'),
  text(locale, 'rights_changed.meaning'),
]);

const alerts: Templates<AlertName> = {
  run_failed: runFailed,
  deadline_missed: deadlineMissed,
  worker_down: workerDown,
  ...backupAlerts,
  ...surroundingsAlerts,
  service_unpaid: serviceUnpaid,
  ...vendingAlertTemplates,
};

/** Every notice the admins can get of runs, alerts and rights. */
export const adminTemplates = {
  ...alerts,
  ...backupTemplates,
  run_partial: runPartial,
  generation_overflow: overflow,
  cleanup_partial: cleanupPartial,
  books_not_square: booksNotSquare,
  key_expiring: keyExpiring,
  alert_again: alertAgain,
  alert_over: alertOver,
  rights_changed: rightsChanged,
  run_ended: runEnded,
};
