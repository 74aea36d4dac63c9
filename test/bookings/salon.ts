import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { studio } from '../support/studio.ts';

const id = sql.type(z.object({ id: z.int() }));
/** Open round the clock, every day. */
export const ALWAYS = Object.fromEntries(['0', '1', '2', '3', '4', '5', '6'].map((day) => [day, [['00:00', '24:00']]]));
export const HOUR = 3_600_000;

/** The instant of a wall time so many days from today, in Moscow, which has no clock changes. */
export const at = (days: number, time: string, now = new Date()) =>
  new Date(`${addDays(dayOf(now, 'Europe/Moscow'), days)}T${time}:00+03:00`).toISOString();

/** The first quarter of an hour at least `hours` from now. */
export const inHours = (hours: number) => new Date(Math.ceil((Date.now() + hours * HOUR) / 900_000) * 900_000).toISOString();

/** Puts what bookings need into a test's database; each returns the new id. */
export function salon(db: Database) {
  const make = studio(db);
  let count = 0;
  const next = () => {
    count += 1;
    return count;
  };
  return {
    ...make,
    client: () => make.user(`Клиент ${next()}`, 'client'),
    location: (schedule: object = ALWAYS) =>
      db.oneFirst(id`
        insert into locations (name, work_schedule) values (${`Салон ${next()}`}, ${sql.jsonb(schedule as never)}) returning id`),
    roomAt: (location: number) =>
      db.oneFirst(id`insert into rooms (location_id, name) values (${location}, ${`Кабинет ${next()}`}) returning id`),
    async service({ minutes = 60, pause = 0, price = 100_000, rooms = [] as number[] } = {}) {
      const service = await db.oneFirst(id`
        insert into services (name, duration_minutes, break_minutes, price_minor)
        values (${`Услуга ${next()}`}, ${minutes}, ${pause}, ${price}) returning id`);
      for (const room of rooms) await db.query(sql.unsafe`insert into service_rooms values (${service}, ${room})`);
      return service;
    },
    async specialist(services: number[], { location = null as number | null, schedule = ALWAYS as object } = {}) {
      const specialist = await make.user(`Мастер ${next()}`, 'specialist');
      await db.query(sql.unsafe`
        insert into specialists (id, location_id, work_schedule) values (${specialist}, ${location}, ${sql.jsonb(schedule as never)})`);
      for (const service of services) {
        await db.query(
          sql.unsafe`insert into specialist_services (specialist_id, service_id) values (${specialist}, ${service})`,
        );
      }
      return specialist;
    },
    async money(client: number, minor: number) {
      const payment = await db.oneFirst(
        id`insert into payments (payer_id, amount_minor) values (${client}, ${minor}) returning id`,
      );
      await db.query(sql.unsafe`
        insert into wallet_transactions (user_id, amount_minor, kind, payment_id) values (${client}, ${minor}, 'deposit', ${payment})`);
    },
    /** A package of so many units of a service that somebody has bought, for these days. */
    bought: (fields: {
      client: number;
      service: number;
      from: string;
      to: string;
      units?: number;
      price?: number;
      soldAt?: string;
    }) =>
      db.oneFirst(id`
        with offered as (
          insert into service_packages (name, composition, price_minor)
          values (${`Пакет ${next()}`}, ${sql.jsonb([{ service_id: fields.service, units: fields.units ?? 3 }])}, ${fields.price ?? 3_000})
          returning id, composition, price_minor
        )
        insert into client_packages (client_id, service_package_id, composition, price_minor, start_date, end_date, created_at)
        select ${fields.client}, id, composition, price_minor, ${fields.from}::date, ${fields.to}::date, coalesce(${fields.soldAt ?? null}::timestamptz, now())
        from offered returning id`),
    booking: (fields: {
      client: number;
      specialist: number;
      service: number;
      location?: number;
      room?: number;
      at: string;
      minutes?: number;
      pause?: number;
      heldUntil?: string;
    }) =>
      db.oneFirst(id`
        insert into bookings (client_id, payer_id, specialist_id, service_id, location_id, room_id, starts_at, duration_minutes, break_minutes,
          service_price_minor, price_minor, status, held_until)
        values (${fields.client}, ${fields.client}, ${fields.specialist}, ${fields.service}, ${fields.location ?? null}, ${fields.room ?? null}, ${fields.at}::timestamptz,
          ${fields.minutes ?? 60}, ${fields.pause ?? 0}, 0, 0, ${fields.heldUntil ? 'PENDING' : 'CONFIRMED'}, ${fields.heldUntil ?? null}::timestamptz)
        returning id`),
    /** On the day and at the time the studio's clock shows, in Moscow. */
    training: (fields: { trainer: number; room?: number; at: string; minutes?: number; isCancelled?: boolean }) =>
      db.oneFirst(id`
        insert into real_trainings (training_type_id, trainer_id, room_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor, status, cancelled_at)
        select type.id, ${fields.trainer}::int, ${fields.room ?? null}::int, wall::date, wall::time, at, at + make_interval(mins => ${fields.minutes ?? 60}), 5, 0,
          ${fields.isCancelled ? 'cancelled' : 'scheduled'}, case when ${fields.isCancelled ?? false} then now() end
        from (select ${fields.at}::timestamptz as at) as given, lateral (select at at time zone 'Europe/Moscow' as wall) as studio,
          lateral (select id from training_types order by id limit 1) type
        returning id`),
    async someType() {
      return make.type();
    },
  };
}

export const balanceOf = (db: Database, user: number) =>
  db.maybeOneFirst(sql.type(z.object({ balance_minor: z.int() }))`select balance_minor from wallets where user_id = ${user}`);
