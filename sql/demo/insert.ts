import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { toMinor } from '../finance/currency.ts';
import type { Link } from './groups.ts';
import { CATALOGUE, type Holding } from './holdings.ts';
import type { DemoPerson } from './people.ts';
import { LOCATIONS, ROOMS, TIMETABLE, TRAINERS, TYPES } from './timetable.ts';

const id = sql.type(z.object({ id: z.int() }));

/** The id of each key, given the ids in the keys' order. */
const byKey = <K extends string>(keys: Record<K, unknown>, ids: readonly number[]) =>
  Object.fromEntries(Object.keys(keys).map((key, n) => [key, ids[n]])) as Record<K, number>;

/** Nobody's number: 79 000 00x xx xx is not given out. The factor is coprime with 10,000, so none comes twice. */
const phone = (n: number) => `+7900000${String((n * 7_919) % 10_000).padStart(4, '0')}`;

/** Beyond every id Telegram gives, so that a demo with a real bot token writes to no stranger. */
const telegramId = (n: number) => 4_000_000_000_000_000 + n;

/** Inserts people with their roles; returns their ids in the same order. */
export async function insertPeople(db: Sql, people: readonly DemoPerson[]) {
  const rows = people.map((person, n) => [
    person.first,
    person.last,
    person.isChild ? null : phone(n + 1),
    person.onTelegram ? telegramId(n + 1) : null,
    person.birth,
    person.gender,
    person.notes,
    `${person.since}T09:00:00Z`,
  ]);
  const ids = await db.anyFirst(id`
    insert into users (first_name, last_name, phone, telegram_id, birth_date, gender, notes, created_at)
    select * from ${sql.unnest(rows, ['text', 'text', 'text', 'int8', 'date', 'text', 'text', 'timestamptz'])}
    returning id`);
  await db.query(sql.unsafe`
    insert into user_roles (user_id, role)
    select * from ${sql.unnest(
      people.map((person, n) => [ids[n]!, person.role]),
      ['int4', 'text'],
    )}`);
  return ids;
}

/** Inserts those of the people who are students. `payers` are ids in the order of the people. */
export const insertStudents = (db: Sql, people: readonly DemoPerson[], ids: readonly number[], payers: readonly number[]) =>
  db.query(sql.unsafe`
    insert into students (id, payer_id, current_belt, registration_date)
    select * from ${sql.unnest(
      people.flatMap(({ student, since }, n) => (student ? [[ids[n]!, payers[n]!, student.belt, since]] : [])),
      ['int4', 'int4', 'text', 'date'],
    )}`);

/** Inserts the locations, their rooms, the trainers' posts, and the week. Returns the templates' ids in the timetable's order. */
export async function insertTimetable(db: Sql, trainerIds: readonly number[], currency: string) {
  const locations = await db.anyFirst(id`
    insert into locations (name, address) select * from ${sql.unnest(LOCATIONS, ['text', 'text'])} returning id`);
  const rooms = await db.anyFirst(id`
    insert into rooms (name, location_id)
    select * from ${sql.unnest(
      Object.values(ROOMS).map(([name, location]) => [name, locations[location]!]),
      ['text', 'int4'],
    )} returning id`);
  await db.query(sql.unsafe`
    insert into specialists (id, position, location_id)
    select * from ${sql.unnest(
      Object.values(TRAINERS).map(([, , , position, location], n) => [trainerIds[n]!, position, locations[location]!]),
      ['int4', 'text', 'int4'],
    )}`);
  const types = await db.anyFirst(id`
    insert into training_types (name, max_participants, price_minor, duration_minutes, is_subscription_only)
    select * from ${sql.unnest(
      Object.values(TYPES).map(([name, places, price, ...more]) => [name, places, toMinor(price, currency), ...more]),
      ['text', 'int4', 'int8', 'int4', 'bool'],
    )} returning id`);
  const [typeId, trainerId, roomId] = [byKey(TYPES, types), byKey(TRAINERS, trainerIds), byKey(ROOMS, rooms)];
  return db.anyFirst(id`
    insert into training_templates (day_number, start_time, training_type_id, trainer_id, room_id)
    select * from ${sql.unnest(
      TIMETABLE.map(([day, start, type, trainer, room]) => [day, start, typeId[type], trainerId[trainer], roomId[room]]),
      ['int2', 'time', 'int4', 'int4', 'int4'],
    )} returning id`);
}

/** Links students to the groups they come to. */
export const insertLinks = (
  db: Sql,
  links: readonly Link[],
  idOf: ReadonlyMap<DemoPerson, number>,
  templates: readonly number[],
) =>
  db.query(sql.unsafe`
    insert into training_student_templates (training_template_id, student_id, start_date, is_frozen)
    select * from ${sql.unnest(
      links.map(({ template, person, start, isFrozen }) => [templates[template]!, idOf.get(person)!, start, isFrozen]),
      ['int4', 'int4', 'date', 'bool'],
    )}`);

/**
 * Inserts the catalogue and what the students hold of it.
 * @param options.whole each with all its sessions, from which a past takes some, instead of those that are left
 * @returns by id, how many are to be left of those whose story tells it
 */
export async function insertHoldings(
  db: Sql,
  holdings: ReadonlyMap<DemoPerson, Holding>,
  idOf: ReadonlyMap<DemoPerson, number>,
  { currency, whole }: { currency: string; whole: boolean },
): Promise<Map<number, number>> {
  const kinds = await db.anyFirst(id`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_days, validity_months)
    select * from ${sql.unnest(
      Object.values(CATALOGUE).map(([name, price, ...more]) => [name, toMinor(price, currency), ...more]),
      ['text', 'int8', 'int4', 'int4', 'int4'],
    )} returning id`);
  const kindId = byKey(CATALOGUE, kinds);
  const all = [...holdings];
  const rows = all.map(([person, { kind, start, anchor, end, left, isAutoRenew, freeze, status }]) => [
    idOf.get(person)!,
    kindId[kind],
    start,
    anchor,
    end,
    whole ? CATALOGUE[kind][2] : left,
    isAutoRenew,
    freeze?.start ?? null,
    freeze?.end ?? null,
    status,
    `${start}T09:00:00Z`,
  ]);
  const ids = await db.anyFirst(id`
    insert into student_subscriptions (student_id, subscription_id, start_date, anchor_day, end_date, sessions_left, is_auto_renew,
      freeze_start_date, freeze_end_date, status, created_at)
    select * from ${sql.unnest(rows, ['int4', 'int4', 'date', 'int2', 'date', 'int4', 'bool', 'date', 'date', 'text', 'timestamptz'])}
    returning id`);
  return new Map(all.flatMap(([, { left, tellsLeft }], n) => (tellsLeft && left !== null ? [[ids[n]!, left]] : [])));
}
