import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/**
 * Notes that a group became a supergroup, which has another id, in one transaction: what waits for the old chat goes to the new one,
 * and so does what is written for it from now on. A chat that moved before points to where it is now.
 */
export async function noteMovedChat(transaction: Sql, oldId: number, newId: number) {
  if (oldId === newId) return;
  await transaction.query(sql.unsafe`
    with back as (
      delete from telegram_moved_chats where old_id = ${newId}
    ), earlier as (
      update telegram_moved_chats set new_id = ${newId} where new_id = ${oldId} and old_id <> ${newId}
    )
    insert into telegram_moved_chats (old_id, new_id) values (${oldId}, ${newId})
    on conflict (old_id) do update set new_id = excluded.new_id, moved_at = now()`);
  await transaction.query(sql.unsafe`
    with waiting as (
      update notifications set chat_id = ${newId} where chat_id = ${oldId} and user_id is null and status = 'pending'
    ), watched as (
      delete from bot_watches watch where chat_id = ${oldId} and exists (
        select from bot_watches twin where twin.run_id = watch.run_id and twin.chat_id = ${newId})
    )
    update bot_watches watch set chat_id = ${newId} where chat_id = ${oldId} and not exists (
      select from bot_watches twin where twin.run_id = watch.run_id and twin.chat_id = ${newId})`);
}

/** Where a chat is now. */
export const currentChat = async (db: Sql, chatId: number): Promise<number> =>
  (await db.maybeOneFirst(
    sql.type(z.object({ new_id: z.int() }))`select new_id from telegram_moved_chats where old_id = ${chatId}`,
  )) ?? chatId;

const configured = z.object({ known_as: z.int(), chat_id: z.int() });

/** Chats of the settings where they are now, each once: a group that became a supergroup has another id since. */
export const currentChats = (db: Sql, chatIds: readonly number[]) =>
  db.any(sql.type(configured)`
    select distinct on (coalesce(new_id, known_as)) known_as, coalesce(new_id, known_as) as chat_id
    from unnest(${sql.array([...chatIds], 'int8')}) as given (known_as) left join telegram_moved_chats on old_id = known_as
    order by coalesce(new_id, known_as), known_as`);
