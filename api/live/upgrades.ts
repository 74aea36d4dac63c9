import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Express } from 'express';

/** What an upgrade brings beside its request. */
export type Upgrade = { socket: Duplex; head: Buffer };
const upgrades = new WeakMap<IncomingMessage, Upgrade>();
export const upgradeOf = (request: IncomingMessage): Upgrade | undefined => upgrades.get(request);

/**
 * For the server's `shouldUpgradeCallback`: what asks to go on in another protocol elsewhere is answered as the request it is, as whoever
 * offers one of them expects (RFC 9110, 7.8).
 */
export const isSocketRequest = ({ method, url = '', headers }: IncomingMessage) =>
  method === 'GET' && /^\/live\/?(\?|$)/.test(url) && headers.upgrade?.toLowerCase() === 'websocket';

/** Sends upgrades through the app as any other request: it says who asks, and its refusals are answers of HTTP. */
export function upgradeThrough(server: Server, app: Express) {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrades.set(request, { socket, head });
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.once('finish', () => socket.end());
    response.assignSocket(request.socket);
    app(request, response);
  });
}
