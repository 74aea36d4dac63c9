import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { expireHolds } from '../../sql/bookings/expire-holds.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { buildWeek } from '../generation/fixtures.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { monday } from '../support/days.ts';
import { eventually } from '../support/eventually.ts';
import { beforehand } from '../support/weeks.ts';
import { salon } from './salon.ts';

const WEEK = { start: monday(), zone: 'Europe/Moscow', graceDays: 7 };
const TEN = `${WEEK.start}T07:00:00.000Z`;
const later = (minutes: number) => new Date(Date.parse(TEN) + minutes * 60_000).toISOString();
let database: TestDatabase;
let db: Database;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  make = salon(db);
});
afterEach(() => db.query(sql.unsafe`truncate users, locations, training_types, services restart identity cascade`));
afterAll(() => database.close());

const insertion = (fields: {
  specialist: number;
  room?: number;
  client: number;
  service: number;
  at: string;
  held?: string;
}) => ({
  text: `insert into bookings (client_id, payer_id, specialist_id, service_id, room_id, starts_at, duration_minutes, break_minutes,
      service_price_minor, price_minor, status, held_until)
    values ($1, $1, $2, $3, $4, $5, 50, 10, 0, 0, $6, $7) returning id`,
  values: [
    fields.client,
    fields.specialist,
    fields.service,
    fields.room ?? null,
    fields.at,
    fields.held ? 'PENDING' : 'CONFIRMED',
    fields.held ?? null,
  ],
});
async function connected() {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  return client;
}
async function booked(fields: Parameters<typeof insertion>[0]) {
  const client = await connected();
  try {
    return (await client.query(insertion(fields))).rows[0].id as number;
  } finally {
    await client.end();
  }
}
async function scene() {
  const [type, service, specialist, client, room] = [
    await make.type(),
    await make.service(),
    await make.specialist([]),
    await make.client(),
    await make.room(),
  ];
  return { type, service, specialist, client, room };
}
const build = (week = WEEK) => buildWeek(db, beforehand(week));

// A booking of 50 + 10 minutes from 10:00 takes 75: it is busy until 11:15.
test.each([
  ['09:01', 1],
  ['09:00', 0],
  ['11:14', 1],
  ['11:15', 0],
])('a training of an hour at %s beside a booking at 10:00: %i conflicts, by trainer and by room', async (time, conflicts) => {
  const { type, specialist, room, ...who } = await scene();
  const id = await booked({ specialist, room, at: TEN, ...who });
  await make.template({ type, trainer: specialist, time });
  await make.template({ type, trainer: await make.trainer(), room, time });
  const progress = await build();
  expect(progress.conflicts.map(({ reason, booking_id, real_training_id }) => [reason, booking_id, real_training_id])).toEqual(
    conflicts
      ? [
          ['trainer_busy', id, null],
          ['room_busy', id, null],
        ]
      : [],
  );
  expect(progress.created).toHaveLength(conflicts ? 0 : 2);
});

test('an absence is a conflict, up to its last minute', async () => {
  const { type, specialist } = await scene();
  await db.query(
    sql.unsafe`insert into specialist_absences (specialist_id, from_at, to_at) values (${specialist}, ${TEN}, ${later(60)})`,
  );
  await make.template({ type, trainer: specialist, time: '10:00' });
  await make.template({ type, trainer: specialist, time: '11:00' });
  const progress = await build();
  expect(progress.conflicts).toMatchObject([{ reason: 'trainer_busy', absence_id: 1, booking_id: null, start_time: '10:00:00' }]);
  expect(progress.created).toHaveLength(1);
});

test.each([
  ['a week to come', monday()],
  ['a week that is over', monday(-3)],
  ['a week of years ago', '2020-01-06'],
])('a hold that has expired is in nobody’s way in %s', async (_, start) => {
  const { type, specialist, room, ...who } = await scene();
  const held = (at: string) => booked({ specialist, at: `${start}T${at}:00.000Z`, held: '2020-01-01T00:00:00Z', ...who });
  const id = await held('07:00');
  await make.template({ type, trainer: specialist, time: '10:00' });
  expect(await build({ ...WEEK, start })).toMatchObject({ created: [expect.any(Number)], conflicts: [] });
  expect(await db.oneFirst(sql.unsafe`select status from bookings where id = ${id}`)).toBe('CANCELLED');
});

// Twelve hours and twelve hours of break: the longest there is.
test.each([
  ['a quarter of an hour into', '00:15', 'CANCELLED'],
  ['to the first moment of', '00:00', 'PENDING'],
])('an expired hold that reaches %s the span that is wanted', async (_, clock, status) => {
  const { type: __, specialist, room: ___, ...who } = await scene();
  const [before, start] = ['2020-01-05', '2020-01-06T00:00:00Z'];
  const id = await make.booking({
    ...{ specialist, ...who, at: `${before}T${clock}:00Z`, minutes: 720, pause: 720 },
    heldUntil: '2020-01-01T00:00:00Z',
  });
  expect(await expireHolds(db, start)).toBe(status === 'CANCELLED' ? 1 : 0);
  expect(await db.oneFirst(sql.unsafe`select status from bookings where id = ${id}`)).toBe(status);
  expect(await expireHolds(db, start)).toBe(0);
});

test.each([
  ['the specialist', 'specialist_gives_a_training', (s: number, _r: number) => ({ trainer: s })],
  ['the room', 'training_has_the_room', (_s: number, r: number) => ({ room: r })],
])('by plain SQL: with a training of %s no booking, moved or brought back', async (_, rule, whose) => {
  const { type: __, specialist, room, ...who } = await scene();
  const other = await make.trainer();
  await make.training({ trainer: other, ...whose(specialist, room), at: TEN });
  for (const start of [-60, 45])
    await expect(booked({ specialist, room, ...who, at: later(start) })).rejects.toMatchObject({
      code: '23P01',
      constraint: rule,
    });
  const before = await booked({ specialist, room, ...who, at: later(-75) });
  const client = await connected();
  const move = client.query('update bookings set starts_at = $2 where id = $1', [before, TEN]);
  await expect(move).rejects.toMatchObject({ code: '23P01', constraint: rule });
  await client.end();
});

test.each([
  ['the booking first', true],
  ['the training first', false],
])('two open transactions, %s: the second waits and is refused', async (_, bookingFirst) => {
  const { specialist, type: __, room: ___, ...who } = await scene();
  const [one, other] = [await connected(), await connected()];
  const book = (client: pg.Client) => client.query(insertion({ specialist, ...who, at: TEN }));
  const train = (client: pg.Client) =>
    client.query(
      `insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
       select id, $1, $3, '10:00', $2, $2::timestamptz + interval '1 hour', 5, 0 from training_types limit 1`,
      [specialist, TEN, WEEK.start],
    );
  await one.query('begin');
  await (bookingFirst ? book(one) : train(one));
  const second = (bookingFirst ? train(other) : book(other)).then(
    () => 'made',
    (error: { code: string }) => error.code,
  );
  await eventually(() =>
    db.exists(sql.unsafe`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`),
  );
  await one.query('commit');
  expect(await second).toBe('23P01');
  await Promise.all([one.end(), other.end()]);
});

test('a training that is moved or brought back is refused too', async () => {
  const { specialist, type: _, room, ...who } = await scene();
  const id = await make.training({ trainer: specialist, room, at: later(-60) });
  const cancelled = await make.training({ trainer: specialist, at: later(180) });
  await db.query(sql.unsafe`update real_trainings set status = 'cancelled', cancelled_at = now() where id = ${cancelled}`);
  await booked({ specialist, ...who, at: TEN });
  await booked({ specialist, ...who, at: later(180) });
  const refused = { constraint: 'trainer_is_booked' };
  await expect(
    db.query(sql.unsafe`update real_trainings set ends_at = ends_at + interval '1 second' where id = ${id}`),
  ).rejects.toMatchObject(refused);
  await expect(
    db.query(sql.unsafe`update real_trainings set status = 'scheduled', cancelled_at = null where id = ${cancelled}`),
  ).rejects.toMatchObject(refused);
  await db.query(sql.unsafe`update real_trainings set status = 'completed' where id = ${id}`);
});
