import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { settingsFor } from '../../queues/process/app-settings.ts';
import { type GivenSettings, givenOf, givenSettings, SETTINGS_FILE } from '../../queues/process/given-settings.ts';
import type { App } from './app.ts';

/*
 * Each process has a file with the settings it needs, readable by its owner only, and PM2 knows the file's name alone. So a process
 * that is started again gets the settings that were checked, whatever stands in `.env` by then.
 */
const folderOf = (dataDir: string) => join(dataDir, 'settings');
const environmentFile = (folder: string) => join(folder, 'environment.json');

/** The app with a new file of its settings, which its process will read. */
export function withSettingsFile(app: App, given: GivenSettings, dataDir: string): App & { settingsFile: string } {
  const settingsFile = join(folderOf(dataDir), `${app.name}-${randomBytes(4).toString('hex')}.json`);
  writePrivate(settingsFile, settingsFor(app.name, given));
  return { ...app, env: { ...app.env, [SETTINGS_FILE]: settingsFile }, settingsFile };
}

/** Forgets a file whose process is gone. */
export const dropSettingsFile = (file: string | undefined) => file !== undefined && rmSync(file, { force: true });

/**
 * Remembers what a start was given as variables (`PORT=4000 npm start`), so that a reload from another shell keeps it.
 * Returns it together with `.env`.
 */
export function rememberGiven(dataDir: string, environment: NodeJS.ProcessEnv): GivenSettings {
  const given = givenSettings(environment);
  writePrivate(environmentFile(folderOf(dataDir)), givenOf(environment));
  return given;
}

/**
 * The variables of the start, those of now over them. A variable that is given empty (`PORT= npm run reload`) is forgotten.
 * @param settingsFile the file of a process that runs: what was remembered lies beside it
 */
export function rememberedWith(environment: NodeJS.ProcessEnv, settingsFile: string | undefined): NodeJS.ProcessEnv {
  const file = settingsFile === undefined ? undefined : environmentFile(dirname(settingsFile));
  const remembered: GivenSettings = file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  return { ...remembered, ...environment };
}

function writePrivate(file: string, given: GivenSettings) {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${JSON.stringify(given)}\n`, { mode: 0o600 });
}

/** The data folder a settings file lies in. */
export const dataDirOf = (settingsFile: string) => dirname(dirname(settingsFile));
