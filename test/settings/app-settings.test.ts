import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { nouns } from '../../queues/jobs/catalog.ts';
import { settingsFor } from '../../queues/process/app-settings.ts';
import { parseSettings, readSettings } from '../../queues/process/settings.ts';
import { isSecret, settingNames } from '../../queues/process/settings-schema.ts';

const everything = Object.fromEntries(settingNames.map((name) => [name, 'x']));
const apps = ['api', 'scheduler', ...nouns];
/** Only commands use it. */
const NOBODYS = 'MIGRATE_DATABASE_URL';

test.each(settingNames.filter((name) => isSecret.test(name) && name !== NOBODYS))(
  '%s is a secret, and it is written down who needs it',
  (name) => {
    expect(apps.filter((app) => name in settingsFor(app, everything))).not.toEqual([]);
  },
);

test('the owner’s connection goes to no process', () => {
  expect(apps.filter((app) => NOBODYS in settingsFor(app, everything))).toEqual([]);
});

test('a worker gets the database, where its traces go, and no key, token or certificate of others', () => {
  const given = Object.keys(settingsFor('finance', everything)).filter((name) => isSecret.test(name));
  expect(given).toEqual(['DATABASE_URL', 'REDIS_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS']);
});

test('an app gets enough settings to start, whatever else is set', () => {
  const given = {
    HOST: '0.0.0.0',
    TLS_CERT: '/a.pem',
    TLS_KEY: '/b.pem',
    TELEGRAM_WEBHOOK_URL: 'https://studio.example/telegram/webhook',
    TELEGRAM_WEBHOOK_SECRET: 'aX7_kQ2-mP9_rT4-vW6_zB1-cD3',
    STUDIO_LOCALE: 'uk',
  };
  for (const app of apps) expect(parseSettings(settingsFor(app, given))).toMatchObject({ locale: 'uk' });
});

test('a process that has a file of settings reads nothing else', () => {
  const dir = mkdtempSync(join(tmpdir(), 'settings-'));
  const [own, env] = [join(dir, 'own.json'), join(dir, '.env')];
  writeFileSync(own, JSON.stringify({ STUDIO_LOCALE: 'uk' }));
  writeFileSync(env, 'DRAIN_SECONDS=soon\n');
  const read = readSettings({ FLEET_SETTINGS_FILE: own, STUDIO_LOCALE: 'en', PORT: 'http' }, env);
  expect(read).toMatchObject({ locale: 'uk', drainSeconds: 20, port: 3000 });
  expect(() => readSettings({ FLEET_SETTINGS_FILE: join(dir, 'gone.json') }, env)).toThrow(/^FLEET_SETTINGS_FILE: ENOENT/);
});
