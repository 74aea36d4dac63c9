import { z } from 'zod';
import { roles } from '../auth/sessions.ts';
import { type Sql, sql } from '../database/database.ts';
import { locale } from '../database/locale.ts';

const telegramPerson = z.object({
  id: z.int(),
  first_name: z.string(),
  last_name: z.string(),
  locale: locale.nullable(),
  /** An admin whose right to command is for this very Telegram account (D46). */
  commands: z.boolean(),
  roles: z.array(z.enum(roles)),
  /** Students this person looks after (R32). */
  children: z.array(z.int()),
  /** Restock tasks are, or were of late, theirs to do. */
  refills: z.boolean(),
});
export type TelegramPerson = z.output<typeof telegramPerson>;

/** The person of the studio behind a Telegram id on a day of the studio, or null. One who has left the studio is nobody. */
export const personOf = (db: Sql, telegramId: number, today: string): Promise<TelegramPerson | null> =>
  db.maybeOne(sql.type(telegramPerson)`
    select id, first_name, last_name, locale,
      exists (select from user_roles where user_id = users.id and is_admin_role(role))
        and exists (select from bot_commanders commander where commander.user_id = users.id and commander.telegram_id = users.telegram_id)
        as commands,
      array(select role from user_roles where user_id = users.id order by role) as roles,
      array(select student_id from guardians join users child on child.id = student_id
        where guardian_id = users.id and is_guarded(child.birth_date, allowed_after_18, ${today}::date)
        order by student_id) as children,
      exists (select from vending_tasks where assignee_id = users.id and hidden_at is null) as refills
    from users where telegram_id = ${telegramId} and is_active`);

/** The Telegram ids of the admins who may command the bot. */
export const adminTelegramIds = (db: Sql) =>
  db.anyFirst(sql.type(z.object({ telegram_id: z.int() }))`
    select users.telegram_id from users join bot_commanders commander on commander.user_id = users.id
    where commander.telegram_id = users.telegram_id and is_active
      and exists (select from user_roles where user_id = users.id and is_admin_role(role))
    order by 1`);

/** True when there is an active person with this id. */
export const isActivePerson = (db: Sql, id: number): Promise<boolean> =>
  db.exists(sql.unsafe`select from users where id = ${id} and is_active`);
