import { Api } from 'node-telegram-bot-api';
import { scrub } from '../../../queues/log/log.ts';
import { clearAlert, raiseAlert } from '../../../sql/alerts/alerts.ts';
import { AWAY_AFTER, type CheckedChannel, forgetChecks, noteCheck } from '../../../sql/alerts/channel-checks.ts';
import type { Database } from '../../../sql/database/database.ts';
import { verifyMail } from '../channels/mail.ts';
import type { AlarmSettings } from './ways.ts';

const TIMEOUT_MS = 10_000;

/**
 * Asks Telegram and the mail server whether they are there. One that has not answered three times in a row is an alarm, and its first
 * answer is the end of it.
 */
export async function checkChannels({ db, settings }: { db: Database; settings: AlarmSettings }, now: Date) {
  const checks = checksOf(settings);
  const channels = Object.keys(checks) as CheckedChannel[];
  await forgetChecks(db, channels);
  const answers = await Promise.all(channels.map(async (channel) => [channel, await troubleOf(checks[channel])] as const));
  for (const [channel, error] of answers) {
    await db.transaction(async (transaction) => {
      const failures = await noteCheck(transaction, channel, error, now);
      const fingerprint = `channel_down:${channel}`;
      if (error === null) return clearAlert(transaction, settings.adminChatIds, fingerprint, now);
      if (failures < AWAY_AFTER) return;
      const trouble = { fingerprint, template: 'channel_down', params: { channel, error } } as const;
      return raiseAlert(transaction, settings.adminChatIds, { ...trouble, isOngoing: true, isOnce: true }, now);
    });
  }
}

function checksOf(settings: AlarmSettings): Partial<Record<CheckedChannel, () => Promise<unknown>>> {
  const { telegramToken, telegramApiRoot, mail } = settings;
  return {
    ...(telegramToken === undefined
      ? {}
      : { telegram: () => new Api(telegramToken, { apiRoot: telegramApiRoot, maxRetries: 0, timeoutMs: TIMEOUT_MS }).getMe() }),
    ...(mail === undefined ? {} : { email: () => verifyMail(settings) }),
  };
}

async function troubleOf(check: (() => Promise<unknown>) | undefined): Promise<string | null> {
  try {
    await check?.();
    return null;
  } catch (error) {
    return scrub((error as Error).message).slice(0, 500);
  }
}
