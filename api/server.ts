import { once } from 'node:events';
import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { log } from '../queues/log/log.ts';
import { openFleet } from '../queues/process/fleet.ts';
import { drainOnSignal, signalReady } from '../queues/process/lifecycle.ts';
import { readTls } from '../queues/process/tls.ts';
import { syncSettingKeys } from '../sql/auth/api-keys.ts';
import { isSuperuser } from '../sql/database/role.ts';
import { fleetTurns } from '../workers/notifier/outbox/chat-turns.ts';
import { paceOf } from '../workers/notifier/outbox/pace.ts';
import { backgroundDone } from '../workers/sign-in/background.ts';
import { beatWhileHealthy } from './app/heartbeat.ts';
import { createApiServer } from './app/server.ts';

/** Takes no new connection and leaves those there are as they are, where the server's own `close` ends the idle ones at once. */
const stopListening = (server: Server) => NetServer.prototype.close.call(server);

const fleet = await openFleet('api');
const { host, port, drainSeconds, apiKeys } = fleet.settings;
for (const name of await syncSettingKeys(fleet.db, apiKeys))
  log.warn({ key: name }, 'a key that is not in API_KEYS any more was revoked');

if (await isSuperuser(fleet.db))
  log.warn('the database user is a superuser; give the fleet a role of its own (MIGRATE_DATABASE_URL)');

const draining = new AbortController();
const server = createApiServer(fleet, draining.signal, readTls(fleet.settings)).listen(port, host);
server.on('error', (error) => {
  log.fatal({ err: error }, `cannot listen on ${host}:${port}`);
  process.exit(1);
});
await once(server, 'listening');
const bot = fleet.settings.telegramToken ? liveHere() : undefined;

const { heartbeatUrl } = fleet.settings;
const heartbeat = heartbeatUrl ? beatWhileHealthy(fleet, heartbeatUrl, draining.signal) : undefined;

/** The bot is loaded where there is one. */
async function liveHere() {
  const { liveBot } = await import('./telegram/live.ts');
  await liveBot(fleet, fleetTurns(fleet.db, paceOf(fleet.settings.telegramPace)), draining.signal);
}

drainOnSignal(drainSeconds, async () => {
  const closed = once(server, 'close');
  // Before the streams are ended: whoever is told the end of one may connect anew at once, and must not be taken here.
  stopListening(server);
  draining.abort();
  // Clients know from `Keep-Alive` how long an idle connection lasts: closed earlier, it could take a request with it that is on its way.
  const grace = Math.min(server.keepAliveTimeout, (drainSeconds * 1_000) / 2);
  await Promise.race([closed, pause(grace, undefined, { ref: false })]);
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearInterval(sweep);
  await Promise.all([bot, heartbeat]);
  await backgroundDone();
  await fleet.close();
});
signalReady();
