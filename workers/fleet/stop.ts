import { endIdleDaemon, fleetApps, removeApp, withPm2 } from './pm2.ts';

/** Stops the fleet and loses nothing: first everyone drains while the database still answers, then the database. */
await withPm2(async () => {
  const names = new Set((await fleetApps()).map((app) => app.name));
  if (names.size === 0) console.log('The fleet is not running.');
  await Promise.all([...names].filter((name) => name !== 'postgres').map((name) => removeApp(name)));
  if (names.has('postgres')) await removeApp('postgres');
  if (names.size > 0)
    console.log(`Stopped ${[...names].join(', ')}. What is queued stands in the book and goes on at the next start.`);
  await endIdleDaemon();
});
// A socket of PM2's may outlive its daemon and would keep this process.
process.exit();
