import { z } from 'zod';
import { addDays, type Day } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import type { Random } from '../../sql/demo/random.ts';
import { ALWAYS, salon } from '../bookings/salon.ts';
import type { TestApi } from '../support/front-door.ts';

export type SalonDay = { api: TestApi; random: Random; today: Day; now: Date };
const HOUR = 3_600_000;
const ids = sql.type(z.object({ id: z.int() }));

/**
 * A salon beside the trainings of a studio: two rooms of one location, two who give an hour, which may be paid with a unit of a package of
 * three, or with a session of what has eight and of what has no end. Trainings are in the first room. Some came before the year began.
 */
export async function openSalon({ db }: TestApi, first: Day) {
  const make = salon(db);
  const place = await make.location({
    ...ALWAYS,
    '6': [
      ['00:00', '11:30'],
      ['12:00', '23:45'],
    ],
  });
  const [hall, cabinet] = [await make.roomAt(place), await make.roomAt(place)];
  await db.query(sql.unsafe`
    insert into calendar_overrides (location_id, day, intervals) values (${place}, ${addDays(first, 5)}::date, '[["07:00", "21:30"]]')`);
  await db.query(
    sql.unsafe`insert into calendar_days (country, date, kind, name) values ('RU', ${addDays(first, 10)}::date, 'off', 'Праздник')`,
  );
  await db.query(sql.unsafe`update training_templates set room_id = ${hall}`);
  const service = await make.service({ price: 70_000, rooms: [cabinet] });
  for (let n = 0; n < 2; n += 1) await make.specialist([service], { location: place });
  await db.query(sql.unsafe`insert into user_roles (user_id, role) select id, 'client' from students`);
  await db.query(sql.unsafe`
    insert into subscription_services (subscription_id, service_id) select id, ${service} from subscriptions where name in ('8 занятий', 'Безлимит')`);
  await db.query(sql.unsafe`
    insert into service_packages (name, composition, price_minor, validity_days)
    values ('Три часа', ${sql.jsonb([{ service_id: service, units: 3 }])}, 200001, 9)`);
  // Somebody who came before, and comes no more after some days.
  await make.subscription({ student: await make.student(), from: addDays(first, -20), to: addDays(first, 3), left: null });
  await db.query(sql.unsafe`update students set registration_date = '2024-11-15'::date + id % 250`);
}

/** What people do there on a day; whoever cannot is refused. */
export async function salonOn(day: SalonDay) {
  const { random, api, today } = day;
  for (let n = 0; n < 2; n += 1) {
    const path = `/api/clients/${random.int(1, 300)}/packages`;
    await ask(api, path, { service_package_id: 1, pay_from: random.pick(['later', 'later', 'wallet']) });
  }
  for (const pay_from of ['later', 'wallet', 'package', 'package', 'subscription'] as const)
    await book(day, pay_from, await whoPays(day, pay_from));
  await callOff(day);
  await close(day);
  if (random.chance(0.2)) {
    const sold = await api.db.any(sql.type(z.object({ id: z.int(), client_id: z.int() }))`
      select id, client_id from client_packages where status = 'active' and end_date >= ${today}::date - 3 order by id`);
    const one = sold.length > 0 ? random.pick(sold) : undefined;
    if (one) await ask(api, `/api/clients/${one.client_id}/packages/${one.id}/cancel`, { reason: 'переезд' });
  }
}

async function whoPays({ api, today }: SalonDay, payFrom: string) {
  if (payFrom === 'package')
    return api.db.anyFirst(ids`
      select client_id as id from client_packages bought join client_package_units units on units.client_package_id = bought.id
      where status = 'active' and units_left > 0 and end_date > ${today}::date order by bought.id`);
  if (payFrom === 'subscription')
    return api.db.anyFirst(ids`
      select student_id as id from student_subscriptions held join subscription_services using (subscription_id)
      where status = 'active' and coalesce(sessions_left, 1) > 0 and ${addDays(today, 2)}::date between start_date and end_date order by held.id`);
  return api.db.anyFirst(ids`select id from students order by id`);
}

async function book({ api, random, now }: SalonDay, pay_from: string, clients: readonly number[]) {
  if (clients.length === 0) return;
  const starts_at = new Date(Math.ceil((now.getTime() + random.int(2, 60) * HOUR) / HOUR) * HOUR).toISOString();
  await ask(api, '/bookings', { client_id: random.pick(clients), service_id: 1, starts_at, pay_from });
}

/** One to come is called off by the client, early or too late; now and then one that was held by the studio. */
async function callOff({ api, random, now }: SalonDay) {
  const of = (isAhead: boolean) =>
    api.db.anyFirst(ids`
      select id from bookings where status = ${isAhead ? 'CONFIRMED' : 'COMPLETED'} and (starts_at > ${now.toISOString()}::timestamptz) = ${isAhead}
      order by id desc limit 12`);
  const [ahead, behind] = [await of(true), await of(false)];
  if (ahead.length > 0) await ask(api, `/bookings/${random.pick(ahead)}/cancel`, { reason: 'занят' });
  if (behind.length > 0 && random.chance(0.2))
    await ask(api, `/bookings/${random.pick(behind)}/cancel`, { reason: 'мастер заболел', by: 'studio' });
}

/** What has begun is noted, most of it. */
async function close({ api, random, now }: SalonDay) {
  const begun = await api.db.anyFirst(ids`
    select id from bookings where status = 'CONFIRMED' and starts_at < ${now.toISOString()}::timestamptz order by id`);
  for (const id of begun)
    if (random.chance(0.7)) await ask(api, `/bookings/${id}/close`, { status: random.chance(0.2) ? 'NO_SHOW' : 'COMPLETED' });
}

async function ask(api: TestApi, path: string, body: object) {
  const { status, text } = await api.post(path, body);
  if (![200, 201, 409].includes(status)) throw new Error(`${path}: ${status} ${text}`);
}
