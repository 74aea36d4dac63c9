import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { lookForChanges } from '../../sql/live/changes.ts';
import { at, salon } from '../bookings/salon.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

const ZONE = 'Europe/Moscow';
const day = (n: number) => addDays(dayOf(new Date(), ZONE), n);
let database: TestDatabase;
let make: ReturnType<typeof salon>;
let trainer: number;
beforeAll(async () => {
  database = await testDatabase();
  make = salon(database.db);
  trainer = await make.specialist([]);
  await make.type();
  await forget();
});
afterEach(() => forget());
afterAll(() => database.close());

const forget = () => database.db.query(sql.unsafe`delete from changes`);
const topics = async () => {
  const rows = await database.db.any(sql.type(
    z.object({ topic: z.string(), from_day: z.string().nullable(), to_day: z.string().nullable() }),
  )`
    select topic, (from_at at time zone ${ZONE})::date::text as from_day, ((to_at - interval '1 microsecond') at time zone ${ZONE})::date::text as to_day
    from changes order by id`);
  return rows.map(({ topic, from_day, to_day }) => (topic === 'days' ? `${from_day}..${to_day}` : topic)).sort();
};
const run = (statement: ReturnType<typeof sql.unsafe>) => database.db.query(statement);

test('a registration: its training, the day, whoever takes part', async () => {
  const training = await make.training({ trainer, at: at(3, '10:00') });
  const student = await make.student();
  await forget();
  await run(sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${training}, ${student})`);
  const told = [`client:${student}`, `day:${day(3)}`, `training:${training}`];
  expect(await topics()).toEqual(told);
  await forget();
  await run(sql.unsafe`update real_training_students set status = 'PRESENT' where real_training_id = ${training}`);
  expect(await topics()).toEqual(told);
  await forget();
  await run(sql.unsafe`update real_trainings set status = 'completed' where id = ${training}`);
  expect(await topics()).toEqual(told);
  await forget();
  await run(sql.unsafe`update real_training_students set status = 'ABSENT' where false`);
  await run(sql.unsafe`update real_trainings set status = 'completed' where false`);
  expect(await topics()).toEqual([]);
  await run(sql.unsafe`delete from real_training_students where real_training_id = ${training}`);
  expect(await topics()).toEqual(told);
});

test('an absence that moves: the days before and after', async () => {
  await run(sql.unsafe`insert into specialist_absences (specialist_id, from_at, to_at)
    values (${trainer}, ${at(5, '00:00')}::timestamptz, ${at(7, '00:00')}::timestamptz)`);
  expect(await topics()).toEqual([`${day(5)}..${day(6)}`]);
  await forget();
  await run(
    sql.unsafe`update specialist_absences set from_at = ${at(8, '12:00')}::timestamptz, to_at = ${at(9, '00:00')}::timestamptz`,
  );
  expect(await topics()).toEqual([`${day(5)}..${day(6)}`, `${day(8)}..${day(8)}`]);
  await forget();
  await run(sql.unsafe`delete from specialist_absences`);
  expect(await topics()).toEqual([`${day(8)}..${day(8)}`]);
});

test('money and subscriptions: whose card they stand on', async () => {
  const [parent, child] = [await make.client(), await make.student()];
  await forget();
  await make.money(parent, 1_000);
  expect(new Set(await topics())).toEqual(new Set([`client:${parent}`, 'money']));
  await forget();
  const training = await make.training({ trainer, at: at(4, '10:00') });
  const seat = await database.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into real_training_students (real_training_id, student_id) values (${training}, ${child}) returning id`);
  await forget();
  await run(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, status, real_training_student_id, charge_no)
    values (${parent}, ${child}, 'TRAINING', 100, 'UNPAID', ${seat}, 1)`);
  expect(await topics()).toEqual([`client:${child}`, `client:${parent}`, 'money'].sort());
  await forget();
  await make.subscription({ student: child, from: day(0), to: day(30), left: 8 });
  expect(new Set(await topics())).toContain(`client:${child}`);
  await forget();
  await run(sql.unsafe`update users set notes = 'x' where id = ${parent}`);
  expect(await topics()).toEqual([`client:${parent}`]);
});

test('ten thousands of registrations in one statement are told as days and trainings, in a few hundred rows at most', async () => {
  await run(sql.unsafe`
    with person as (insert into users (first_name, last_name) select 'Ученик', n from generate_series(1, 400) n returning id)
    insert into students (id) select id from person`);
  const trainings = [];
  for (let n = 0; n < 100; n += 1)
    trainings.push(
      await make.training({ trainer, at: at(30 + Math.floor(n / 20), `${String(3 + (n % 20)).padStart(2, '0')}:00`) }),
    );
  const register = (few: readonly number[]) =>
    run(sql.unsafe`insert into real_training_students (real_training_id, student_id)
      select training, student.id from unnest(${sql.array([...few], 'int4')}) as training, (select id from students order by id desc limit 400) student`);
  await forget();
  await register(trainings);
  expect(await topics()).toEqual(
    ['client:*', ...[0, 1, 2, 3, 4].map((n) => `day:${day(30 + n)}`), ...trainings.map((id) => `training:${id}`)].sort(),
  );
  trainings.push(await make.training({ trainer, at: at(50, '10:00') }));
  await forget();
  await run(
    sql.unsafe`update real_training_students set status = 'PRESENT' where real_training_id = any(${sql.array(trainings, 'int4')})`,
  );
  await register(trainings.slice(-1));
  await forget();
  await run(
    sql.unsafe`update real_training_students set attendance_marked_at = now() where real_training_id = any(${sql.array(trainings, 'int4')})`,
  );
  expect(await topics()).toEqual(['client:*', ...[0, 1, 2, 3, 4, 20].map((n) => `day:${day(30 + n)}`), 'training:*'].sort());
});

test('the plan made for one row holds for ten thousand of the same connection', async () => {
  const marks = (few: number) => sql.unsafe`
    update real_training_students set status = 'ABSENT', attendance_marked_at = now()
    where id in (select id from real_training_students where status <> 'ABSENT' order by id limit ${few})`;
  await database.db.connect(async (connection) => {
    await connection.query(marks(1));
    // The database gives up on a statement after a minute.
    expect((await connection.query(marks(20_000))).rowCount).toBe(20_000);
  });
});

test('a look tells each change once, by whoever it is and however its transactions end', async () => {
  const look = (seen: string | null, since: number | null = null) => lookForChanges(database.db, { seen, since, zone: ZONE });
  const first = await look(null);
  expect(first.changes).toEqual([]);
  await run(
    sql.unsafe`insert into changes (topic, actor) values ('tasks', 'person:1'), ('tasks', 'person:2'), ('tasks', 'person:2')`,
  );
  const second = await look(first.seen);
  expect(second.changes.map(({ topic, actor, is_new }) => ({ topic, actor, is_new }))).toEqual([
    { topic: 'tasks', actor: 'person:1', is_new: true },
    { topic: 'tasks', actor: 'person:2', is_new: true },
  ]);
  expect((await look(second.seen)).changes).toEqual([]);
  expect((await look(second.seen, first.upto)).changes.map(({ is_new }) => is_new)).toEqual([false, false]);
  // As a dump brings them from a database that was further on.
  await run(sql.unsafe`insert into changes (topic, xid) values ('runs', (${String(second.next + 1_000_000)})::text::xid8)`);
  expect((await look(second.seen)).changes).toEqual([]);
});
