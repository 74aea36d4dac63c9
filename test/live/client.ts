import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Json } from '../support/front-door.ts';

type Opening = { cookie?: string; key?: string; ticket?: string; headers?: Record<string, string>; path?: string };

const headersOf = ({ cookie, key, headers }: Opening) => ({
  ...(cookie ? { Cookie: cookie } : {}),
  ...(key ? { 'X-API-Key': key } : {}),
  ...headers,
});
const open = (url: string, opening: Opening) =>
  new WebSocket(`${url.replace('http', 'ws')}${opening.path ?? '/live'}${opening.ticket ? `?ticket=${opening.ticket}` : ''}`, {
    headers: headersOf(opening),
  });

/** The HTTP answer to an upgrade that is refused. */
export async function refusedUpgrade(url: string, opening: Opening): Promise<{ status: number; headers: Json; body: Json }> {
  const socket = open(url, opening);
  const outcome = await Promise.race([
    once(socket, 'unexpected-response').then(([, response]) => response as IncomingMessage),
    once(socket, 'open').then(() => undefined),
  ]);
  if (!outcome) {
    socket.terminate();
    return { status: 101, headers: {}, body: undefined };
  }
  socket.on('error', () => undefined);
  let text = '';
  for await (const chunk of outcome) text += chunk;
  socket.terminate();
  return { status: outcome.statusCode ?? 0, headers: outcome.headers, body: JSON.parse(text) };
}

/** A page's socket, open. */
export async function liveClient(url: string, opening: Opening) {
  const socket = open(url, opening);
  const messages: Json[] = [];
  const waiting = new Set<() => void>();
  socket.setMaxListeners(0);
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)));
    for (const look of waiting) look();
  });
  const closed = once(socket, 'close').then(([code, reason]) => ({ code: code as number, reason: String(reason) }));
  await once(socket, 'open');
  let ids = 0;
  /** The next message of a kind that has not been given yet. */
  async function take(isWanted: (message: Json) => boolean): Promise<Json> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const at = messages.findIndex(isWanted);
        if (at < 0) return;
        over();
        resolve(messages.splice(at, 1)[0]);
      };
      const lost = () => over(reject(new Error(`closed before it came; there was ${JSON.stringify(messages)}`)));
      const over = (_?: unknown) => {
        waiting.delete(look);
        socket.off('close', lost);
      };
      waiting.add(look);
      socket.once('close', lost);
      look();
    });
  }
  const send = (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  return {
    socket,
    messages,
    closed,
    send,
    take,
    news: () => take((message) => 'changed' in message || 'missed' in message),
    here: () => take((message) => 'here' in message),
    /** Begins to watch; the answer, which says from where on nothing is missed. */
    async watch(watch: string[], since?: number) {
      send({ watch, ...(since === undefined ? {} : { since }) });
      return take((message) => 'changed' in message || 'missed' in message);
    },
    async ask(op: string, body?: unknown, headers?: Record<string, string>) {
      ids += 1;
      const id = ids;
      send({ id, op, ...(body === undefined ? {} : { body }), ...(headers ? { headers } : {}) });
      return take((message) => message.id === id);
    },
    async close() {
      socket.close();
      await closed;
    },
  };
}
export type LiveClient = Awaited<ReturnType<typeof liveClient>>;
