import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { webBuilds, webFolder } from '../../queues/process/web-builds.ts';
import { builtPages } from './browser.ts';
import { FIRST_LOADS, firstLoadOf } from './first-load.ts';

test.each(FIRST_LOADS)('$who: at most $most bytes of JavaScript', async (load) => {
  const dataDir = await builtPages();
  const bytes = firstLoadOf(join(webFolder(dataDir), String(webBuilds(dataDir)[0])), load);
  expect(bytes).toBeGreaterThan(1_000);
  expect(bytes).toBeLessThanOrEqual(load.most);
});

test('of a language the part that the console loads first is counted, not the whole', async () => {
  const dataDir = await builtPages();
  const build = join(webFolder(dataDir), String(webBuilds(dataDir)[0]));
  const loadOf = (parts: string[]) => firstLoadOf(build, { page: 'console', parts } as never);
  const first = loadOf(['BoardPage', 'first-ru']);
  expect(first).toBeGreaterThan(100_000);
  expect(first - loadOf(['BoardPage'])).toBeGreaterThan(2_000);
  expect(first - loadOf(['BoardPage'])).toBeLessThan(15_000);
  expect(() => loadOf(['nothing-of-the-kind'])).toThrow('the build has no nothing-of-the-kind');
});

test('the code that draws charts is loaded with them alone, and is at most 150 kB of JavaScript', async () => {
  const dataDir = await builtPages();
  const assets = join(webFolder(dataDir), String(webBuilds(dataDir)[0]), 'assets');
  const charts = readdirSync(assets).filter((file) => /^draw-chart-.*\.js\.br$/.test(file));
  expect(charts).toHaveLength(1);
  expect(statSync(join(assets, String(charts[0]))).size).toBeLessThanOrEqual(150_000);
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
