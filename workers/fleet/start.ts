import { parseArgs } from 'node:util';
import { demandBucketKey } from '../../queues/process/backup-bucket.ts';
import { databaseUrlOf } from '../../queues/process/fleet.ts';
import { readSettings, settingsOrExit } from '../../queues/process/settings.ts';
import { readTls } from '../../queues/process/tls.ts';
import { openDatabase } from '../../sql/database/database.ts';
import { freePort, hasEmbedded, isPortFree, prepareEmbedded, waitForEmbedded } from '../../sql/database/embedded.ts';
import { isSuperuser } from '../../sql/database/role.ts';
import { ensureAdminKey } from './admin-key.ts';
import { fillCompileCache } from './compile-cache.ts';
import { sayDemoLinks } from './demo-entrance.ts';
import { firstNight, loadDemoIfNew } from './first-night.ts';
import { sayFirstOwnerLink } from './first-owner.ts';
import { endForsakenServer } from './forsaken.ts';
import { migrateDatabase } from './migrate-database.ts';
import { fleetApps, startApps } from './pm2.ts';
import { sayNotArchiving } from './say-not-archiving.ts';
import { rememberedWith, rememberGiven, withSettingsFile } from './settings-files.ts';
import { waitUntilReady } from './wait-until-ready.ts';
import { buildWeb } from './web-build.ts';
import { whereToLook } from './where-to-look.ts';

const settings = settingsOrExit(() => {
  const given = readSettings();
  readTls(given);
  return given;
});
const { values } = parseArgs({ options: { only: { type: 'string' }, empty: { type: 'boolean' } } });
const say = (line: string) => console.log(line);
const SUPERUSER =
  'DATABASE_URL is a superuser: give the fleet a role of its own that may read and write rows, and MIGRATE_DATABASE_URL for migrations';

await start().catch((error: Error) => {
  console.error(`\nThe fleet did not start: ${error.message}`);
  process.exitCode = 1;
});

/** Prepares what is missing, starts what does not run, and says where to look. Harmless when all of it runs already. */
async function start() {
  const known = await fleetApps();
  const running = known.filter((app) => app.status === 'online').map((app) => app.name);
  const isEmbedded = !settings.databaseUrl;
  if (isEmbedded && values.only)
    throw new Error('--only starts workers beside a fleet elsewhere: set DATABASE_URL to the database they share');
  if (values.only?.includes('cleanup') ?? true) demandBucketKey(settings);
  if (isEmbedded && !running.includes('postgres')) {
    if (await endForsakenServer(settings.dataDir)) say('Ended an embedded PostgreSQL that nobody looks after any more');
    say(
      hasEmbedded(settings.dataDir) ? 'Starting the embedded PostgreSQL' : `Making an embedded PostgreSQL in ${settings.dataDir}`,
    );
    await prepareEmbedded(settings.dataDir, { backupDir: settings.backupDir, backupKeyFile: settings.backupKeyFile });
  }
  const { apps } = await import('../../ecosystem.config.js');
  const wanted = choose(apps, values.only).filter((app) => !running.includes(app.name));
  const [database, processes] = [
    wanted.filter((app) => app.name === 'postgres'),
    wanted.filter((app) => app.name !== 'postgres'),
  ];
  if (processes.some((app) => app.name === 'api') && !(await isPortFree(settings.port, settings.host))) {
    throw new Error(
      `port ${settings.port} on ${settings.host} is taken by another program: set PORT (${await freePort()} is free)`,
    );
  }
  await startApps(database);
  if (isEmbedded) {
    await waitForEmbedded(settings.dataDir);
    await sayNotArchiving(settings, say);
  }

  const applied = await migrateDatabase(settings);
  if (applied.length > 0) say(`Migrated the database: ${applied.length} steps`);
  const db = await openDatabase(databaseUrlOf(settings), { max: 2, name: 'start' });
  try {
    if (await isSuperuser(db)) say(SUPERUSER);
    if (isEmbedded && !values.empty) await loadDemoIfNew(db, settings, say);
    const key = await ensureAdminKey(db, settings);
    if (wanted.some((app) => app.name === 'api') || running.includes('api')) await buildWeb(settings.dataDir, say);
    await fillCompileCache(apps, settings.dataDir);
    say(processes.length > 0 ? `Starting ${processes.map((app) => app.name).join(', ')}` : 'Everything runs already');
    const before = rememberedWith(process.env, known.find((app) => app.settingsFile !== undefined)?.settingsFile);
    const given = processes.length > 0 ? rememberGiven(settings.dataDir, before) : {};
    await startApps(processes.map((app) => withSettingsFile(app, given, settings.dataDir)));
    if (values.only) return say('Started; "npm run status" shows them');
    await waitUntilReady(settings);
    if (isEmbedded && !values.empty) await firstNight(db, settings, say);
    whereToLook(settings, key, say);
    await sayFirstOwnerLink(db, settings, say);
    await sayDemoLinks(db, settings, say);
  } finally {
    await db.end();
  }
}

function choose<A extends { name: string }>(apps: readonly A[], only: string | undefined): A[] {
  if (only === undefined) return [...apps];
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !apps.some((app) => app.name === name));
  if (unknown !== undefined)
    throw new Error(`--only: there is no app "${unknown}"; there are: ${apps.map((app) => app.name).join(', ')}`);
  return apps.filter((app) => names.includes(app.name));
}
