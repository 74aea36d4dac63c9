import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { settingNames } from './settings-schema.ts';

/** Variables that begin like ours must be ours: `STUDIO_TIMEZONE` is a typo, not a stranger. */
const OUR_PREFIXES = /^(STUDIO|FLEET|TELEGRAM|DRAIN|RETENTION|RENEWAL|VENDING)_/;

/** Where `npm start` has put the settings of one app. It is no setting: whoever has it reads nothing else. */
export const SETTINGS_FILE = 'FLEET_SETTINGS_FILE';

/** A setting that cannot be used. Its message is one line that names the setting, what was given and what is accepted. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

/** Settings by name, as text: what somebody has given, before it is parsed. */
export type GivenSettings = Record<string, string>;

/**
 * The settings that are given: in the process environment, else in a `.env` file of the working folder. An app that `npm start`
 * has started reads the file that was made for it, and nothing else. An empty variable counts as unset.
 * Throws {@link SettingsError} for an unknown one.
 */
export function givenSettings(environment: NodeJS.ProcessEnv = process.env, envFile = '.env'): GivenSettings {
  const own = environment[SETTINGS_FILE];
  if (own) return readOwn(own);
  const file = existsSync(envFile) ? parseEnv(readFileSync(envFile, 'utf8')) : {};
  refuseUnknown(Object.keys(file), `${envFile} knows no such setting`);
  refuseUnknown(
    Object.keys(environment).filter((name) => OUR_PREFIXES.test(name) && name !== SETTINGS_FILE),
    'there is no such setting',
  );
  return givenOf({ ...file, ...givenOf(environment) });
}

/** Of a process environment what is a setting and not empty. */
export const givenOf = (environment: NodeJS.ProcessEnv): GivenSettings =>
  Object.fromEntries(settingNames.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));

function readOwn(file: string): GivenSettings {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new SettingsError(`${SETTINGS_FILE}: ${(error as Error).message}; "npm start" writes it`);
  }
}

function refuseUnknown(given: string[], why: string) {
  const unknown = given.find((name) => !settingNames.includes(name));
  if (unknown) throw new SettingsError(`${unknown}: ${why}; accepted: ${settingNames.join(', ')}`);
}
