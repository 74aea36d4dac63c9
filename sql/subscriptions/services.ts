import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const covered = z.object({ id: z.int(), name: z.string() });

/** The services that a line of the catalogue covers (D50). */
export const servicesOf = (db: Sql, subscriptionId: number) =>
  db.any(sql.type(covered)`
    select services.id, name from subscription_services join services on services.id = service_id
    where subscription_id = ${subscriptionId} order by services.id`);

export const coveredService = covered;

/** Makes these the services that it covers. */
export async function setServices(transaction: Sql, subscriptionId: number, serviceIds: readonly number[]) {
  const ids = sql.array([...serviceIds], 'int4');
  await transaction.query(sql.unsafe`
    delete from subscription_services where subscription_id = ${subscriptionId} and service_id <> all(${ids})`);
  await transaction.query(sql.unsafe`
    insert into subscription_services (subscription_id, service_id)
    select ${subscriptionId}::int, id from unnest(${ids}) as service (id) order by id on conflict do nothing`);
}

export const isInCatalogue = (db: Sql, id: number) => db.exists(sql.unsafe`select from subscriptions where id = ${id}`);
