import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { locale } from '../database/locale.ts';

const reachable = z.object({
  first_name: z.string(),
  last_name: z.string(),
  locale: locale.nullable(),
  email: z.string().nullable(),
  /** Has a Telegram that did not block the bot; of whoever commands, the confirmed one only (D46). */
  by_telegram: z.boolean(),
});

/** How somebody is reached who has forgotten the password; null for nobody, or somebody who has left. */
export const howToReach = (db: Sql, userId: number) =>
  db.maybeOne(sql.type(reachable)`
    select first_name, last_name, locale, email,
      telegram_id is not null
      and not exists (select from telegram_chats where chat_id = users.telegram_id and blocked_at is not null)
      and (not exists (select from user_roles where user_id = users.id and is_admin_role(role))
        or exists (select from bot_commanders commander where commander.user_id = users.id and commander.telegram_id = users.telegram_id))
      as by_telegram
    from users where id = ${userId} and is_active`);
