import { settingsOrExit } from '../../queues/process/settings.ts';
import { askReadiness } from './ask-api.ts';
import { fleetApps } from './pm2.ts';

const settings = settingsOrExit();
const apps = await fleetApps();
if (apps.length === 0) console.log('The fleet is not running: "npm start" starts it.');
else {
  console.table(
    apps.map(({ name, status, pid, restarts, upSince, memory, cpu }) => ({
      app: name,
      status,
      pid,
      restarts,
      up: `${Math.round((Date.now() - upSince) / 1_000)} s`,
      memory: `${Math.round(memory / 2 ** 20)} MB`,
      cpu: `${cpu} %`,
    })),
  );
  const readiness = await askReadiness(settings);
  if (readiness?.isReady) console.log('Ready: every part is up.');
  else console.log(readiness ? `Not ready: ${readiness.down.join(', ')}` : 'The API does not answer.');
}
