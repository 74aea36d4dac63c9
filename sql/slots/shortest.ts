import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const shortest = z.object({ specialist_id: z.int(), duration_minutes: z.int(), break_minutes: z.int() });

/** Of each of some specialists the active service that takes the least time with its break, in quarters of an hour (D29). */
export const shortestServices = (db: Sql, specialistIds: readonly number[]) =>
  db.any(sql.type(shortest)`
    select distinct on (specialist_id) specialist_id, duration_minutes, break_minutes
    from specialist_services join services on services.id = service_id and is_active
    where specialist_id = any(${sql.array([...specialistIds], 'int4')})
    order by specialist_id, (duration_minutes + 14) / 15 + (break_minutes + 14) / 15, (duration_minutes + 14) / 15, service_id`);
