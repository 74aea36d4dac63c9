import { settingsOrExit } from '../../queues/process/settings.ts';
import { fleetApps, withPm2 } from './pm2.ts';
import { downParts } from './wait-until-ready.ts';
import { baseUrl } from './where-to-look.ts';

const settings = settingsOrExit();
const apps = await withPm2(fleetApps);
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
  const response = await fetch(`${baseUrl(settings)}/health/ready`).catch(() => undefined);
  if (response?.ok) console.log('Ready: every part is up.');
  else console.log(response ? `Not ready: ${downParts(await response.json()).join(', ')}` : 'The API does not answer.');
}
