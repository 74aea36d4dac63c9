import { keysExpiring } from '../../sql/auth/api-keys.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import { notifyAdmins } from '../../sql/notifications/notify.ts';
import type { Operation } from './operation.ts';

/** The admins are notified so many days before a key ends. */
const NOTICE_DAYS = 14;

/** Keys that end soon: the admins are notified once for each end a key has. */
export const announceExpiringKeys: Operation = {
  name: 'expiring_keys',
  async batch(transaction, { now, settings }) {
    const keys = await keysExpiring(transaction, now, new Date(now.getTime() + NOTICE_DAYS * DAY_MS));
    const notices = keys.map(({ id, name, prefix, expires_at }) => ({
      template: 'key_expiring' as const,
      dedupe: `key_expiring:${id}:${expires_at}`,
      params: { name, prefix, expires_at },
    }));
    await notifyAdmins(transaction, settings.adminChatIds, notices);
    return { counts: {}, after: null, isLast: true };
  },
};
