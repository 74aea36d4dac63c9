import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Whether there is somebody with this id who is not active. */
export const isInactive = async (db: Sql, id: number): Promise<boolean> =>
  (await db.maybeOneFirst(sql.type(z.object({ is_inactive: z.boolean() }))`
    select not is_active as is_inactive from users where id = ${id}`)) ?? false;
