import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** An urgent message that has waited for longer reaches nobody in time. In seconds. */
const PATIENCE_SECONDS = 300;

/**
 * True unless what admins must hear reaches nobody: there are admin chats, and each of them refused the latest message to it (or is
 * known to refuse), or has had an urgent one waiting for so many seconds.
 */
export const alarmsArrive = (db: Sql, chatIds: readonly number[], patienceSeconds = PATIENCE_SECONDS): Promise<boolean> =>
  db.oneFirst(sql.type(z.object({ arrive: z.boolean() }))`
    with admin as materialized (
      select distinct coalesce(new_id, given.id) as chat_id
      from unnest(${sql.array([...chatIds], 'int8')}) as given (id) left join telegram_moved_chats on old_id = given.id
    )
    select not exists (select from admin) or exists (
      select from admin left join telegram_chats chat using (chat_id)
      where chat.refused_at is null and chat.blocked_at is null and not exists (
        select from notifications note
        where note.chat_id = admin.chat_id and note.user_id is null and status = 'pending' and priority = 2
          and created_at < now() - make_interval(secs => ${patienceSeconds}))
    ) as arrive`);

/** True unless Telegram has wanted nothing from us for five minutes, or the hour before it wanted nothing either. */
export const isGateOpen = (db: Sql): Promise<boolean> =>
  db.oneFirst(sql.type(z.object({ open: z.boolean() }))`
    select closed_until <= now() or closed_since is null or closed_since > now() - make_interval(secs => ${PATIENCE_SECONDS}) as open
    from telegram_gate`);

/** A message arrived in a chat, or somebody writes there: it can be reached. */
export const noteReached = (db: Sql, chatId: number) =>
  db.query(sql.unsafe`update telegram_chats set refused_at = null where chat_id = ${chatId} and refused_at is not null`);

/** Closes the gate for so many seconds: nothing leaves for Telegram. Closings less than a minute apart are one. */
export const closing = (seconds: ReturnType<typeof sql.fragment>) => sql.fragment`
  update telegram_gate set
    closed_since = case when closed_until < now() - interval '1 minute' then now() else coalesce(closed_since, now()) end,
    closed_until = greatest(closed_until, now() + ${seconds})`;
