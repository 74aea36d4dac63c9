import { demandBucketKey } from '../../queues/process/backup-bucket.ts';
import { givenSettings } from '../../queues/process/given-settings.ts';
import { parseSettings, type Settings, settingsOrExit } from '../../queues/process/settings.ts';
import { readTls } from '../../queues/process/tls.ts';
import { openDatabase } from '../../sql/database/database.ts';
import { embeddedUrl, waitForEmbedded } from '../../sql/database/embedded.ts';
import { checkSchema } from '../../sql/database/schema.ts';
import { fillCompileCache } from './compile-cache.ts';
import { fleetApps, removeProcesses } from './pm2.ts';
import { oneReloadAtATime } from './reload-lock.ts';
import { startNew } from './replace-app.ts';
import { dataDirOf, rememberedWith, rememberGiven } from './settings-files.ts';
import { buildWeb } from './web-build.ts';

/**
 * Starts every process of ours anew, one after the other and without a gap: the new one is ready before the old one drains. The
 * settings and the schema are looked at first, and nothing is touched if they are wrong; a new process that does not come up leaves
 * the old one and ends the reload. The embedded database is not ours to reload and goes on.
 */
const running = (await fleetApps()).filter((app) => app.name !== 'postgres');
if (running.length === 0) console.log('The fleet is not running: "npm start" starts it.');
else {
  await reload().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}

async function reload() {
  const before = running.find((app) => app.settingsFile !== undefined)?.settingsFile;
  const environment = rememberedWith(process.env, before);
  const settings = settingsOrExit(() => {
    const wanted = parseSettings(givenSettings(environment));
    readTls(wanted);
    if (running.some(({ name }) => name === 'cleanup')) demandBucketKey(wanted);
    return wanted;
  });
  if (before !== undefined && dataDirOf(before) !== settings.dataDir)
    throw new Error(
      `FLEET_DATA_DIR: the fleet runs on ${dataDirOf(before)}; another folder is taken by "npm stop" and "npm start"`,
    );
  await checkDatabase(settings);
  await oneReloadAtATime(settings.dataDir, () => replaceAll(settings, environment));
}

/** Looks at the schema as the owner: the role the processes work as may read what migrations there were only after the next one. */
async function checkDatabase(settings: Settings) {
  if (settings.databaseUrl === undefined) await waitForEmbedded(settings.dataDir);
  const url = settings.databaseUrl === undefined ? embeddedUrl(settings.dataDir) : (settings.migrateUrl ?? settings.databaseUrl);
  const db = await openDatabase(url, { max: 1, name: 'reload' });
  try {
    await checkSchema(db);
  } finally {
    await db.end();
  }
}

async function replaceAll(settings: Settings, environment: NodeJS.ProcessEnv) {
  // The settings of this reload are what PM2's apps are described by, too.
  Object.assign(process.env, environment);
  const { apps } = await import('../../ecosystem.config.js');
  if (running.some((app) => app.name === 'api')) await buildWeb(settings.dataDir, console.log);
  await fillCompileCache(apps, settings.dataDir);
  const given = givenSettings(environment);
  const names = [...new Set(running.map((app) => app.name))].filter((name) => apps.some((app) => app.name === name));
  // The old one drains while the next app's new process starts.
  const drains: Promise<void>[] = [];
  try {
    for (const name of names) {
      const app = apps.find((candidate) => candidate.name === name);
      const old = running.filter((process) => process.name === name);
      if (!app) continue;
      await startNew(app, old, given, settings.dataDir);
      drains.push(removeProcesses(old));
    }
  } finally {
    await Promise.all(drains);
  }
  rememberGiven(settings.dataDir, environment);
  console.log(`Reloaded ${names.join(', ')}.`);
  const missing = apps.map(({ name }) => name).filter((name) => name !== 'postgres' && !names.includes(name));
  if (missing.length > 0) console.log(`Not running here: ${missing.join(', ')}. What an update has brought, "npm start" starts.`);
}
