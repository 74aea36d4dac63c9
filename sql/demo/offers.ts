import { type Sql, sql } from '../database/database.ts';
import { toMinor } from '../finance/currency.ts';

/** What can be booked with a specialist: minutes, break, price in whole units of the currency. */
const SERVICES = [
  ['Персональная тренировка', 50, 10, 2_500],
  ['Массаж спины', 40, 15, 1_800],
  ['Знакомство с залом', 20, 0, 0],
] as const;

const week = (from: string, to: string, days: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: days }, (_, day) => [day, [[from, to]]])));

/** Opens the studio from 08:00 to 22:00, has its specialists work Monday to Saturday, and lets each of them offer every service. */
export async function insertOffers(db: Sql, currency: string) {
  await db.query(sql.unsafe`update locations set work_schedule = ${week('08:00', '22:00', 7)}::jsonb`);
  await db.query(sql.unsafe`update specialists set work_schedule = ${week('10:00', '20:00', 6)}::jsonb`);
  await db.query(sql.unsafe`
    with service as (
      insert into services (name, duration_minutes, break_minutes, price_minor)
      select * from ${sql.unnest(
        SERVICES.map(([name, minutes, pause, price]) => [name, minutes, pause, toMinor(price, currency)]),
        ['text', 'int4', 'int4', 'int8'],
      )} returning id
    )
    insert into specialist_services (specialist_id, service_id)
    select specialists.id, service.id from specialists, service order by service.id, specialists.id`);
}
