import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const isClient = (db: Sql, id: number) =>
  db.exists(sql.unsafe`select from user_roles where user_id = ${id} and role = 'client'`);

/** Who pays for an active client, or null when there is no such client. */
export const payerOfClient = (db: Sql, clientId: number) =>
  db.maybeOneFirst(sql.type(z.object({ payer_id: z.int() }))`
    select coalesce(payer_id, users.id) as payer_id from users left join students on students.id = users.id
    where users.id = ${clientId} and users.is_active
      and exists (select from user_roles where user_id = users.id and role = 'client')`);
