import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { webBuilds } from '../../queues/process/web-builds.ts';
import { buildWeb } from '../../workers/fleet/web-build.ts';
import { smallSite } from '../site/salon-site.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { builtPages } from './browser.ts';

let dataDir: string;
let built: string;
let api: TestApi;
const OLDER = '0123456789abcdef';

beforeAll(async () => {
  const pages = await builtPages();
  [built] = webBuilds(pages) as [string];
  dataDir = mkdtempSync(join(tmpdir(), 'studio-fleet-web-'));
  cpSync(join(pages, 'web', built), join(dataDir, 'web', built), { recursive: true });
  cpSync(join(pages, 'web', built), join(dataDir, 'web', OLDER), { recursive: true });
  writeFileSync(join(dataDir, 'web', OLDER, 'assets', 'of-the-build-before.js'), 'export {};');
  writeFileSync(join(dataDir, 'web', 'builds.json'), JSON.stringify([built, OLDER]));
  api = await testApi({ settings: { FLEET_DATA_DIR: dataDir } });
});
afterAll(async () => {
  await api.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const anybody = (path: string, headers: Record<string, string> = {}) => fetch(api.url + path, { headers, redirect: 'manual' });
const script = () => readdirSync(join(dataDir, 'web', built, 'assets')).find((file) => /^console-.*\.js$/.test(file)) as string;

test('every path of the console is its page, asked for anew each time, under a policy of its own', async () => {
  for (const path of ['/console', '/console/', '/console/sign-in', '/console/night/17']) {
    const page = await anybody(path);
    expect([path, page.status, page.headers.get('content-type'), page.headers.get('cache-control')]).toEqual([
      path,
      200,
      'text/html; charset=utf-8',
      'no-cache',
    ]);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const text = await page.text();
    expect(JSON.parse(/id="studio">(.*?)<\/script>/.exec(text)?.[1] ?? '')).toMatchObject({
      zone: 'Europe/Moscow',
      currency: 'RUB',
      hasSession: false,
    });
    expect([...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, to]) => to).filter((to) => !to?.startsWith('/assets/'))).toEqual(
      [],
    );
  }
});

test('each answer has another nonce', async () => {
  const nonces = await Promise.all(
    [1, 2].map(async () => /'nonce-([^']+)'/.exec((await anybody('/console')).headers.get('content-security-policy') ?? '')?.[1]),
  );
  expect(new Set(nonces).size).toBe(2);
});

test('the first page of the site brings its styles and its script along, and fits into the first packets of a connection', async () => {
  const { service } = await smallSite(api);
  const FIRST_PACKETS = 14_000;
  const raw = await new Promise<IncomingMessage & { bytes: Buffer }>((done, failed) => {
    const headers = { Accept: 'text/html', 'Accept-Encoding': 'gzip, br' };
    get(`${api.url}/?service=${service}`, { headers }, async (answer) => {
      const bytes = await buffer(answer);
      done(Object.assign(answer, { bytes }));
    }).on('error', failed);
  });
  expect([raw.headers['content-encoding'], raw.headers.vary]).toEqual(['br', expect.stringContaining('Accept-Encoding')]);
  expect(raw.bytes.length).toBeLessThan(FIRST_PACKETS);
  const text = brotliDecompressSync(raw.bytes).toString();
  expect(text).toMatch(/name="start" value="/);
  expect(text).not.toMatch(/rel="stylesheet"|<script[^>]* src=/);
  const policy = String(raw.headers['content-security-policy']);
  for (const [part, source] of [
    [/<style>(.*?)<\/style>/s, 'style-src'],
    [/<script type="module">(.*?)<\/script>/s, 'script-src'],
  ] as const) {
    const [, inside = ''] = part.exec(text) ?? [];
    expect([source, inside.length > 1_000]).toEqual([source, true]);
    expect(policy).toContain(`${source} 'self' 'sha256-${createHash('sha256').update(inside).digest('base64')}'`);
  }
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
});

test('a page that the script takes has neither styles nor scripts: both are there already', async () => {
  const taken = await (await anybody('/', { Accept: 'text/html', 'Sec-Fetch-Dest': 'empty' })).text();
  expect(taken).toMatch(/<main id="main"/);
  expect(taken).not.toMatch(/<style|<script/);
});

test('a page of somebody who is signed in is not packed: its length tells nothing of the token of its forms', async () => {
  const client = await personOf(api, 'client');
  for (const path of ['/', '/cabinet']) {
    const page = await anybody(path, { Accept: 'text/html', 'Accept-Encoding': 'br, gzip', Cookie: client.cookie });
    expect([path, page.status, page.headers.get('content-encoding')]).toEqual([path, 200, null]);
  }
});

test('assets are kept for ever, and come as small as the browser takes them', async () => {
  const path = `/assets/${script()}`;
  const plain = readFileSync(join(dataDir, 'web', built, path));
  for (const [accepted, encoding] of [
    ['br, gzip', 'br'],
    ['gzip', 'gzip'],
    ['identity', null],
  ] as const) {
    const asset = await anybody(path, { 'Accept-Encoding': accepted });
    expect([accepted, asset.status, asset.headers.get('content-encoding'), asset.headers.get('cache-control')]).toEqual([
      accepted,
      200,
      encoding,
      'public,max-age=31536000,immutable',
    ]);
    expect(asset.headers.get('content-type')).toMatch(/^text\/javascript/);
    expect(Buffer.from(await asset.arrayBuffer()).equals(plain)).toBe(true);
  }
});

test('a missing asset is a 404 and never a page, and one of the build before is still there', async () => {
  const missing = await anybody('/assets/of-long-ago.js');
  expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'application/problem+json; charset=utf-8']);
  expect((await anybody('/console/of-long-ago.js')).status).not.toBe(200);
  expect((await anybody('/assets/of-the-build-before.js')).status).toBe(200);
  expect((await anybody('/assets/..%2f..%2fadmin-key')).status).toBe(404);
});

test('a link to join leads to its page with its token', async () => {
  const answer = await anybody('/join?token=abc');
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/console/join?token=abc']);
});

test('a new build is served without a restart', async () => {
  const own = mkdtempSync(join(tmpdir(), 'studio-fleet-web-'));
  const other = await testApi({ settings: { FLEET_DATA_DIR: own } });
  try {
    const before = await fetch(`${other.url}/console`);
    expect([before.status, await before.text()]).toEqual([503, expect.stringContaining('npm start')]);
    cpSync(join(dataDir, 'web'), join(own, 'web'), { recursive: true });
    let status = 503;
    while (status === 503) status = (await fetch(`${other.url}/console`)).status;
    expect(status).toBe(200);
  } finally {
    await other.close();
    rmSync(own, { recursive: true, force: true });
  }
});

test('pages that did not change are not built again, and a build that fails says what to do', async () => {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  expect(await buildWeb(await builtPages(), say)).toBe(true);
  expect(said).toEqual([]);
  const own = mkdtempSync(join(tmpdir(), 'studio-fleet-web-'));
  writeFileSync(join(own, 'web'), 'a file where the folder should be');
  expect(await buildWeb(own, say)).toBe(false);
  expect(said.join('\n')).toMatch(/could not be built[\s\S]*everything else works[\s\S]*"npm start", tries again/);
  rmSync(own, { recursive: true, force: true });
});
