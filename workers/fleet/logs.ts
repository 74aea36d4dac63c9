import { spawn } from 'node:child_process';
import { environmentForPm2, fleetApps, pm2Program } from './pm2.ts';

/** PM2's own `logs` with whatever arguments are given; it would start a daemon if there were none. */
if ((await fleetApps()).length === 0) console.log('The fleet is not running: "npm start" starts it.');
else {
  const logs = spawn(process.execPath, [pm2Program, 'logs', ...process.argv.slice(2)], {
    env: environmentForPm2(),
    stdio: 'inherit',
  });
  logs.once('exit', (code) => process.exit(code ?? 0));
}
