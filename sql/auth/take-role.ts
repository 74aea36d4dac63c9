import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import type { Role } from './sessions.ts';

/** The active owners, locked until the transaction ends: of two who take the role from one another only one is in time. */
export const lockOwners = (db: Sql) =>
  db.anyFirst(sql.type(z.object({ id: z.int() }))`
    select users.id from user_roles join users on users.id = user_id
    where role = 'owner' and is_active order by users.id for update of user_roles`);

/** Takes a role away; the person's sessions end with it (R32). False when they do not have it. */
export async function deleteRole(db: Sql, userId: number, role: Role): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`delete from user_roles where user_id = ${userId} and role = ${role}`);
  return rowCount > 0;
}

/** Ends the invitations by which a person could take a role again. */
export const endInvitationsTo = (db: Sql, userId: number, role: Role) =>
  db.query(sql.unsafe`
    delete from sign_in_links where user_id = ${userId} and role = ${role} and purpose = 'invitation' and used_at is null`);
