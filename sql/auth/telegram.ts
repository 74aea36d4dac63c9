import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const person = z.object({
  id: z.int(),
  /** Has a role that commands and came from another Telegram account than the one that was confirmed for it (D46). */
  is_unconfirmed: z.boolean(),
});

/** The active person with a Telegram id, or null. */
export const findByTelegram = (db: Sql, telegramId: number) =>
  db.maybeOne(sql.type(person)`
    select id, exists (select from user_roles where user_id = users.id and is_admin_role(role))
      and not exists (select from bot_commanders commander where commander.user_id = users.id and commander.telegram_id = users.telegram_id)
      as is_unconfirmed
    from users where telegram_id = ${telegramId}::bigint and is_active`);

/** Uses up what Telegram has signed. False where it was used already. */
export async function useInitData(db: Sql, hash: Buffer, now: Date): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`
    insert into used_init_data (hash, used_at) values (${sql.binary(hash)}, ${now.toISOString()}::timestamptz) on conflict do nothing`);
  return rowCount > 0;
}

/** Whether anybody has a Telegram id, active or not. */
export const isTelegramTaken = (db: Sql, telegramId: number) =>
  db.exists(sql.unsafe`select from users where telegram_id = ${telegramId}::bigint`);
