import { anyRightsChanged, takeRightsChanges } from '../../sql/bot/commanders.ts';
import type { Database } from '../../sql/database/database.ts';
import { currentChats } from '../../sql/notifications/moved-chats.ts';
import { notifyAdmins } from '../../sql/notifications/notify.ts';
import { log } from '../log/log.ts';

/**
 * Notifies of every change of who may command the bot (D46): the admins' chats, the other admins in person, and the chat that was the
 * person's before. Each chat once a change.
 */
export async function notifyOfRights(db: Database, adminChatIds: readonly number[]) {
  if (!(await anyRightsChanged(db))) return;
  await db.transaction(async (transaction) => {
    const admins = (await currentChats(transaction, adminChatIds)).map(({ chat_id }) => chat_id);
    for (const { id, others, was, now_is, ...change } of await takeRightsChanges(transaction)) {
      const old = was === null ? [] : [was];
      const params = { ...change, was, now: now_is };
      log.warn({ change_id: id, user_id: change.user_id, change: change.change }, 'the right to command the bot has changed');
      await notifyAdmins(
        transaction,
        [...new Set([...admins, ...others, ...old])],
        [{ template: 'rights_changed', dedupe: `rights_changed:${id}`, params }],
      );
    }
  });
}
