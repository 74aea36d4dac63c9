import { z } from 'zod';
import { isBookedAt } from '../bookings/rooms.ts';
import { type Sql, sql } from '../database/database.ts';

export const siteService = z.object({
  id: z.int(),
  name: z.string(),
  description: z.string().nullable(),
  duration_minutes: z.int(),
  price_minor: z.int(),
});
export const siteSpecialist = z.object({
  id: z.int(),
  name: z.string(),
  position: z.string().nullable(),
  bio: z.string().nullable(),
  service_ids: z.array(z.int()),
});

/** What can be booked: active services that somebody gives. */
export const listSiteServices = (db: Sql) =>
  db.any(sql.type(siteService)`
    select id, name, description, duration_minutes, price_minor from services
    where is_active and exists (${givers(sql.fragment`offered.service_id = services.id`)})
    order by name, id`);

/** Who can be booked, the main ones first, with the services they give. No contacts. */
export const listSiteSpecialists = (db: Sql) =>
  db.any(sql.type(siteSpecialist)`
    select specialist.id, concat_ws(' ', first_name, nullif(last_name, '')) as name, position, bio,
      array_agg(service_id order by service_id) as service_ids
    from (${givers(sql.fragment`true`)}) as giving
    join specialists specialist on specialist.id = giving.specialist_id join users on users.id = specialist.id
    where exists (select from services where services.id = service_id and services.is_active)
    group by specialist.id, users.id
    order by is_main desc, name, specialist.id`);

const givers = (condition: ReturnType<typeof sql.fragment>) => sql.fragment`
  select offered.specialist_id, offered.service_id from specialist_services offered
  join specialists specialist on specialist.id = offered.specialist_id
  join users person on person.id = specialist.id and person.is_active
  where ${condition} and ${isBookedAt(sql.fragment`specialist.location_id`)}`;
