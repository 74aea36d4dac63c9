import type { RedisOptions } from 'ioredis';

const SENTINEL = /^(rediss?)-sentinel:\/\/(?:([^@/?#]*)@)?([^/?#]+)(?:\/(\d{1,4}))?\?([^#]+)$/;
const HOST = /^([\w.-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i;
const PORT = 26_379;
const ASK_MS = 2_000;

/**
 * Reads `redis-sentinel://user:password@one:26379,two:26379/0?sentinelMasterId=studio`, with `rediss-` over TLS: the sentinels, who name the
 * primary of that name now, and the database and the password there. `sentinelUsername` and `sentinelPassword` are for the sentinels
 * themselves. Undefined where it is no such address.
 */
export function readSentinels(url: string): RedisOptions | undefined {
  const [, protocol, who = '', list = '', db = '0', query = ''] = SENTINEL.exec(url) ?? [];
  const sentinels = list.split(',').map((host) => HOST.exec(host));
  const wanted = new URLSearchParams(query);
  const name = wanted.get('sentinelMasterId');
  if (!name || !sentinels.every((found) => found !== null)) return undefined;
  const [username, password] = who.includes(':') ? who.split(':', 2) : ['', who];
  const given = (options: Record<string, string | null | undefined>) =>
    Object.fromEntries(Object.entries(options).filter(([, value]) => value));
  return {
    sentinels: sentinels.map(([, host = '', port]) => ({ host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? PORT) })),
    name,
    db: Number(db),
    ...given({ username: decodeURIComponent(username ?? ''), password: decodeURIComponent(password ?? '') }),
    ...given({ sentinelUsername: wanted.get('sentinelUsername'), sentinelPassword: wanted.get('sentinelPassword') }),
    ...(protocol === 'rediss' ? { tls: {}, enableTLSForSentinelMode: true } : {}),
    sentinelCommandTimeout: ASK_MS,
    // Sentinels break the connections to one that they make follow another. ioredis's own `failoverDetector` is left out: told of a
    // fail-over while it connects, a connection ended for good (seen on a busy machine).
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  };
}
