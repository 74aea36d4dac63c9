import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { auditBooks } from '../../sql/audit/audit.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio, emptyTables } from '../support/emptying.ts';
import { eventually } from '../support/eventually.ts';
import { at, salon } from './salon.ts';

const TEN = at(7, '10:00');
const later = (minutes: number, from = TEN) => new Date(Date.parse(from) + minutes * 60_000).toISOString();

let database: TestDatabase;
let db: Database;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  make = salon(db);
});
afterEach(async () => {
  await emptyStudio(db);
  await emptyTables(db, 'services');
});
afterAll(() => database.close());

type Person = Awaited<ReturnType<typeof somebody>>;
/** Somebody who is everything at once: a student, a client, a trainer and a specialist. */
async function somebody() {
  const service = await make.service({ minutes: 60, pause: 15 });
  const id = await make.specialist([service]);
  await db.query(sql.unsafe`insert into students (id) values (${id})`);
  return { id, service, type: await make.type() };
}

const INSERTED = {
  training: `insert into real_trainings (training_type_id, trainer_id, room_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
    select id, $1::int, $3::int, ($2::timestamptz at time zone 'Europe/Moscow')::date, '10:00', $2, $2::timestamptz + interval '1 hour', 5, 0 from training_types limit 1 returning id`,
  seat: `insert into real_training_students (student_id, real_training_id, status) values ($1, $2, $3) returning id`,
  booking: `insert into bookings (client_id, payer_id, specialist_id, service_id, room_id, starts_at, duration_minutes, break_minutes,
      service_price_minor, price_minor, status)
    select $1, $1, $2, id, $4::int, $3, 60, 15, 0, 0, 'CONFIRMED' from services limit 1 returning id`,
  absence: `insert into specialist_absences (specialist_id, from_at, to_at) values ($1, $2, $2::timestamptz + interval '1 hour') returning id`,
};

type Act = (client: pg.Client) => Promise<unknown>;
/** What somebody does from an instant on for an hour, made ready so that one statement is left to do. */
const capacities: Record<string, (person: Person, starts?: string) => Promise<Act>> = {
  async student({ id }, starts = TEN) {
    const training = await make.training({ trainer: await make.trainer(), at: starts });
    return (client) => client.query(INSERTED.seat, [id, training, 'REGISTERED']);
  },
  async client({ id, service }, starts = TEN) {
    const specialist = await make.specialist([service]);
    return (client) => client.query(INSERTED.booking, [id, specialist, starts, null]);
  },
  trainer:
    async ({ id }, starts = TEN) =>
    (client) =>
      client.query(INSERTED.training, [id, starts, null]),
  async specialist({ id }, starts = TEN) {
    const guest = await make.client();
    return (client) => client.query(INSERTED.booking, [guest, id, starts, null]);
  },
  absence:
    async ({ id }, starts = TEN) =>
    (client) =>
      client.query(INSERTED.absence, [id, starts]),
};
const names = Object.keys(capacities);
const pairs = names.flatMap((name) => names.map((other) => [name, other] as const));
const prepare = (name: string, person: Person, starts?: string) => capacities[name]!(person, starts);

async function connected(work: (...clients: pg.Client[]) => Promise<void>) {
  const clients = [1, 2].map(() => new pg.Client({ connectionString: database.url }));
  for (const client of clients) await client.connect();
  try {
    await work(...clients);
  } finally {
    for (const client of clients) await client.end();
  }
}
const codeOf = (doing: Promise<unknown>) =>
  doing.then(
    () => 'made',
    (error: { code: string }) => error.code,
  );
const isAnybodyWaiting = () =>
  db.exists(sql.unsafe`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);

test.each(pairs)(
  '%s first, then at the same time %s, in two open transactions: only an absence may come over it',
  async (first, second) => {
    const person = await somebody();
    const [one, other] = [await prepare(first, person), await prepare(second, person)];
    await connected(async (a, b) => {
      await a!.query('begin');
      await one(a!);
      let isOver = false;
      const outcome = codeOf(other(b!)).finally(() => (isOver = true));
      await eventually(async () => isOver || (await isAnybodyWaiting()));
      await a!.query('commit');
      expect(await outcome).toBe(second === 'absence' ? 'made' : '23P01');
    });
    const findings = await auditBooks(db, '2020-01-01');
    expect(findings.filter(({ rule }) => /two_places|room_twice|calendar/.test(rule))).toEqual([]);
  },
);

test.each(pairs.filter(([, second]) => second !== 'absence'))(
  '%s that is rolled back is in the way of no %s',
  async (first, second) => {
    const person = await somebody();
    const [one, other] = [await prepare(first, person), await prepare(second, person)];
    await connected(async (a, b) => {
      await a!.query('begin');
      await one(a!);
      let isOver = false;
      const outcome = codeOf(other(b!)).finally(() => (isOver = true));
      await eventually(async () => isOver || (await isAnybodyWaiting()));
      await a!.query('rollback');
      expect(await outcome).toBe('made');
    });
  },
);

// The specialist has a break of a quarter of an hour after his hour; everybody else may go at once.
test.each(
  names
    .filter((first) => first !== 'absence')
    .flatMap((first) =>
      ['student', 'trainer', 'client', 'specialist'].map((second) => [first, second, first === 'specialist' ? 75 : 60] as const),
    ),
)('after %s comes %s, %i minutes later and not a quarter before', async (first, second, minutes) => {
  const person = await somebody();
  const [one, early, right] = [
    await prepare(first, person),
    await prepare(second, person, later(minutes - 15)),
    await prepare(second, person, later(minutes)),
  ];
  await connected(async (client) => {
    await one(client!);
    expect(await codeOf(early(client!))).toBe('23P01');
    expect(await codeOf(right(client!))).toBe('made');
  });
});

test.each([
  ['a training', 'a booking'],
  ['a booking', 'a training'],
])('a room with %s takes no %s at the same time, whoever commits first', async (first) => {
  const person = await somebody();
  const room = await make.room();
  const [trainer, specialist, guest] = [await make.trainer(), await make.specialist([person.service]), await make.client()];
  const training: Act = (client) => client.query(INSERTED.training, [trainer, TEN, room]);
  const booking: Act = (client) => client.query(INSERTED.booking, [guest, specialist, TEN, room]);
  const [one, other] = first === 'a training' ? [training, booking] : [booking, training];
  await connected(async (a, b) => {
    await a!.query('begin');
    await one!(a!);
    const outcome = codeOf(other!(b!));
    await eventually(isAnybodyWaiting);
    await a!.query('commit');
    expect(await outcome).toBe('23P01');
  });
});

const booked = async (person: Person, starts = TEN) => (await prepare('client', person, starts)) as Act;
const freed = async (person: Person) => {
  const act = await booked(person);
  let code = '';
  await connected(async (client) => {
    code = await codeOf(act(client!));
  });
  return code === 'made';
};
const seated = async (person: Person, status = 'REGISTERED') => {
  const training = await make.training({ trainer: await make.trainer(), at: TEN });
  await db.query(
    sql.unsafe`insert into real_training_students (real_training_id, student_id, status) values (${training}, ${person.id}, ${status})`,
  );
  return training;
};

test.each([
  ['REGISTERED', false],
  ['PRESENT', false],
  ['ABSENT', true],
  ['CANCELLED_SAFE', true],
  ['WAITLIST', true],
])('a registration that is %s leaves its student free: %s', async (status, isFree) => {
  const [entered, changed] = [await somebody(), await somebody()];
  await seated(entered, status);
  expect(await freed(entered)).toBe(isFree);
  await seated(changed, status === 'REGISTERED' ? 'ABSENT' : 'REGISTERED');
  await db.query(sql.unsafe`update real_training_students set status = ${status} where student_id = ${changed.id}`);
  expect(await freed(changed)).toBe(isFree);
});

test.each<[string, (training: number) => ReturnType<typeof sql.unsafe>]>([
  ['cancelled', (id) => sql.unsafe`update real_trainings set status = 'cancelled', cancelled_at = now() where id = ${id}`],
  [
    'moved',
    (id) =>
      sql.unsafe`update real_trainings set starts_at = starts_at + interval '1 hour', ends_at = ends_at + interval '1 hour' where id = ${id}`,
  ],
  ['deleted', (id) => sql.unsafe`delete from real_trainings where id = ${id}`],
])('a training that is %s frees everybody in it', async (what, change) => {
  const person = await somebody();
  const training = await seated(person);
  expect(await freed(person)).toBe(false);
  if (what === 'deleted') await db.query(sql.unsafe`delete from real_training_students`);
  await db.query(change(training));
  expect(await freed(person)).toBe(true);
});

test('a training is not moved or brought back to where one of its students, or its trainer, has something else', async () => {
  const person = await somebody();
  const training = await seated(person);
  const act = await booked(person, later(60));
  await connected((client) => act(client!).then(() => undefined));
  const move = sql.unsafe`update real_trainings set ends_at = ends_at + interval '1 minute' where id = ${training}`;
  await expect(db.query(move)).rejects.toMatchObject({ constraint: 'student_is_elsewhere' });
  await db.query(sql.unsafe`update real_trainings set status = 'cancelled', cancelled_at = now() where id = ${training}`);
  const other = await booked(person);
  await connected((client) => other(client!).then(() => undefined));
  const back = sql.unsafe`update real_trainings set status = 'scheduled', cancelled_at = null where id = ${training}`;
  await expect(db.query(back)).rejects.toMatchObject({ constraint: 'student_is_elsewhere' });
  await db.query(sql.unsafe`update real_training_students set status = 'CANCELLED_SAFE'`);
  await db.query(back);
});

test('a trainer who takes part in their own training is in one place, and so is a specialist who books themselves', async () => {
  const person = await somebody();
  const training = await make.training({ trainer: person.id, at: TEN });
  await db.query(
    sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${training}, ${person.id})`,
  );
  await make.booking({ client: person.id, specialist: person.id, service: person.service, at: later(60) });
  expect(await auditBooks(db, '2020-01-01')).toEqual([]);
});

test('the audit finds people who are in two places although the database refuses it, in any capacity, and a calendar that differs', async () => {
  const person = await somebody();
  const room = await make.room();
  const training = await seated(person);
  const specialist = await make.trainer();
  const undone = new Error('undone');
  await db
    .transaction(async (transaction) => {
      await transaction.query(sql.unsafe`set local session_replication_role = replica`);
      await transaction.query(sql.unsafe`update real_trainings set room_id = ${room} where id = ${training}`);
      await transaction.query(sql.unsafe`
        insert into bookings (client_id, payer_id, specialist_id, service_id, room_id, starts_at, ends_at, busy_until, duration_minutes,
          service_price_minor, price_minor, status)
        select ${person.id}, ${person.id}, ${specialist}, ${person.service}, ${room}, ${TEN}, ${later(60)}, ${later(60)}, 60, 0, 0, 'CONFIRMED'`);
      const rules = (await auditBooks(transaction, '2020-01-01')).map(({ rule, id }) => `${rule} ${id}`);
      expect(rules).toEqual(
        expect.arrayContaining([`two_places ${person.id}`, `room_twice ${room}`, `calendar_differs ${person.id}`]),
      );
      throw undone;
    })
    .catch((error) => expect(error).toBe(undone));
});

test('the calendar is written by nobody but the database itself', async () => {
  const writing = db.query(sql.unsafe`insert into occupancies (room_id, capacity, during) values (1, 'room', '[,]')`);
  await expect(writing).rejects.toThrow(/write those instead/);
});
