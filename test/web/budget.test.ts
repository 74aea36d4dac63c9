import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { webBuilds, webFolder } from '../../queues/process/web-builds.ts';
import { builtPages } from './browser.ts';

test('what the console loads first, with its board and one language, is at most 250 kB of JavaScript', async () => {
  const dataDir = await builtPages();
  const build = join(webFolder(dataDir), String(webBuilds(dataDir)[0]));
  const assets = join(build, 'assets');
  const named = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => String(name));
  const html = globSync('**/*.html', { cwd: build }).map((file) => readFileSync(join(build, file), 'utf8'));
  const waiting = [
    ...named(html.join(), /assets\/([\w-]+\.js)/g),
    ...readdirSync(assets).filter((file) => /^(BoardPage|first-ru)-[\w-]+\.js$/.test(file)),
  ];
  const loaded = new Set<string>();
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (loaded.has(file)) continue;
    loaded.add(file);
    waiting.push(...named(readFileSync(join(assets, file), 'utf8'), /(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g));
  }
  expect(loaded.size).toBeGreaterThan(5);
  const sizes = [...loaded].map((file) => statSync(join(assets, `${file}.br`), { throwIfNoEntry: false })?.size ?? 0);
  const sum = sizes.reduce((total, size) => total + size, 0);
  expect(sum).toBeGreaterThan(100_000);
  expect(sum).toBeLessThanOrEqual(250_000);
});

test('what a visitor of the site loads first is at most 60 kB of JavaScript', async () => {
  const dataDir = await builtPages();
  const build = join(webFolder(dataDir), String(webBuilds(dataDir)[0]));
  const page = readFileSync(join(build, 'site', 'index.html'), 'utf8');
  const files = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, file]) => String(file));
  const inside = [...page.matchAll(/<script type="module">(.*?)<\/script>/gs)].map(([, script]) => String(script));
  expect(files.length + inside.length).toBeGreaterThan(0);
  const packed = inside.reduce((sum, script) => sum + brotliCompressSync(script).length, 0);
  expect(files.reduce((sum, file) => sum + statSync(join(build, `${file}.br`)).size, packed)).toBeLessThanOrEqual(60_000);
});

test.each([
  ['client', ['client']],
  ['trainer', ['trainer']],
  ['admin', ['trainer', 'admin']],
])('what a %s loads of the Mini App, with one language, is at most 60 kB of JavaScript', async (_role, parts) => {
  const dataDir = await builtPages();
  const build = join(webFolder(dataDir), String(webBuilds(dataDir)[0]));
  const page = readFileSync(join(build, 'app', 'index.html'), 'utf8');
  const every = readdirSync(join(build, 'assets')).filter((file) => file.endsWith('.js'));
  const loaded = new Set<string>();
  const load = (file: string) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const text = readFileSync(join(build, 'assets', file), 'utf8');
    for (const [, name] of text.matchAll(/(?:from|import)\s*["']\.\/([\w-]+\.js)["']/g)) load(String(name));
  };
  for (const [, file] of page.matchAll(/(?:src|href)="\/assets\/([^"]+\.js)"/g)) load(String(file));
  for (const part of parts) load(String(every.find((file) => file.startsWith(`${part}-screens-`))));
  const sizeOf = (file: string) => statSync(join(build, 'assets', `${file}.br`)).size;
  // Of the two that are called `ru`, the smaller one is the Mini App's.
  const language = Math.min(...every.filter((file) => /^ru-[\w-]+\.js$/.test(file)).map(sizeOf));
  expect(loaded.size).toBeGreaterThan(4);
  expect([...loaded].reduce((sum, file) => sum + sizeOf(file), language)).toBeLessThanOrEqual(60_000);
});

test('what draws charts is loaded with them alone, and is at most 150 kB of JavaScript', async () => {
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
