import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Fleet } from '../../queues/process/fleet.ts';
import type { Tls } from '../../queues/process/tls.ts';
import { isSocketRequest, upgradeThrough } from '../live/upgrades.ts';
import { createApp } from './app.ts';

/** A request is here, headers and body, after so long, or it is over. */
const REQUEST_MS = 30_000;
const HEADERS_MS = 15_000;
const LOOK_MS = 2_000;
/** So many connections are open at most, and half of them from one address: what is beyond is closed unheard. */
const MOST_CONNECTIONS = 2_000;

/** The API's server, not listening yet. Nobody can hold it by sending slowly or by opening more connections than it has. */
export function createApiServer(fleet: Fleet, draining?: AbortSignal, tls?: Tls): Server {
  const options = {
    requestTimeout: REQUEST_MS,
    headersTimeout: HEADERS_MS,
    connectionsCheckingInterval: LOOK_MS,
    shouldUpgradeCallback: isSocketRequest,
  };
  const app = createApp(fleet, draining);
  const server: Server = tls ? createTlsServer({ ...options, ...tls }, app) : createServer(options, app);
  upgradeThrough(server, app);
  server.maxConnections = MOST_CONNECTIONS;
  // Behind a proxy all of them come from its address.
  if (fleet.settings.trustProxy === undefined) shareAmongAddresses(server, MOST_CONNECTIONS / 2);
  return server;
}

function shareAmongAddresses(server: Server, most: number) {
  const counts = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const own = (counts.get(address) ?? 0) + 1;
    counts.set(address, own);
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left > 0) counts.set(address, left);
      else counts.delete(address);
    });
    if (own > most) socket.destroy();
  });
}
