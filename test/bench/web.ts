import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { webBuilds, webFolder } from '../../queues/process/web-builds.ts';
import { addDays, type Day, dayOf } from '../../queues/time/calendar.ts';
import { type Database, openDatabase, sql } from '../../sql/database/database.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { buildWeb } from '../../workers/fleet/web-build.ts';
import { openSession } from '../../workers/sign-in/sessions.ts';
import { salon } from '../bookings/salon.ts';
import { FIRST_LOADS, firstLoadOf } from '../web/first-load.ts';
import { mb, median, ms, report, residentKb, timed } from './measure.ts';

const ZONE = 'Europe/Moscow';
const ROUNDS = 5;
const LIVE = 20;
/** A telephone in the middle of the field on a middling net, as Chromium's own tools have them. */
const SLOW = { cpu: 4, latency: 562.5, bytesPerSecond: 180_000 };

/** The pages as a person meets them: what is loaded first, how soon boards stand, what is changed elsewhere, and the site on a slow phone. */
export async function benchWeb(url: string) {
  const dataDir = mkdtempSync(join(tmpdir(), 'studio-fleet-web-'));
  try {
    const building = await timed(async () => {
      if (!(await buildWeb(dataDir, console.log))) process.exitCode = 1;
    });
    report('building the pages', `${(building / 1_000).toFixed(1)} s`);
    sizes(join(webFolder(dataDir), String(webBuilds(dataDir)[0])));
    const path = chromiumPath();
    if (!path) return report('no chromium on this machine: nothing is painted', '');
    await painted(url, dataDir, path);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** What is loaded before somebody sees a first page. */
function sizes(build: string) {
  const kB = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;
  for (const load of FIRST_LOADS) report(load.who, kB(firstLoadOf(build, load)), `at most ${kB(load.most)}`);
}

const chromiumPath = () =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
    .find(existsSync);

async function painted(url: string, dataDir: string, executablePath: string) {
  const db = await openDatabase(url, { max: 4 });
  const days = await boards(db);
  const service = await smallSalon(db);
  const owner = await salon(db).user('Owner', 'owner');
  const { token } = await openSession(
    db,
    { id: owner, roles: ['owner'] },
    'password',
    { agent: 'bench', address: '' },
    new Date(),
  );
  const [port, api] = await started(url, dataDir);
  const baseURL = `http://127.0.0.1:${port}`;
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic'] });
  try {
    const desk = async () => {
      const context = await browser.newContext({ baseURL, locale: 'en', viewport: { width: 1_600, height: 1_000 } });
      await context.addCookies([{ name: 'sf_session', value: token, url: baseURL }]);
      return context;
    };
    const [one, other] = [await desk(), await desk()];
    await board(one, days);
    await live(one, other, days, db);
    report('the API process that served the two desks, resident', `${mb(residentKb(api.pid))} MB`);
    await onSlowPhone(() => browser.newContext({ baseURL, locale: 'en', viewport: { width: 390, height: 844 } }), service);
  } finally {
    await browser.close();
    const ended = once(api, 'exit');
    api.kill('SIGINT');
    await ended;
    await db.end();
  }
}

async function started(url: string, dataDir: string): Promise<[number, ChildProcess]> {
  const port = await freePort();
  const own = { DATABASE_URL: url, REDIS_URL: '', PORT: String(port), LOG_LEVEL: 'error', API_KEYS: '', TZ_STUDIO: ZONE };
  const env = { ...process.env, ...own, FLEET_DATA_DIR: dataDir, RATE_LIMIT_PER_MINUTE: '100000' };
  const api = spawn(process.execPath, ['api/server.ts'], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await once(api, 'message');
  return [port, api];
}

type Boards = { empty: Day; some: Day; many: Day; trainings: number[] };
/** A day of 60 trainings of ten people, one of 400 of twenty, and one of none. */
async function boards(db: Database): Promise<Boards> {
  const make = salon(db);
  await make.type();
  const [empty, some, many] = [5, 6, 7].map((n) => addDays(dayOf(new Date(), ZONE), n)) as [Day, Day, Day];
  const trainers: number[] = [];
  for (let n = 0; n < 20; n += 1) trainers.push(await make.specialist([]));
  const trainings: number[] = [];
  const clock = (minutes: number) =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  for (const trainer of trainers.slice(0, 10))
    for (let n = 0; n < 6; n += 1)
      trainings.push(await make.training({ trainer, at: `${some}T${clock(480 + n * 120)}:00+03:00` }));
  for (const trainer of trainers)
    for (let n = 0; n < 20; n += 1) await make.training({ trainer, at: `${many}T${clock(420 + n * 45)}:00+03:00`, minutes: 45 });
  return { empty, some, many, trainings };
}

async function smallSalon(db: Database): Promise<number> {
  const make = salon(db);
  const location = await make.location();
  const service = await make.service({ price: 250_000 });
  for (let n = 0; n < 5; n += 1) await make.specialist([service], { location });
  return service;
}

/** Milliseconds in the page from an act to the frame in which so many things of a kind stand. */
const until = (page: Page, selector: string, wanted: number, act: string) =>
  page.evaluate(`new Promise((resolve) => {
    const from = performance.now();
    const look = () => document.querySelectorAll(${JSON.stringify(selector)}).length >= ${wanted}
      ? requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - from)))
      : requestAnimationFrame(look);
    ${act};
    look();
  })`) as Promise<number>;
/** Waits for a frame of the page in which something is so; not by `waitForFunction`, whose `eval` our policy forbids. */
const whenTrue = (page: Page, what: string) =>
  page.evaluate(`new Promise((resolve) => {
    const look = () => ${what} ? resolve(null) : requestAnimationFrame(look);
    look();
  })`);
const goTo = (path: string) =>
  `history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`;

async function board(context: BrowserContext, { empty, some, many }: Boards) {
  for (const [day, entries, aim] of [
    [some, 60, 'at most 500 ms'],
    [many, 400, 'at most 1,500 ms'],
  ] as const) {
    const [opened, turned]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      const page = await context.newPage();
      const from = performance.now();
      await page.goto(`/console/?date=${day}`);
      await page
        .locator('[data-entry]')
        .nth(entries - 1)
        .waitFor({ state: 'attached' });
      opened.push(performance.now() - from);
      await page.goto(`/console/?date=${empty}`);
      await page.locator('.page, main').first().waitFor();
      await page.waitForLoadState('networkidle');
      turned.push(await until(page, '[data-entry]', entries, goTo(`/console/?date=${day}`)));
      await page.close();
    }
    report(`board of ${entries} entries, turned to and painted`, ms(median(turned)), aim);
    report(`board of ${entries} entries, the console opened anew on it`, ms(median(opened)));
  }
}

async function live(one: BrowserContext, other: BrowserContext, { some, trainings }: Boards, db: Database) {
  const [page, desk] = [await one.newPage(), await other.newPage()];
  for (const each of [page, desk]) {
    await each.goto(`/console/?date=${some}`);
    await each.locator('[data-entry]').nth(59).waitFor({ state: 'attached' });
    await each.waitForLoadState('networkidle');
  }
  const chosen = trainings.slice(0, LIVE);
  const all: number[] = [];
  for (let places = 11; places < 11 + ROUNDS; places += 1) {
    const from = performance.now();
    const change = (id: number) => db.query(sql.unsafe`update real_trainings set max_participants = ${places} where id = ${id}`);
    await Promise.all([
      whenTrue(
        page,
        `[...document.querySelectorAll('[data-entry] .seats')].filter((seats) => seats.textContent.includes('/${places}')).length >= ${LIVE}`,
      ),
      ...chosen.map(change),
    ]);
    all.push(performance.now() - from);
  }
  report(`${LIVE} live updates, from the first statement to the page`, ms(median(all)), 'at most 400 ms');
  const [id, heard] = [String(trainings[30]), [] as number[]];
  for (let round = 0; round < ROUNDS; round += 1) {
    const places = 31 + round;
    const seen = desk.evaluate(`new Promise((resolve) => {
      const look = () => document.querySelector('[data-entry="training-${id}"] .seats').textContent.includes('/${places}')
        ? resolve(Date.now()) : requestAnimationFrame(look);
      look();
    })`) as Promise<number>;
    const sent = (await page.evaluate(`(async () => {
      const training = await (await fetch('/real-trainings/${id}')).json();
      const from = Date.now();
      const body = JSON.stringify({ max_participants: ${places}, version: training.version });
      const answer = await fetch('/real-trainings/${id}', { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body });
      if (!answer.ok) throw new Error(await answer.text());
      return from;
    })()`)) as number;
    heard.push((await seen) - sent);
  }
  report('a change at one desk, from asking to seeing it at another', ms(median(heard)), 'at most 300 ms');
  await page.close();
  await desk.close();
}

/** The site for a first time, at a quarter of this machine's speed and on a net of the third generation. */
async function onSlowPhone(open: () => Promise<BrowserContext>, service: number) {
  const [largest, slots]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const context = await open();
    await context.addInitScript(`
      new PerformanceObserver((list) => { globalThis.largest = list.getEntries().at(-1).startTime; }).observe({ type: 'largest-contentful-paint', buffered: true });
      const look = () => document.querySelector('.starts button') ? requestAnimationFrame(() => { globalThis.slots = performance.now(); }) : requestAnimationFrame(look);
      look();`);
    const page = await context.newPage();
    const browser = await context.newCDPSession(page);
    await browser.send('Network.enable');
    const { cpu, latency, bytesPerSecond } = SLOW;
    await browser.send('Network.emulateNetworkConditions', {
      offline: false,
      latency,
      downloadThroughput: bytesPerSecond,
      uploadThroughput: bytesPerSecond / 2,
    });
    await browser.send('Emulation.setCPUThrottlingRate', { rate: cpu });
    await page.goto(`/?service=${service}`, { waitUntil: 'load' });
    await whenTrue(page, 'globalThis.largest && globalThis.slots');
    largest.push((await page.evaluate('globalThis.largest')) as number);
    slots.push((await page.evaluate('globalThis.slots')) as number);
    await context.close();
  }
  report('site, largest paint, 4x CPU and fast 3G', ms(median(largest)), 'at most 1,500 ms');
  report('site, first starts on the screen, 4x CPU and fast 3G', ms(median(slots)), 'at most 1,500 ms');
}
