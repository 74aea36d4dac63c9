import type { ParamsOf } from '../../../sql/notifications/catalog.ts';
import { text } from '../texts/texts.ts';
import { weekdayIn } from './run-words.ts';
import { type Reader, template } from './template.ts';
import { listed, short, wallTime } from './wording.ts';

const NAME = 40;

const trainingSeats = template('training_seats', ({ trainings }, { locale }) => [
  text(locale, 'training_seats.what'),
  ...listed(
    locale,
    trainings.map(({ training_date, start_time, training_type, was, seated, places }) =>
      text(locale, seated >= places ? 'training_seats.full' : 'training_seats.line', {
        when: wallTime(locale, training_date, start_time),
        training: short(training_type, NAME),
        was,
        seated,
        places,
      }),
    ),
    'more.trainings',
  ),
]);

type Item = ParamsOf<'trainer_day'>['items'][number];

const trainerDay = template('trainer_day', ({ day, items }, reader) => [
  text(reader.locale, 'trainer_day.what', { day: weekdayIn(reader.locale, day) }),
  ...items.map((item) => itemLine(reader, item)),
]);

function itemLine({ locale }: Reader, { kind, start_time, what, seated, places, client, room, location }: Item) {
  const line = text(locale, `trainer_day.${kind}`, {
    time: start_time.slice(0, 5),
    what: short(what, NAME),
    seated: seated ?? 0,
    places: places ?? 0,
    client: short(client ?? '', NAME),
  });
  const place = [location, room].filter(Boolean).join(', ');
  return place ? `${line}, ${short(place, NAME)}` : line;
}

/** What trainers are told of their trainings beside what everybody is told. */
export const trainerTemplates = { training_seats: trainingSeats, trainer_day: trainerDay };
