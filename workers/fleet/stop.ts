import { endIdleDaemon, fleetApps, removeProcesses } from './pm2.ts';

/** Stops the fleet and loses nothing: first everyone drains while the database still answers, then the database. */
const apps = await fleetApps();
if (apps.length === 0) console.log('The fleet is not running.');
await removeProcesses(apps.filter((app) => app.name !== 'postgres'));
await removeProcesses(apps.filter((app) => app.name === 'postgres'));
if (apps.length > 0) {
  const names = [...new Set(apps.map((app) => app.name))];
  console.log(`Stopped ${names.join(', ')}. What is queued stands in the database and goes on at the next start.`);
}
await endIdleDaemon();
