import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { webBuilds, webFolder } from '../../queues/process/web-builds.ts';
import { builtPages } from './browser.ts';

test('the JavaScript of the console is at most 250 kB, all of its pages in one language together', async () => {
  const dataDir = await builtPages();
  const assets = join(webFolder(dataDir), String(webBuilds(dataDir)[0]), 'assets');
  const files = readdirSync(assets).filter((file) => file.endsWith('.js.br') && !/^(uk|en)-/.test(file));
  expect(files.length).toBeGreaterThan(5);
  expect(files.reduce((sum, file) => sum + statSync(join(assets, file)).size, 0)).toBeLessThanOrEqual(250_000);
});

test('what a visitor of the site loads first is at most 60 kB of JavaScript', async () => {
  const dataDir = await builtPages();
  const build = join(webFolder(dataDir), String(webBuilds(dataDir)[0]));
  const page = readFileSync(join(build, 'site', 'index.html'), 'utf8');
  const files = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, file]) => String(file));
  expect(files.length).toBeGreaterThan(0);
  expect(files.reduce((sum, file) => sum + statSync(join(build, `${file}.br`)).size, 0)).toBeLessThanOrEqual(60_000);
});

test('the lock names what the build needs on every platform that a newcomer may have', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, object> };
  const platforms = [
    'linux-x64-gnu',
    'linux-x64-musl',
    'linux-arm64-gnu',
    'linux-arm64-musl',
    'darwin-x64',
    'darwin-arm64',
    'win32-x64-msvc',
  ];
  for (const platform of platforms)
    for (const name of [`@rolldown/binding-${platform}`, `lightningcss-${platform}`])
      expect(Object.keys(packages)).toContain(`node_modules/${name}`);
});
