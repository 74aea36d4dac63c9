import { keysExpiring } from '../../sql/auth/api-keys.ts';
import { tellAdmins } from '../../sql/notifications/tell.ts';
import type { Operation } from './operation.ts';

/** The admins are notified so many days before a key ends. */
const NOTICE_DAYS = 14;

/** Keys that end soon: the admins are notified once for each end a key has. */
export const announceExpiringKeys: Operation = {
  name: 'expiring_keys',
  async batch(transaction, { now, settings }) {
    const keys = await keysExpiring(transaction, now, new Date(now.getTime() + NOTICE_DAYS * 86_400_000));
    const notices = keys.map(({ id, name, prefix, expires_at }) => ({
      template: 'key_expiring',
      dedupe: `key_expiring:${id}:${expires_at}`,
      priority: 'normal' as const,
      params: { name, prefix, expires_at },
    }));
    await tellAdmins(transaction, settings.adminChatIds, notices);
    return { counts: {}, after: null, isLast: true };
  },
};
