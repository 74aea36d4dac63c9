import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { webBuilds, webFolder } from '../../queues/process/web-builds.ts';
import { builtPages } from './browser.ts';

/** Loaded only by pages that draw a chart. */
const CHARTS = /^draw-chart-/;

test('the JavaScript of the console is at most 250 kB, all of its pages in one language together; charts have 150 of their own', async () => {
  const dataDir = await builtPages();
  const assets = join(webFolder(dataDir), String(webBuilds(dataDir)[0]), 'assets');
  const files = readdirSync(assets).filter((file) => file.endsWith('.js.br') && !/^(uk|en)-/.test(file));
  expect(files.length).toBeGreaterThan(5);
  const charts = files.filter((file) => CHARTS.test(file));
  const sizeOf = (chosen: readonly string[]) => chosen.reduce((sum, file) => sum + statSync(join(assets, file)).size, 0);
  expect(charts).toHaveLength(1);
  expect(sizeOf(charts)).toBeLessThanOrEqual(150_000);
  expect(sizeOf(files) - sizeOf(charts)).toBeLessThanOrEqual(250_000);
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
