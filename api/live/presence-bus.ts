import type { Redis } from 'ioredis';
import { log } from '../../queues/log/log.ts';
import { databaseUrlOf, type Fleet } from '../../queues/process/fleet.ts';
import { type Ears, listenToChannel, notifyChannel } from '../../sql/slots/live.ts';
import { hearOnRedis } from '../../workers/slots/redis-live.ts';
import type { Bus } from './presence.ts';

const CHANNEL = 'live_presence';
const AGAIN_MS = 1_000;

/**
 * Carries presence to the other API processes: over Redis where there is one, else by NOTIFY in a statement of its own, which no
 * transaction that changes anything waits for. What gets lost is said again within 15 s.
 */
export function openBus({ backend, db, settings }: Pick<Fleet, 'backend' | 'db' | 'settings'>, hear: (message: string) => void) {
  const redis = backend.redis as Redis | undefined;
  const channel = redis ? `${CHANNEL}/${redis.options.db ?? 0}` : CHANNEL;
  let isOpen = false;
  let connection: Promise<() => Promise<void>> | undefined;

  function connect() {
    if (!isOpen || connection) return;
    const lost = () => {
      if (connection !== own) return;
      connection = undefined;
      setTimeout(connect, AGAIN_MS).unref();
    };
    const ears: Ears = { hear, lost };
    const own = redis ? hearOnRedis(redis, ears, channel) : listenToChannel(databaseUrlOf(settings), channel, ears);
    connection = own;
    own.catch(lost);
  }

  return {
    publish(message: string) {
      const sent = redis ? redis.publish(channel, message) : notifyChannel(db, channel, [message]);
      Promise.resolve(sent).catch((error) => log.debug({ err: error }, 'presence was not passed on'));
    },
    open() {
      isOpen = true;
      connect();
    },
    close() {
      isOpen = false;
      const closing = connection;
      connection = undefined;
      closing?.then((close) => close()).catch((error) => log.debug({ err: error }, 'a connection was gone already'));
    },
  } satisfies Bus & Record<'open' | 'close', () => void>;
}
