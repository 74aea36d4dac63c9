import fc from 'fast-check';
import { type Database, sql } from '../../sql/database/database.ts';
import { at, type salon } from './salon.ts';

const some = fc.nat({ max: 2 });
/** Minutes since 18:00 of the day; everything happens in twelve hours around a midnight. */
const minute = fc.nat({ max: 720 });
const quarter = fc.nat({ max: 47 });
const span = fc.tuple(fc.integer({ min: 18, max: 23 }), fc.integer({ min: 1, max: 6 }));

/** What stands in the ledgers of a small salon. Rooms 0 and 1 are at the first of two locations, room 2 at the other. */
export const drawing = fc.record({
  service: fc.record({
    minutes: fc.integer({ min: 5, max: 100 }),
    pause: fc.constantFrom(0, 0, 10, 31),
    rooms: fc.oneof(
      { weight: 1, arbitrary: fc.constant<number[]>([]) },
      { weight: 5, arbitrary: fc.subarray([0, 1, 2], { minLength: 1 }) },
    ),
  }),
  closed: fc.subarray([0, 1, 2], { maxLength: 1 }),
  places: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(0, 0, 1, null))),
  hours: fc.tuple(...[0, 1, 2].map(() => span)),
  bookings: fc.array(
    fc.record({
      specialist: some,
      room: fc.option(some, { freq: 8 }),
      client: some,
      quarter,
      minutes: fc.integer({ min: 5, max: 150 }),
      pause: fc.constantFrom(0, 15, 40),
    }),
    { minLength: 4, maxLength: 16, size: 'max' },
  ),
  /** Of somebody else, whose hold of a room is over. */
  over: fc.array(fc.record({ room: some, quarter }), { maxLength: 2 }),
  trainings: fc.array(
    fc.record({
      specialist: fc.option(some),
      room: fc.option(some, { freq: 8 }),
      minute,
      minutes: fc.integer({ min: 5, max: 150 }),
      isCancelled: fc.boolean(),
    }),
    { maxLength: 8, size: 'max' },
  ),
});
export type Drawing = typeof drawing extends fc.Arbitrary<infer T> ? T : never;

const EVENING = at(2, '18:00');
const later = (minutes: number) => new Date(Date.parse(EVENING) + minutes * 60_000).toISOString();
/** From 21:00 on for six hours: every start that is tried. */
export const window = Array.from({ length: 24 }, (_, n) => later(180 + n * 15));
export const MIDNIGHT = at(3, '00:00');
export const days = [EVENING, later(720)].map((instant) => new Date(Date.parse(instant) + 10_800_000).toISOString().slice(0, 10));

/** Puts a drawing into the database, beside whatever is there; what two cannot have, the first one gets. */
export async function open(db: Database, make: ReturnType<typeof salon>, drawn: Drawing) {
  const places = [await make.location(), await make.location()];
  const rooms = [await make.roomAt(places[0]!), await make.roomAt(places[0]!), await make.roomAt(places[1]!)];
  for (const n of drawn.closed) await db.query(sql.unsafe`update rooms set is_active = false where id = ${rooms[n]!}`);
  const service = await make.service({ ...drawn.service, rooms: drawn.service.rooms.map((n) => rooms[n]!) });
  const specialists: number[] = [];
  for (const [n, place] of drawn.places.entries()) {
    const [from, length] = drawn.hours[n]!;
    const schedule = Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((day) => [day, hours(from, length)]));
    specialists.push(await make.specialist([service], { location: place === null ? null : places[place]!, schedule }));
  }
  const clients = [await make.client(), await make.client(), await make.client()];
  const stranger = await make.specialist([]);
  for (const booked of drawn.bookings) {
    await ifFree(
      make.booking({
        ...booked,
        client: clients[booked.client]!,
        specialist: specialists[booked.specialist]!,
        service,
        room: booked.room === null ? undefined : rooms[booked.room],
        at: later(booked.quarter * 15),
      }),
    );
  }
  for (const item of drawn.over) {
    const held = {
      client: await make.client(),
      service,
      specialist: stranger,
      room: rooms[item.room]!,
      at: later(item.quarter * 15),
    };
    await ifFree(make.booking({ ...held, heldUntil: '2020-01-01T00:00:00Z' }));
  }
  for (const lesson of drawn.trainings) {
    const trainer = lesson.specialist === null ? stranger : specialists[lesson.specialist]!;
    const room = lesson.room === null ? undefined : rooms[lesson.room];
    await ifFree(make.training({ ...lesson, trainer, room, at: later(lesson.minute) }));
  }
  return { service, specialists, clients, rooms, newcomer: await make.client() };
}

/** Wall times of an evening and of the night after it. */
const hours = (from: number, length: number) =>
  from + length <= 24
    ? [[`${from}:00`, `${from + length}:00`]]
    : [
        ['00:00', `0${from + length - 24}:00`],
        [`${from}:00`, '24:00'],
      ];

const ifFree = (making: Promise<unknown>) =>
  making.catch((error) => {
    if (error.cause?.code !== '23P01') throw error;
  });
