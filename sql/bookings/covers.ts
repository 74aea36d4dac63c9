import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { coveringSubscription } from './sessions.ts';

const cover = z.object({
  /** Of the package or the subscription. */
  name: z.string(),
  /** Units of the service, or sessions, before the booking; null: unlimited. */
  left: z.int().nullable(),
});
export type Cover = z.output<typeof cover>;

/**
 * The package or the subscription that a booking of a business day would be paid with as things stand, by the order of `confirmBooking`; null
 * where there is none.
 */
export const findCover = (db: Sql, way: 'package' | 'subscription', of: { clientId: number; serviceId: number }, day: string) =>
  db.maybeOne(
    way === 'subscription'
      ? sql.type(cover)`
        with chosen as (${coveringSubscription({ ...of, day })})
        select kind.name, held.sessions_left as "left"
        from chosen join student_subscriptions held on held.id = chosen.id join subscriptions kind on kind.id = held.subscription_id`
      : sql.type(cover)`
        select kind.name, units_left as "left"
        from client_packages bought
        join client_package_units units on units.client_package_id = bought.id
        join service_packages kind on kind.id = bought.service_package_id
        where bought.client_id = ${of.clientId} and bought.status = 'active' and units.service_id = ${of.serviceId}
          and units_left > 0 and ${day}::date between bought.start_date and bought.end_date
        order by bought.end_date, bought.id limit 1`,
  );
