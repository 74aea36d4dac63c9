import { z } from 'zod';
import { type Database, sql } from '../../../sql/database/database.ts';
import { studio } from '../../support/studio.ts';
import { Model } from '../model.ts';
import { STUDENTS, type World } from './arbitraries.ts';

const FIRST = '2026-11-23';
const HOUR = 3_600_000;

/** The n-th day of a sequence, from 0. */
export const day = (n: number) => new Date(Date.parse(FIRST) + n * 24 * HOUR).toISOString().slice(0, 10);

/** The same studio twice: in the database and in the model. */
export type Both = { db: Database; make: ReturnType<typeof studio>; model: Model; people: number[] };

export async function build(db: Database, given: World): Promise<Both> {
  const both: Both = { db, make: studio(db), model: new Model(), people: [] };
  await buildPeople(both, given.payers);
  for (const training of given.trainings) await buildTraining(both, training);
  for (const held of given.held) await buildSubscription(both, held);
  for (const seat of given.seats) await buildSeat(both, seat);
  return both;
}

async function buildPeople({ db, make, model, people }: Both, payers: World['payers']) {
  for (let n = 0; n < STUDENTS; n += 1) people.push(await make.student());
  for (const [n, student] of people.entries()) {
    const payer = people[payers[n] as number] as number;
    model.payerOf.set(student, payer);
    await db.query(sql.unsafe`update students set payer_id = ${payer} where id = ${student}`);
  }
}

async function buildTraining({ db, make, model }: Both, { day: on, hour, price, places }: World['trainings'][number]) {
  // Nobody is in two places at once: each begins two minutes after the one before.
  const startsAt = Date.parse(day(on)) + hour * HOUR + model.trainings.length * 120_000;
  const id = await db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
    values (${await make.type({ places, price })}, ${await make.trainer()}, ${day(on)}::date, ${`${hour}:00`}::time, ${new Date(startsAt).toISOString()}::timestamptz,
      ${new Date(startsAt + 60_000).toISOString()}::timestamptz, ${places}, ${price}) returning id`);
  model.trainings.push({ id, date: day(on), startsAt, price, places, status: 'scheduled', processed: false });
}

async function buildSubscription({ make, model, people }: Both, { student, from, length, left, frozen }: World['held'][number]) {
  const freeze = frozen ? ([day(frozen[0]), day(frozen[0] + frozen[1])] as [string, string]) : undefined;
  const fields = { student: people[student] as number, from: day(from), to: day(from + length), left };
  const id = await make.subscription({ ...fields, frozen: freeze });
  model.subscriptions.push({ id, student: fields.student, start: fields.from, end: fields.to, left, frozen: freeze ?? null });
}

async function buildSeat({ db, model, people }: Both, [trainingIndex, studentIndex]: World['seats'][number]) {
  const training = model.trainings[trainingIndex];
  const student = people[studentIndex] as number;
  if (!training || model.seat(training.id, student)) return;
  await db.query(
    sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${training.id}, ${student})`,
  );
  model.seats.push({ student, training: training.id, status: 'REGISTERED', charge: null, isDecided: false });
}
