import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const telegramPerson = z.object({
  id: z.int(),
  first_name: z.string(),
  locale: z.enum(['ru', 'uk', 'en']).nullable(),
  is_admin: z.boolean(),
});
export type TelegramPerson = z.output<typeof telegramPerson>;

/** The person of the studio behind a Telegram id, or null. One who has left the studio is nobody. */
export const personOf = (db: Sql, telegramId: number): Promise<TelegramPerson | null> =>
  db.maybeOne(sql.type(telegramPerson)`
    select id, first_name, locale,
      exists (select from user_roles where user_id = users.id and role = 'admin') as is_admin
    from users where telegram_id = ${telegramId} and is_active`);

/** The Telegram ids of the people with the role `admin`. */
export const adminTelegramIds = (db: Sql) =>
  db.anyFirst(sql.type(z.object({ telegram_id: z.int() }))`
    select telegram_id from users join user_roles on user_id = users.id and role = 'admin'
    where telegram_id is not null and is_active order by telegram_id`);

/** True when there is an active person with this id. */
export const isPerson = (db: Sql, id: number): Promise<boolean> =>
  db.exists(sql.unsafe`select from users where id = ${id} and is_active`);
