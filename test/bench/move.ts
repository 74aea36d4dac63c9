import { readSettings } from '../../queues/process/settings.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { EVERYTHING } from '../../sql/auth/whose.ts';
import { type Database, openDatabase, sql } from '../../sql/database/database.ts';
import { changeByHand } from '../../workers/trainings/move.ts';
import { studio } from '../support/studio.ts';
import { median, ms, report, timed, times } from './measure.ts';

const STUDENTS = 20;
const TIMES = 200;
const ZONE = 'Europe/Moscow';

/** What a dry run of a move costs, against the bare statements of the move itself: the update and a message for each of 20 students and the trainer. */
export async function benchMove(url: string) {
  const db = await openDatabase(url, { max: 4, name: 'bench' });
  const settings = readSettings({ DATABASE_URL: url, STUDIO_TZ: ZONE }, '/nowhere/.env');
  const { training, day } = await group(db);
  const context = {
    db,
    fleet: { name: 'bench', settings, db } as never,
    caller: { name: 'bench', scopes: ['*'] as const },
    whose: EVERYTHING,
    now: new Date(),
  };
  const to = (n: number) => `${addDays(day, 1 + (n % 5))}T${String(8 + (n % 12)).padStart(2, '0')}:00:00+03:00`;
  const bare: number[] = [];
  const dry: number[] = [];
  for (let n = 0; n < TIMES; n += 1) {
    bare.push(await timed(() => bareMove(db, training, to(n))));
    const version = await versionOf(db, training);
    dry.push(await timed(() => changeByHand(training, { starts_at: to(n + 1), version, dry_run: true }, context)));
  }
  await db.end();
  report(`the bare statements of a move with ${STUDENTS} students, p50`, ms(median(bare)));
  report('a dry run of it, p50', ms(median(dry)));
  report('the dry run against the bare statements', times(median(dry) / median(bare)), 'under 3 x');
}

const versionOf = (db: Database, id: number) =>
  db.oneFirst(sql.unsafe`select version from real_trainings where id = ${id}`) as Promise<number>;

/** What nobody can do without: the training's row, and a row for each who is told. */
const bareMove = (db: Database, id: number, startsAt: string) =>
  db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`
      update real_trainings set starts_at = ${startsAt}::timestamptz, ends_at = ${startsAt}::timestamptz + interval '1 hour',
        training_date = (${startsAt}::timestamptz at time zone ${ZONE})::date, start_time = (${startsAt}::timestamptz at time zone ${ZONE})::time
      where id = ${id}`);
    await transaction.query(sql.unsafe`
      insert into notifications (user_id, template, params, dedupe_key)
      select student_id, 'training_moved', '{}'::jsonb, gen_random_uuid() from real_training_students where real_training_id = ${id}
      union all select trainer_id, 'training_moved', '{}'::jsonb, gen_random_uuid() from real_trainings where id = ${id}`);
  });

/** A training with its students, in a studio with some hundreds of others. */
async function group(db: Database) {
  const make = studio(db);
  const day = addDays(dayOf(new Date(), ZONE), 20);
  const type = await make.type({ places: STUDENTS });
  const trainer = await make.trainer();
  const insert = (trainerId: number, startsAt: string) =>
    db.oneFirst(sql.unsafe`
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      select ${type}, ${trainerId}, local::date, local::time, at, at + interval '1 hour', ${STUDENTS}, 50000
      from (select at, at at time zone ${ZONE} as local from (select ${startsAt}::timestamptz as at) as given) as start returning id`) as Promise<number>;
  const training = await insert(trainer, `${day}T10:00:00+03:00`);
  const students: number[] = [];
  for (let n = 0; n < STUDENTS; n += 1) students.push(await make.student());
  const seat = (id: number) =>
    db.query(sql.unsafe`
      insert into real_training_students (real_training_id, student_id) select ${id}, unnest(${sql.array(students, 'int4')})`);
  await seat(training);
  const others = await make.trainer();
  for (let n = 10; n < 60; n += 1) await seat(await insert(others, `${addDays(day, n)}T10:00:00+03:00`));
  await db.query(sql.unsafe`analyze`);
  return { training, day };
}
