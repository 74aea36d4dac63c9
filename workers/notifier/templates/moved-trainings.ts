import type { ParamsOf } from '../../../sql/notifications/catalog.ts';
import { text } from '../texts/texts.ts';
import { type Line, type Reader, template } from './template.ts';
import { amountIn, listed, people, short, wallTime } from './wording.ts';

const NAME = 60;
type Moved = ParamsOf<'training_moved'>;

const whenOf = ({ locale }: Reader, { training_date, start_time }: Pick<Moved['now'], 'training_date' | 'start_time'>) =>
  wallTime(locale, training_date, start_time);

/** What happened, in one line: what concerns the reader first. */
function whatHappened(of: Moved, reader: Reader): string {
  const about = { training: short(of.training_type, NAME), when: whenOf(reader, of.now), was: whenOf(reader, of.was) };
  if (of.as === 'former_trainer')
    return text(reader.locale, 'training_moved.given_away', { ...about, when: about.was, trainer: short(of.now.trainer, NAME) });
  if (of.as === 'trainer' && of.was.trainer_id !== of.now.trainer_id)
    return text(reader.locale, 'training_moved.taken_over', about);
  return about.when === about.was
    ? text(reader.locale, 'training_changed.what', about)
    : text(reader.locale, 'training_moved.moved', about);
}

function whatElse({ was, now, as }: Moved, { locale }: Reader): Line[] {
  if (as === 'former_trainer') return [];
  const room = short(now.room ?? '', NAME) || text(locale, 'unknown_place');
  const isNews = as === 'trainer' && was.trainer_id !== now.trainer_id;
  return [
    ...(was.minutes === now.minutes
      ? []
      : [text(locale, 'training_moved.lasts', { duration: text(locale, 'minutes', { count: now.minutes }) })]),
    ...(was.room_id === now.room_id ? [] : [text(locale, 'training_changed.room', { room })]),
    ...(was.trainer_id === now.trainer_id || isNews
      ? []
      : [text(locale, 'training_changed.trainer', { trainer: short(now.trainer, NAME) })]),
  ];
}

function whatIsFree({ free_until }: Moved, { locale }: Reader): Line[] {
  if (!free_until) return [];
  if (free_until.is_start) return [text(locale, 'training_moved.free_until_start')];
  return [text(locale, 'training_moved.free_until', { when: wallTime(locale, free_until.day, free_until.time) })];
}

/** What a place took before, and what it takes now. */
const whatItTakes = ({ seats }: Moved, reader: Reader): Line[] =>
  seats.flatMap(({ student, was, now, is_payer }): Line[] => {
    const { locale } = reader;
    const amount = (minor: number) => ({ amount: amountIn(reader, minor) });
    const before = was?.subscription
      ? text(locale, 'training_moved.session_back', { subscription: short(was.subscription, NAME) })
      : was?.amount_minor && text(locale, 'money.invoice_cancelled', amount(was.amount_minor));
    const after = now?.subscription
      ? text(locale, 'training_moved.session_taken', { subscription: short(now.subscription, NAME) })
      : now?.amount_minor && text(locale, `training_moved.invoiced.${is_payer ? 'own' : 'payers'}`, amount(now.amount_minor));
    return [
      ...(student === null ? [] : [{ bold: short(student, NAME) }]),
      ...[before, after].filter((line) => typeof line === 'string'),
    ];
  });

const trainingMoved = template('training_moved', (of, reader) => [
  whatHappened(of, reader),
  ...whatElse(of, reader),
  ...(of.students.length === 0
    ? []
    : [
        text(reader.locale, 'for_whom', {
          students: people(
            reader.locale,
            of.students.map((one) => short(one, NAME)),
            500,
          ),
        }),
      ]),
  ...whatItTakes(of, reader),
  ...whatIsFree(of, reader),
]);

const trainingGiven = template('training_given', ({ trainings, students }, reader) => [
  text(reader.locale, 'training_given.what', { count: trainings.length }),
  ...listed(
    reader.locale,
    trainings.map((one) =>
      text(reader.locale, 'training_created.line', { when: whenOf(reader, one), training: short(one.training_type, NAME) }),
    ),
    'more.trainings',
  ),
  ...(students > 0 ? [text(reader.locale, 'training_given.students', { count: students })] : []),
]);

/** Messages about trainings that are made and moved by hand. */
export const movedTrainingTemplates = { training_moved: trainingMoved, training_given: trainingGiven };
