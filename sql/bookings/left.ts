import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const left = z.object({
  /** The package a booking took a unit from, and the units of its service there are in it now; null where it was paid otherwise. */
  package: z.string().nullable(),
  units_left: z.int().nullable(),
  /** What is in the payer's wallet, in minor units. */
  balance_minor: z.int(),
});

/** What a booking's package and its payer's wallet hold now. */
export const leftAfter = (db: Sql, bookingId: number) =>
  db.one(sql.type(left)`
    select kind.name as package, units_left, coalesce((select balance_minor from wallets where user_id = payer_id), 0) as balance_minor
    from bookings booking
    left join package_entries entry on entry.booking_id = booking.id
    left join client_package_units units on units.client_package_id = entry.client_package_id and units.service_id = entry.service_id
    left join client_packages bought on bought.id = entry.client_package_id
    left join service_packages kind on kind.id = bought.service_package_id
    where booking.id = ${bookingId}`);
