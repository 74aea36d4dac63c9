import type { Redis } from 'ioredis';
import { withTimeout } from '../../queues/backend/with-timeout.ts';
import type { Ears } from '../../sql/slots/live.ts';

/** Redis shares its channels among its numbered databases; fleets in different ones must not hear each other. */
export const redisChannel = (redis: Redis) => `slots_preview/${redis.options.db ?? 0}`;

/** A server that keeps silent takes connections all the same. */
const MOST_MS = 3_000;
/** So often it is asked whether it is still there: whoever only listens hears nothing of a network that swallows packets. */
const LOOK_MS = 10_000;

/** Hears on a connection of its own. Resolves once nothing can be missed; returns how to stop. Throws after three seconds. */
export async function hearOnRedis(
  redis: Redis,
  { hear, lost }: Ears,
  channel = redisChannel(redis),
): Promise<() => Promise<void>> {
  const ear = redis.duplicate({ lazyConnect: true, enableOfflineQueue: false, retryStrategy: null });
  let isOver = false;
  let watch: NodeJS.Timeout | undefined;
  const close = () => {
    isOver = true;
    clearInterval(watch);
    ear.disconnect();
  };
  const end = (error: Error) => {
    if (isOver) return;
    close();
    lost(error);
  };
  ear.on('error', end);
  ear.on('end', () => end(new Error('the connection that hears has ended')));
  ear.on('message', (_channel, payload) => hear(payload));
  try {
    const listening = ear.connect().then(() => ear.subscribe(channel));
    await withTimeout(MOST_MS, listening);
  } catch (error) {
    close();
    throw error;
  }
  watch = setInterval(() => withTimeout(MOST_MS, ear.ping()).catch(end), LOOK_MS).unref();
  return async () => close();
}
