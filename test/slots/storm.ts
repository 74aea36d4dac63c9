import { z } from 'zod';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { type Random, seeded } from '../../sql/demo/random.ts';
import type { SlotStage } from './stage.ts';

const id = sql.type(z.object({ id: z.int() }));
type People = { specialists: number[]; locations: number[]; clients: number[]; services: number[] };

/** Everything that can happen to calendars, at random and by plain SQL: bookings, trainings, absences, overrides, schedules. */
export function storm(stage: SlotStage, { specialists, locations, clients, services }: People, seed: number) {
  const { db } = stage;
  const draw: Random = seeded(seed);
  const bookings: number[] = [];
  const trainings: number[] = [];
  const absences: number[] = [];
  const who = () => draw.pick(specialists);
  const day = () => addDays(stage.today(), draw.int(-1, 61));
  /** A wall time of the studio on the grid, as SQL reads it. */
  const quarter = () => `${day()} ${clock(draw.int(0, 95) * 15)}`;
  const intervals = () => {
    if (draw.chance(0.15)) return [];
    const from = draw.int(0, 1_200);
    const to = draw.int(from + 1, 1_440);
    return [[clock(from), draw.chance(0.1) ? '23:59:59' : clock(to)]];
  };
  const week = () => Object.fromEntries([0, 1, 2, 3, 4, 5, 6].filter(() => draw.chance(0.9)).map((n) => [n, intervals()]));
  const item = (list: number[]) => (list.length > 0 ? draw.pick(list) : 0);
  const instant = (wall: string) => sql.fragment`(${wall}::timestamp at time zone ${stage.zone})`;

  const operations: [weight: number, () => Promise<unknown>][] = [
    [
      40,
      async () => {
        const start = instant(quarter());
        const booked = await db.oneFirst(id`
          insert into bookings (client_id, payer_id, specialist_id, service_id, starts_at, ends_at, busy_until, duration_minutes, break_minutes,
            service_price_minor, price_minor, status)
          values (${draw.pick(clients)}, ${clients[0]!}, ${who()}, ${draw.pick(services)}, ${start}, ${start}, ${start},
            ${draw.int(1, 180)}, ${draw.pick([0, 0, 10, 15, 40])}, 0, 0, 'CONFIRMED')
          returning id`);
        bookings.push(booked);
      },
    ],
    [
      15,
      () =>
        db.query(
          sql.unsafe`update bookings set status = 'CANCELLED', cancelled_at = now() where id = ${item(bookings)} and status <> 'CANCELLED'`,
        ),
    ],
    [
      10,
      () =>
        db.query(
          sql.unsafe`update bookings set starts_at = ${instant(quarter())}, specialist_id = ${who()} where id = ${item(bookings)}`,
        ),
    ],
    [2, () => db.query(sql.unsafe`delete from bookings where id = ${item(bookings)}`)],
    [
      8,
      async () => {
        const start = instant(`${day()} ${clock(draw.int(0, 1_430))}`);
        const made = await db.oneFirst(id`
          insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
          select type.id, ${who()}, (at at time zone 'Europe/Moscow')::date, (at at time zone 'Europe/Moscow')::time, at, at + make_interval(mins => ${draw.int(5, 240)}), 5, 0
          from (select ${start} as at) as given, lateral (select id from training_types order by id limit 1) type returning id`);
        trainings.push(made);
      },
    ],
    [
      4,
      () =>
        db.query(sql.unsafe`update real_trainings set status = 'cancelled', cancelled_at = now() where id = ${item(trainings)}`),
    ],
    [
      2,
      () =>
        db.query(sql.unsafe`update real_trainings set status = 'scheduled', cancelled_at = null where id = ${item(trainings)}`),
    ],
    [
      4,
      async () => {
        const from = `${day()} ${clock(draw.int(0, 1_430))}:${draw.int(10, 59)}`;
        const away = await db.oneFirst(id`
          insert into specialist_absences (specialist_id, from_at, to_at)
          values (${who()}, ${instant(from)}, ${instant(from)} + make_interval(mins => ${draw.int(1, 4_000)})) returning id`);
        absences.push(away);
      },
    ],
    [2, () => db.query(sql.unsafe`delete from specialist_absences where id = ${item(absences)}`)],
    [
      6,
      () =>
        db.query(sql.unsafe`
        insert into calendar_overrides (specialist_id, day, intervals) values (${who()}, ${day()}::date, ${sql.jsonb(intervals())})
        on conflict (specialist_id, day) do update set intervals = excluded.intervals`),
    ],
    [3, () => db.query(sql.unsafe`delete from calendar_overrides where specialist_id = ${who()} and day = ${day()}::date`)],
    [
      1,
      () =>
        db.query(sql.unsafe`
        insert into calendar_overrides (location_id, day, intervals) values (${draw.pick(locations)}, ${day()}::date, ${sql.jsonb(intervals())})
        on conflict (location_id, day) do update set intervals = excluded.intervals`),
    ],
    [2, () => db.query(sql.unsafe`update specialists set work_schedule = ${sql.jsonb(week())} where id = ${who()}`)],
    [
      0.5,
      () => db.query(sql.unsafe`update specialists set location_id = ${draw.pick([...locations, null])} where id = ${who()}`),
    ],
    [
      0.3,
      () => db.query(sql.unsafe`update locations set work_schedule = ${sql.jsonb(week())} where id = ${draw.pick(locations)}`),
    ],
    [
      0.2,
      () => db.query(sql.unsafe`update services set duration_minutes = ${draw.int(10, 90)} where id = ${draw.pick(services)}`),
    ],
  ];
  const total = operations.reduce((sum, [weight]) => sum + weight, 0);
  const shares = operations.map((_, n) => operations.slice(0, n + 1).reduce((sum, [weight]) => sum + weight, 0) / total);

  return {
    draw,
    /** Does one thing. Returns false when the data's own rules refused it: the time was taken. */
    async blow(): Promise<boolean> {
      const drawn = draw.int(0, 999_999) / 1_000_000;
      const [, operation] = operations[shares.findIndex((share) => drawn < share)] ?? operations[0]!;
      try {
        await operation();
        return true;
      } catch (error) {
        if (!/exclusion|taken|absent|training|booked/i.test(`${(error as Error).message} ${(error as Error).cause}`)) throw error;
        return false;
      }
    },
  };
}

const clock = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
