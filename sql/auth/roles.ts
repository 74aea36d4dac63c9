import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { roles } from './sessions.ts';

/** The roles a person has. */
export const findRoles = (db: Sql, userId: number) =>
  db.anyFirst(sql.type(z.object({ role: z.enum(roles) }))`select role from user_roles where user_id = ${userId} order by role`);
