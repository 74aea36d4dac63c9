import { Redis, type RedisOptions } from 'ioredis';
import { readSentinels } from './redis-address.ts';

/** A connection to the Redis of a URL, or to whichever its sentinels name when it is opened. */
export function openRedis(url: string, options: RedisOptions): Redis {
  const sentinels = readSentinels(url);
  return sentinels ? new Redis({ ...sentinels, ...options }) : new Redis(url, options);
}
