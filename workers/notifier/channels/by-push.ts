import { scrub } from '../../../queues/log/log.ts';
import { forgetPushSubscriptions, type PushSubscription, pushSubscriptionsOf } from '../../../sql/notifications/push.ts';
import type { Carrier, CarrierAnswer, CarrierSettings, Letter } from './carriers.ts';
import { arePushKeys, isPushEndpoint, postToPushService } from './push-services.ts';
import { vapidKeys, vapidSubject } from './vapid.ts';

const HOUR_SECONDS = 3_600;
/** How long a push service keeps it for a browser that is not there, and how much it may wake the device (RFC 8030), by priority. */
const DIGEST = { TTL: 72 * HOUR_SECONDS, urgency: 'low' } as const;
const NORMAL = { TTL: 24 * HOUR_SECONDS, urgency: 'normal' } as const;
const URGENT = { TTL: 4 * HOUR_SECONDS, urgency: 'high' } as const;
const hurryOf = (priority: number) => [DIGEST, NORMAL, URGENT][priority] ?? NORMAL;

/** A push service takes 4,096 bytes; a screen shows fewer. */
const MOST_BODY = 300;

/** What one browser's push service made of it. */
type Pushed = { is: 'sent' } | { is: 'gone' | 'refused' | 'later'; error: string };

/**
 * A message to every browser of a person (`address` is the person's id). It has arrived when one has taken it; browsers that are no
 * more are forgotten, and where none is left it goes by the next channel.
 */
export const byPush: Carrier = async (letter, settings, db): Promise<CarrierAnswer> => {
  const subject = vapidSubject(settings);
  if (!subject) return { outcome: 'refused', error: 'push is not set up', isAddress: false };
  const subscriptions = await pushSubscriptionsOf(db, Number(letter.address));
  const vapidDetails = { subject, ...(await vapidKeys(db)) };
  const pushed = await Promise.all(
    subscriptions.map((subscription) =>
      pushTo(subscription, payloadOf(letter), vapidDetails, hurryOf(letter.priority), settings),
    ),
  );
  const gone = subscriptions.filter((_, n) => pushed[n]?.is === 'gone').map(({ id }) => id);
  if (gone.length > 0) await forgetPushSubscriptions(db, gone);
  return judgePushed(pushed);
};

/** Together: one that took it is enough; else it is worth waiting where one may take it yet. */
export function judgePushed(pushed: readonly Pushed[]): CarrierAnswer {
  if (pushed.some(({ is }) => is === 'sent')) return { outcome: 'sent' };
  const trouble = pushed.filter((one) => one.is !== 'sent');
  const waits = trouble.find(({ is }) => is === 'later');
  if (waits) return { outcome: 'later', error: waits.error };
  return { outcome: 'refused', error: trouble[0]?.error ?? 'no browser is subscribed', isAddress: false };
}

/** What the service worker shows: the first line is the title. `tag`: a message that comes twice is shown once. */
export function payloadOf({ id, subject, text, locale }: Pick<Letter, 'id' | 'subject' | 'text' | 'locale'>): string {
  const [, ...rest] = text.split('\n');
  const body = rest.join('\n').trim();
  return JSON.stringify({
    tag: `notification-${id}`,
    lang: locale,
    title: subject,
    body:
      body.length > MOST_BODY
        ? `${body
            .slice(0, MOST_BODY - 1)
            .toWellFormed()
            .trimEnd()}…`
        : body,
  });
}

async function pushTo(
  { endpoint, p256dh, auth }: PushSubscription,
  payload: string,
  vapidDetails: { subject: string; publicKey: string; privateKey: string },
  hurry: ReturnType<typeof hurryOf>,
  settings: CarrierSettings,
): Promise<Pushed> {
  const keys = { p256dh, auth };
  if (!isPushEndpoint(endpoint, settings) || !arePushKeys(keys)) return { is: 'gone', error: 'no push service is there' };
  try {
    // Loaded here, for few studios push and what it needs takes memory.
    const { default: webPush } = await import('web-push');
    const sent = webPush.generateRequestDetails({ endpoint, keys }, payload, { vapidDetails, ...hurry });
    const { status, words } = await postToPushService(endpoint, sent.headers as Record<string, string>, sent.body, settings);
    return judgePush(status, words);
  } catch (error) {
    return { is: 'later', error: scrub(`${(error as Error).name}: ${(error as Error).message}`).slice(0, 300) };
  }
}

/** What a push service's answer means (RFC 8030). 401 and 403 are about our key and this browser: the next channel takes it. */
export function judgePush(status: number, words: string): Pushed {
  const error = scrub(`${status}: ${words.replace(/\s+/g, ' ').trim()}`).slice(0, 300);
  if (status >= 200 && status < 300) return { is: 'sent' };
  if (status === 404 || status === 410) return { is: 'gone', error };
  return { is: [400, 401, 403, 413].includes(status) ? 'refused' : 'later', error };
}
