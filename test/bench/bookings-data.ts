import { z } from 'zod';
import { type Database, sql } from '../../sql/database/database.ts';

export const SPECIALISTS = 50;
const CLIENTS = 500;
const ids = sql.type(z.object({ id: z.int() }));

/** A salon of 50 specialists who give one service round the clock, and 500 clients. `start` is midnight in Moscow in two days, in ms. */
export async function fillSalon(db: Database) {
  const always = Object.fromEntries(['0', '1', '2', '3', '4', '5', '6'].map((day) => [day, [['00:00', '24:00']]]));
  const place = await db.oneFirst(
    ids`insert into locations (name, work_schedule) values ('Салон', ${sql.jsonb(always)}) returning id`,
  );
  const service = await db.oneFirst(ids`
    insert into services (name, duration_minutes, break_minutes, price_minor) values ('Массаж', 50, 10, 100000) returning id`);
  const people = async (count: number, role: string) =>
    db.anyFirst(ids`
      with person as (insert into users (first_name) select ${role} || n from generate_series(1, ${count}::int) as n returning id)
      insert into user_roles (user_id, role) select id, ${role} from person returning user_id as id`);
  const specialists = await people(SPECIALISTS, 'specialist');
  await db.query(sql.unsafe`
    insert into specialists (id, location_id, work_schedule)
    select id, ${place}, ${sql.jsonb(always)} from unnest(${sql.array([...specialists], 'int4')}) as given (id)`);
  await db.query(sql.unsafe`insert into specialist_services (specialist_id, service_id) select id, ${service} from specialists`);
  const clients = await people(CLIENTS, 'client');
  await db.query(sql.unsafe`analyze`);
  const today = Math.floor((Date.now() + 3 * 3_600_000) / 86_400_000);
  return { service, specialists, clients, start: (today + 2) * 86_400_000 - 3 * 3_600_000 };
}
