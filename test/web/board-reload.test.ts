import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { webBuilds, webFolder } from '../../queues/process/web-builds.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { ownProcess } from '../faults/own-process.ts';
import { inDays } from '../support/days.ts';
import { eventually } from '../support/eventually.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { studio } from '../support/studio.ts';
import { agree, carry, dialogOf, entryOf, instantAt, said, standsAt, trainingAt, trainingIs, trainingNow } from './board-hand.ts';
import { builtPages, type ConsoleWorld, consoleWorld, inBrowser } from './browser.ts';

const [FIRST, SECOND, THIRD] = ['1111111111111111', '2222222222222222', '3333333333333333'] as const;
let world: ConsoleWorld;
let owner: TestPerson;
let dataDir: string;
let port: string;
let id: number;
const day = inDays(12);
const processes: { kill(): Promise<void> }[] = [];

beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld({}, { isEmpty: true });
  owner = await personOf(world.api, 'owner');
  const make = studio(world.api.db);
  id = await trainingAt(world, { type: await make.type(), trainer: await make.trainer(), day, clock: '10:00' });
  dataDir = mkdtempSync(join(tmpdir(), 'studio-fleet-reload-'));
  const pages = await builtPages();
  const [built] = webBuilds(pages) as [string];
  for (const name of [FIRST, SECOND, THIRD]) putBuild(join(webFolder(pages), built), name);
  serve(FIRST);
  port = String(await freePort());
});
afterAll(async () => {
  for (const process of processes) await process.kill();
  await world?.close();
  if (dataDir) rmSync(dataDir, { recursive: true, force: true });
});

/** The same pages as a build of its own: its assets have other names, as after a change of what they are made of. */
function putBuild(from: string, name: string) {
  const folder = join(webFolder(dataDir), name);
  cpSync(from, folder, { recursive: true, filter: (file) => !/\.(br|gz)$/.test(file) });
  const assets = join(folder, 'assets');
  const names = new Map(readdirSync(assets).map((file) => [file, file.replace(/(?=\.\w+$)/, name.slice(0, 4))]));
  for (const [file, renamed] of names) {
    cpSync(join(assets, file), join(assets, renamed));
    rmSync(join(assets, file));
  }
  const texts = [...names.values()].map((file) => join(assets, file)).filter((file) => /\.(js|css)$/.test(file));
  for (const file of [...texts, join(folder, 'console', 'index.html')]) {
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text.replaceAll(/[\w.-]+\.(?:js|css|svg|woff2)/g, (found) => names.get(found) ?? found),
    );
  }
}
/** Says which builds there are, the newest first; others are gone. */
const serve = (...builds: string[]) => writeFileSync(join(webFolder(dataDir), 'builds.json'), JSON.stringify(builds));
async function start() {
  const process = await ownProcess('api/server.ts', {
    ...{ DATABASE_URL: world.api.database.url, PORT: port, FLEET_DATA_DIR: dataDir, REDIS_URL: '', DRAIN_SECONDS: '10' },
  });
  processes.push(process);
  return process;
}
/** Names of the build that a page loaded parts from since it was asked last. */
function parts(page: Page) {
  const loaded: string[] = [];
  page.on('response', (response) => {
    const [, name] = /^\/assets\/.*(\d{4})\.js$/.exec(new URL(response.url()).pathname) ?? [];
    if (name) loaded.push(`${name} ${response.status()}`);
  });
  return () => [...new Set(loaded.splice(0))];
}
/** Gone with the page when it is loaded anew. */
const mark = (page: Page) => page.evaluate('globalThis.isTheSame = true');
const isTheSame = (page: Page) => page.evaluate<boolean>('globalThis.isTheSame === true');

inBrowser(
  'a tab goes on across a reload with new pages: it hears of changes, opens what is of its own build, and moves',
  async () => {
    const first = await start();
    const [key, baseURL] = [`training-${id}`, `http://127.0.0.1:${port}`];
    const page = await world.visit({ token: owner.token, baseURL, viewport: { width: 1400, height: 1300 } });
    const loaded = parts(page);
    await page.goto(`/console/?date=${day}`);
    await entryOf(page, key).waitFor();
    await mark(page);
    expect(loaded()).toEqual([`${FIRST.slice(0, 4)} 200`]);

    serve(SECOND, FIRST);
    first.signal('SIGTERM');
    expect(await first.exit()).toBe(0);
    // While there is no process at all, a page that is not loaded yet does not take the tab with it.
    await page.getByRole('navigation').getByRole('link', { name: 'Settings', exact: true }).click();
    await said(page, /The server did not answer/);
    expect([await isTheSame(page), await entryOf(page, key).count()]).toEqual([true, 1]);
    await start();

    const { version } = await trainingNow(world, id);
    await world.api.patch(`/real-trainings/${id}`, { starts_at: instantAt(world, day, '15:00'), version });
    await standsAt(page, key, '15:00–');
    loaded();
    await entryOf(page, key).click();
    await dialogOf(page).getByText('Places taken').waitFor();
    expect(loaded()).toEqual([`${FIRST.slice(0, 4)} 200`]);
    await dialogOf(page).getByRole('button', { name: 'Close' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await carry(page, key, { hours: 1 });
    await page.mouse.up();
    await agree(page);
    await trainingIs(world, id, { starts_at: instantAt(world, day, '16:00') });
    await standsAt(page, key, '16:00–');
    expect(await isTheSame(page)).toBe(true);

    // Two builds later its parts are gone: it is loaded anew where it is, once, and goes on as the newest build.
    const handOver = readdirSync(join(webFolder(dataDir), FIRST, 'assets')).find((file) => /^HandOver-.*\.js$/.test(file));
    serve(THIRD, SECOND);
    await eventually(async () => (await fetch(`${baseURL}/assets/${handOver}`)).status === 404);
    const giveAway = async () => {
      await page.getByRole('button', { name: 'More' }).click();
      await page.getByText('Give the day’s trainings to another trainer').click();
    };
    await giveAway();
    await eventually(async () => !(await isTheSame(page).catch(() => true)));
    await entryOf(page, key).filter({ hasText: '16:00–' }).waitFor();
    expect(new URL(page.url()).searchParams.get('date')).toBe(day);
    loaded();
    await giveAway();
    await dialogOf(page).getByLabel('Who gives them').first().waitFor();
    expect(loaded()).toEqual([`${THIRD.slice(0, 4)} 200`]);
  },
);
