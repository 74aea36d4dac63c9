import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/**
 * Whether somebody has a role that commands (D46), as it is once nobody is changing the record or its roles any more: the record is
 * locked until the transaction ends. False for nobody.
 */
export async function lockCommands(transaction: Sql, userId: number): Promise<boolean> {
  await transaction.query(sql.unsafe`select from users where id = ${userId} for no key update`);
  return transaction.oneFirst(sql.type(z.object({ commands: z.boolean() }))`
    select exists (select from user_roles where user_id = ${userId} and is_admin_role(role)) as commands`);
}
