import { z } from 'zod';
import { type In, type Sql, sql } from '../database/database.ts';

type Of = { clientId: In<number>; serviceId: In<number>; day: In<string> };

/**
 * The subscription that a booking of a business day takes a session from, as a statement: one of the client's that covers the service and
 * is valid and not frozen on that day, with sessions left or unlimited; the unlimited before the others, then the one that ends first, then
 * the older one (D50, D13).
 */
export const coveringSubscription = (of: Of) => sql.fragment`
  select held.id, held.sessions_left is null as is_unlimited
  from student_subscriptions held
  join subscription_services covers on covers.subscription_id = held.subscription_id and covers.service_id = ${of.serviceId}
  where held.student_id = ${of.clientId} and held.status in ('active', 'frozen')
    and ${of.day}::date between held.start_date and held.end_date and (held.sessions_left is null or held.sessions_left > 0)
    and (held.freeze_start_date is null or ${of.day}::date not between held.freeze_start_date and held.freeze_end_date)
  order by (held.sessions_left is null) desc, held.end_date, held.id limit 1`;

/**
 * The package that a booking of a business day takes a unit of its service from, as a statement whose `units` can be locked: one of the
 * client's that is valid on that day, with units left; the one that ends first, then the older one.
 */
export const coveringPackage = (of: Of) => sql.fragment`
  select bought.id as client_package_id, units.service_id, units_left
  from client_packages bought
  join client_package_units units on units.client_package_id = bought.id and units.service_id = ${of.serviceId}
  where bought.client_id = ${of.clientId} and bought.status = 'active' and units_left > 0
    and ${of.day}::date between bought.start_date and bought.end_date
  order by bought.end_date, bought.id limit 1`;

const cover = z.object({
  way: z.enum(['package', 'subscription']),
  /** Of the package or the subscription. */
  name: z.string(),
  /** Units of the service, or sessions, before the booking; null: unlimited. */
  left: z.int().nullable(),
});
export type Cover = z.output<typeof cover>;

/** The package or the subscription that a booking of a business day would be paid with as things stand; null where there is none. */
export const findCover = (db: Sql, way: Cover['way'], of: { clientId: number; serviceId: number }, day: string) =>
  db.maybeOne(
    way === 'subscription'
      ? sql.type(cover)`
        with chosen as (${coveringSubscription({ ...of, day })})
        select 'subscription' as way, kind.name, held.sessions_left as "left"
        from chosen join student_subscriptions held on held.id = chosen.id join subscriptions kind on kind.id = held.subscription_id`
      : sql.type(cover)`
        with chosen as (${coveringPackage({ ...of, day })})
        select 'package' as way, kind.name, chosen.units_left as "left"
        from chosen join client_packages bought on bought.id = chosen.client_package_id
        join service_packages kind on kind.id = bought.service_package_id`,
  );
