import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { nouns } from '../../queues/jobs/catalog.ts';
import { settingsFor } from '../../queues/process/app-settings.ts';
import { parseSettings } from '../../queues/process/settings.ts';
import { settingNames } from '../../queues/process/settings-schema.ts';
import { newSecret } from '../../sql/auth/api-keys.ts';

/*
 * No engine for containers runs where these tests do: what the files name is held to what there is, no more.
 */
const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const exists = (file: string) => existsSync(new URL(`../../${file}`, import.meta.url));

type Service = {
  image: string;
  command?: string[];
  build?: { context: string; dockerfile: string };
  environment?: Record<string, string>;
  depends_on?: Record<string, unknown>;
  volumes?: string[];
};
const compose: { services: Record<string, Service>; volumes: Record<string, null>; networks: Record<string, null> } = parse(
  read('.docker/compose.yaml'),
  { merge: true },
);
const ours = Object.entries(compose.services).filter(([, { image }]) => image === 'studio-fleet');
const apps = ours.filter(([name]) => name !== 'migrate');
const dockerfile = read('.docker/Dockerfile');

test('there is a container for each process of the fleet, and for the migration', () => {
  expect(ours.map(([name]) => name).toSorted()).toEqual(['api', 'scheduler', 'migrate', ...nouns].toSorted());
});

test.each(ours)('%s runs a file that there is', (name, { command = [] }) => {
  const [program, file = ''] = command;
  expect(program).toBe('node');
  expect(exists(file)).toBe(true);
  if (nouns.includes(name as never)) expect(file).toBe(`workers/${name}/main.ts`);
});

/** What compose makes of a value: a variable that must be given is, one that may be is not. */
const given = (value: string) =>
  value
    .replace(/\$\{API_KEYS:-\}/, `admin:${newSecret()}:*`)
    .replace(/\$\{\w+:\?\}/g, 'given')
    .replace(/\$\{\w+:-([^}]*)\}/g, '$1');

test.each(ours)('%s is given settings that there are, and can start with them', (name, { environment = {} }) => {
  expect(Object.keys(environment).filter((setting) => !settingNames.includes(setting))).toEqual([]);
  const values = Object.entries(environment).map(([setting, value]) => [setting, given(value)] as const);
  const settings = Object.fromEntries(values.filter(([, value]) => value !== ''));
  expect(() => parseSettings(settings)).not.toThrow();
  // The migration is a command: it reads what an app does not get.
  if (name !== 'migrate') expect(settingsFor(name, settings)).toEqual(settings);
});

test.each(apps)('%s waits for what there is', (_, { depends_on = {}, volumes = [] }) => {
  expect(Object.keys(depends_on)).toEqual(['migrate', 'redis']);
  for (const name of Object.keys(depends_on)) expect(compose.services).toHaveProperty(name);
  for (const volume of volumes) expect(compose.volumes).toHaveProperty(volume.split(':')[0] ?? '');
});

test('the image is built of what there is, on the Node the fleet needs', () => {
  expect(compose.services.migrate?.build).toEqual({ context: '..', dockerfile: '.docker/Dockerfile' });
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) => files.split(' '));
  expect(copied.length).toBeGreaterThan(8);
  expect(copied.filter((file) => !exists(file))).toEqual([]);
  const admitted = read('.docker/Dockerfile.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  expect(admitted.toSorted()).toEqual([...new Set(copied)].toSorted());
  for (const [, file = ''] of dockerfile.matchAll(/\bnode (\S+\.ts)/g)) expect(exists(file)).toBe(true);
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
  for (const [, version] of dockerfile.matchAll(/^FROM node:(\d+)/gm)) expect(`>=${version}`).toBe(engines.node);
});

test('their README says that nobody has tried them, and its commands name files that there are', () => {
  const words = read('.docker/README.md');
  expect(words).toContain('Not tried yet');
  for (const [, file = ''] of words.matchAll(/([\w./-]+\.(?:ts|yaml|sh))\b/g))
    expect(exists(file) || exists(`.docker/${file}`)).toBe(true);
});
