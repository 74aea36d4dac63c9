import { text } from '../texts/texts.ts';
import { balanceLine, chargedLines, keptLines, returnedLines } from './money.ts';
import { type Line, type Reader, template } from './template.ts';
import { listed, momentIn, short, wallTime } from './wording.ts';

const NAME = 60;
type Place = { training_date: string; start_time: string; training_type: string };

const about = ({ locale }: Reader, { training_date, start_time, training_type }: Place) => ({
  when: wallTime(locale, training_date, start_time),
  training: short(training_type, NAME),
});

const trainingCancelled = template('training_cancelled', ({ reason, places, balance_minor, ...of }, reader) => [
  text(reader.locale, 'training_cancelled.what', about(reader, of)),
  ...(reason ? [text(reader.locale, 'reason', { reason: short(reason, 500) })] : []),
  ...places.flatMap((place): Line[] => {
    const back = returnedLines(reader, place);
    const lines = back.length > 0 ? back : [text(reader.locale, 'money.nothing_taken')];
    return place.student === null ? lines : [{ bold: short(place.student, NAME) }, ...lines];
  }),
  ...balanceLine(reader, balance_minor),
]);

type Who = { student: string | null };
/** The reader is the student, or is notified of one. */
const whoseKey = ({ student }: Who) => (student === null ? 'own' : 'student');
const named = ({ student }: Who) => ({ student: short(student ?? '', NAME) });

const participationCancelled = template('participation_cancelled', (place, reader) => {
  const { outcome, returned, charged, is_payer, is_trainer, balance_minor } = place;
  const what = text(reader.locale, `participation_cancelled.${outcome}.${whoseKey(place)}`, {
    ...about(reader, place),
    ...named(place),
  });
  if (is_trainer) return [what];
  const lines = [...returnedLines(reader, { ...returned, is_payer }), ...chargedLines(reader, charged, is_payer)];
  const rest = outcome === 'safe' ? [text(reader.locale, 'money.nothing_taken')] : keptLines(reader, charged, is_payer);
  return [what, ...(lines.length > 0 ? lines : rest), ...balanceLine(reader, balance_minor)];
});

const trainingJoined = template('training_joined', (place, reader) => [
  text(reader.locale, `training_joined.${whoseKey(place)}`, { ...about(reader, place), ...named(place) }),
  ...(place.is_trainer ? [] : chargedLines(reader, place.charged, place.is_payer)),
]);

const waitlisted = template('waitlisted', (of, reader) => [
  text(reader.locale, `waitlisted.${whoseKey(of)}`, { ...about(reader, of), ...named(of), place: of.place }),
  text(reader.locale, 'waitlisted.meaning'),
]);

const waitlistPromoted = template('waitlist_promoted', (of, reader) => [
  text(reader.locale, `waitlist_promoted.${whoseKey(of)}`, { ...about(reader, of), ...named(of) }),
  ...(of.is_trainer
    ? []
    : [
        ...chargedLines(reader, of.charged, of.is_payer),
        text(reader.locale, 'waitlist_promoted.decline', { until: momentIn(reader, of.free_until) }),
      ]),
]);

const waitlistSkipped = template('waitlist_skipped', (of, reader) => [
  text(reader.locale, `waitlist_skipped.${whoseKey(of)}`, { ...about(reader, of), ...named(of) }),
  text(reader.locale, `waitlist_skipped.${of.reason}`),
  text(reader.locale, 'waitlist_skipped.meaning'),
]);

const waitlistReleased = template('waitlist_released', (of, reader) => [
  text(reader.locale, `waitlist_released.${of.reason}.${whoseKey(of)}`, { ...about(reader, of), ...named(of) }),
  text(reader.locale, 'money.nothing_taken'),
]);

const placesReleased = template('places_released', (of, reader) => [
  text(reader.locale, `places_released.${of.because}.${whoseKey(of)}`, { name: short(of.name, NAME), ...named(of) }),
  ...listed(
    reader.locale,
    of.trainings.map((one) => text(reader.locale, 'subscription_frozen.line', about(reader, one))),
    'more.trainings',
  ),
  ...returnedLines(reader, { ...of.returned, is_payer: of.is_payer }),
  ...balanceLine(reader, of.balance_minor),
]);

/** Messages about people's places in trainings. */
export const peopleTemplates = {
  training_cancelled: trainingCancelled,
  participation_cancelled: participationCancelled,
  training_joined: trainingJoined,
  waitlisted,
  waitlist_promoted: waitlistPromoted,
  waitlist_skipped: waitlistSkipped,
  waitlist_released: waitlistReleased,
  places_released: placesReleased,
};
