import { once } from 'node:events';
import { openFleet } from '../queues/fleet.ts';
import { drainOnSignal, sayReady } from '../queues/lifecycle.ts';
import { log } from '../queues/log.ts';
import { upsertKey } from '../sql/api-keys.ts';
import { createApp } from './app.ts';

const fleet = await openFleet('api');
const { host, port, drainSeconds, apiKeys } = fleet.settings;
for (const key of apiKeys) await upsertKey(fleet.db, key);

const draining = new AbortController();
const server = createApp(fleet, draining.signal).listen(port, host);
server.on('error', (error) => {
  log.fatal({ err: error }, `cannot listen on ${host}:${port}`);
  process.exit(1);
});
await once(server, 'listening');

drainOnSignal(drainSeconds, async () => {
  draining.abort();
  const closed = once(server, 'close');
  server.close();
  // A connection that was busy just now is idle when its answer is out.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearInterval(sweep);
  await fleet.close();
});
sayReady();
