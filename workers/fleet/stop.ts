import { endIdleDaemon, fleetApps, removeApp, withPm2 } from './pm2.ts';

/** Stops the fleet and loses nothing: first everyone drains while the database still answers, then the database. */
await withPm2(async () => {
  const names = new Set((await fleetApps()).map((app) => app.name));
  if (names.size === 0) console.log('The fleet is not running.');
  await removeAll([...names].filter((name) => name !== 'postgres'));
  if (names.has('postgres')) await removeAll(['postgres']);
  if (names.size > 0)
    console.log(`Stopped ${[...names].join(', ')}. What is queued stands in the book and goes on at the next start.`);
  await endIdleDaemon();
});

/** Somebody else may be removing an app at this moment: what matters is that none is left. */
async function removeAll(names: readonly string[]) {
  const removals = await Promise.allSettled(names.map((name) => removeApp(name)));
  const left = new Set((await fleetApps()).map((app) => app.name));
  for (const [n, removal] of removals.entries()) {
    if (removal.status === 'rejected' && left.has(names[n]!)) throw removal.reason;
  }
}

// A socket of PM2's may outlive its daemon and would keep this process.
process.exit();
