import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Confirmed bookings that begin after one instant and not after another. */
export const comingBookings = (db: Sql, after: Date, until: Date) =>
  db.any(sql.type(
    z.object({
      id: z.int(),
      client_id: z.int(),
      client: z.string(),
      payer_id: z.int(),
      starts_at: z.iso.datetime(),
      service: z.string(),
      specialist: z.string(),
      location: z.string().nullable(),
    }),
  )`
    select booking.id, client_id, payer_id, starts_at, concat_ws(' ', client.first_name, nullif(client.last_name, '')) as client, service.name as service, locations.name as location,
      concat_ws(' ', specialist.first_name, nullif(specialist.last_name, '')) as specialist
    from bookings booking
    join services service on service.id = service_id
    join users client on client.id = client_id
    join users specialist on specialist.id = specialist_id
    left join locations on locations.id = location_id
    where starts_at > ${after.toISOString()}::timestamptz and starts_at <= ${until.toISOString()}::timestamptz and status = 'CONFIRMED'
    order by starts_at, booking.id`);
