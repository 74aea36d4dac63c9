import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const MOST = 100;

const held = z.object({
  name: z.string(),
  person: z.string(),
  status: z.string(),
  units_left: z.int(),
  count: z.int(),
  invoice_id: z.int().nullable(),
});
/** A client's package, its units that are left of all services together, and of how many entries that is made; null when there is none. */
export const findUnits = (db: Sql, packageId: number) =>
  db.maybeOne(sql.type(held)`
    select kind.name, concat_ws(' ', first_name, nullif(last_name, '')) as person, bought.status,
      (select coalesce(sum(units_left), 0)::int from client_package_units where client_package_id = bought.id) as units_left,
      (select count(*)::int from package_entries where client_package_id = bought.id) as count,
      (select max(id) from invoices where client_package_id = bought.id) as invoice_id
    from client_packages bought join service_packages kind on kind.id = service_package_id join users on users.id = client_id
    where bought.id = ${packageId}`);

const entry = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  reason: z.string(),
  delta: z.int(),
  service: z.string(),
  package_id: z.int(),
  /** The booking that took the unit, also of one that came back. */
  booking_id: z.int().nullable(),
  starts_at: z.iso.datetime().nullable(),
});
export type UnitEntry = z.output<typeof entry>;
const entries = sql.fragment`
  select entry.id, entry.created_at as at, entry.reason, entry.delta, service.name as service, entry.client_package_id as package_id,
    booking.id as booking_id, booking.starts_at
  from package_entries entry
  join services service on service.id = entry.service_id
  left join package_entries taken on taken.id = entry.reverses_id
  left join bookings booking on booking.id = coalesce(entry.booking_id, taken.booking_id)`;

/** The latest entries of a package's units. */
export const unitEntries = (db: Sql, packageId: number) =>
  db.any(sql.type(entry)`${entries} where entry.client_package_id = ${packageId} order by entry.id desc limit ${MOST}`);

export const findUnitEntry = (db: Sql, id: number) => db.maybeOne(sql.type(entry)`${entries} where entry.id = ${id}`);
