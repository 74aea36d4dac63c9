import { fleetApps, reloadApp, withPm2 } from './pm2.ts';

/**
 * Starts every process of ours anew, one after the other and without a gap: the new one is ready before the old one drains.
 * The embedded database is not ours to reload and goes on.
 */
await withPm2(async () => {
  const names = [...new Set((await fleetApps()).map((app) => app.name))].filter((name) => name !== 'postgres');
  if (names.length === 0) return console.log('The fleet is not running: "npm start" starts it.');
  for (const name of names) await reloadApp(name);
  console.log(`Reloaded ${names.join(', ')}.`);
});
