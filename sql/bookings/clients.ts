import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const isClient = (db: Sql, id: number) =>
  db.exists(sql.unsafe`select from user_roles where user_id = ${id} and role = 'client'`);

/** Who pays for a client, and whether the client is active; null when there is no such client. */
export const payerOfClient = (db: Sql, clientId: number) =>
  db.maybeOne(sql.type(z.object({ payer_id: z.int(), is_active: z.boolean() }))`
    select coalesce(payer_id, users.id) as payer_id, users.is_active from users left join students on students.id = users.id
    where users.id = ${clientId} and exists (select from user_roles where user_id = users.id and role = 'client')`);
