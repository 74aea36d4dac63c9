import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const signInRulesRow = z.object({
  staff_totp: z.enum(['optional', 'required']).meta({
    description: 'required: whoever works here may do nothing before a second factor is set up',
  }),
  changed_by: z.string().nullable(),
  changed_at: z.iso.datetime().nullable(),
});
export type SignInRules = z.output<typeof signInRulesRow>;

/** What the studio demands of those who sign in. */
export const findSignInRules = (db: Sql) =>
  db.one(sql.type(signInRulesRow)`select staff_totp, changed_by, changed_at from sign_in_rules`);

/** Changes it, and notes by whom. */
export const writeSignInRules = (db: Sql, { staff_totp }: Pick<SignInRules, 'staff_totp'>, by: string, now: Date) =>
  db.one(sql.type(signInRulesRow)`
    update sign_in_rules set staff_totp = ${staff_totp}, changed_by = ${by}, changed_at = ${now.toISOString()}::timestamptz
    returning staff_totp, changed_by, changed_at`);
