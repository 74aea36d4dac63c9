import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Owners who work here, by id. */
export const ownersToTell = (db: Sql) =>
  db.anyFirst(sql.type(z.object({ user_id: z.int() }))`
    select user_id from user_roles join users on users.id = user_id where role = 'owner' and is_active order by user_id`);
