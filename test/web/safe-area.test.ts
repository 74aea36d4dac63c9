import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Frame, Page } from 'playwright-core';
import { sql } from '../../sql/database/database.ts';
import { at, salon } from '../bookings/salon.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, tooWide } from './browser.ts';
import { BOT, FRAME_ALONE, type Insets, initDataOf, launchOf, openApp } from './telegram-host.ts';

const TELEGRAM_ID = 81;
const HELD = [
  ['upright', { width: 390, height: 760 }, { top: 47, bottom: 34, left: 0, right: 0 }],
  ['on its side', { width: 844, height: 390 }, { top: 0, bottom: 21, left: 47, right: 47 }],
] as const;
type Held = (typeof HELD)[number];

let world: ConsoleWorld;
let client: TestPerson;
let owner: TestPerson;
let service: number;
let booking: number;
let group: number;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld({ TELEGRAM_BOT_TOKEN: BOT, RATE_LIMIT_PER_MINUTE: '100000' }, { args: FRAME_ALONE });
  const { api } = world;
  const make = salon(api.db);
  service = await make.service({ price: 250_000 });
  await api.db.query(sql.unsafe`update services set name = 'Haircut' where id = ${service}`);
  const master = await make.specialist([service], { location: await make.location() });
  [client, owner] = [await personOf(api, 'client'), await personOf(api, 'owner')];
  await api.db.query(sql.unsafe`update users set telegram_id = ${TELEGRAM_ID}, locale = 'en' where id = ${client.id}`);
  const wish = { client_id: client.id, service_id: service, specialist_id: master, starts_at: at(3, '10:00') };
  booking = (await api.post('/bookings', wish)).body.id;
  group = await make.training({ trainer: master, at: at(4, '18:00') });
}, 120_000);
afterAll(() => world?.close());

/** A browser on a phone that covers so much of its own screen. */
async function phone([, viewport, insets]: Held, token?: string): Promise<Page> {
  const page = await world.visit({ token, viewport });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setSafeAreaInsetsOverride', { insets });
  return page;
}

/**
 * What can be pressed and lies where the phone covers it, a line each: at either side; above and below where one cannot scroll it away,
 * with the page, and each box that scrolls by itself, at its beginning and at its end; and what stays in its place meanwhile, always.
 */
async function covered(page: Page | Frame, insets: Insets): Promise<string[]> {
  const found = await page.evaluate(IN_PAGE, insets);
  expect(found.looked).toBeGreaterThan(1);
  return found.covered;
}
const IN_PAGE = async (insets: Insets) => {
  const PRESSED = 'a[href], button, input:not([type=hidden]), select, textarea, summary, label, [role=button], [tabindex="0"]';
  const root = document.documentElement;
  const wait = () => new Promise<number>((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
  const covered = new Set<string>();
  let looked = 0;
  for (const isEnd of [false, true]) {
    const scrolls = (box: Found) => /auto|scroll/.test(getComputedStyle(box).overflowY) && box.scrollHeight > box.clientHeight;
    for (const box of [root, ...document.querySelectorAll('*')])
      if (box === root || scrolls(box)) box.scrollTop = isEnd ? box.scrollHeight : 0;
    await wait();
    // Behind a dialog nothing can be pressed.
    const scope = document.querySelector('.v-dialog .v-overlay__content') ?? document;
    for (const element of scope.querySelectorAll(PRESSED)) {
      let { left, right, top, bottom } = element.getBoundingClientRect();
      let [stays, isScrolled] = [false, false];
      // What a box that scrolls by itself hides is not on the screen.
      for (let box = element; box !== root; box = box.parentElement as Found) {
        const { position, overflowX, visibility } = getComputedStyle(box);
        if (visibility === 'hidden') right = left;
        if (box !== element && scrolls(box)) isScrolled = true;
        if (!isScrolled && (position === 'fixed' || position === 'sticky')) stays = true;
        if (box === element || overflowX === 'visible') continue;
        const clip = box.getBoundingClientRect();
        [left, right] = [Math.max(left, clip.left), Math.min(right, clip.right)];
        [top, bottom] = [Math.max(top, clip.top), Math.min(bottom, clip.bottom)];
      }
      if (right - left < 3 || bottom - top < 3 || right <= 0 || left >= innerWidth || bottom <= 0 || top >= innerHeight) continue;
      looked += 1;
      const isAbove = (stays || !isEnd) && top < insets.top - 1;
      const isBelow = (stays || isEnd) && bottom > innerHeight - insets.bottom + 1;
      const isBeside = left < insets.left - 1 || right > innerWidth - insets.right + 1;
      if (isAbove || isBelow || isBeside) covered.add(element.outerHTML.slice(0, 120));
    }
  }
  return { looked, covered: [...covered] };
};
type Rect = { left: number; right: number; top: number; bottom: number };
type Found = {
  getBoundingClientRect(): Rect;
  parentElement: unknown;
  outerHTML: string;
  scrollTop: number;
  scrollHeight: number;
  clientHeight: number;
};
declare const document: {
  documentElement: Found;
  querySelectorAll(pattern: string): Iterable<Found>;
  querySelector(pattern: string): { querySelectorAll(pattern: string): Iterable<Found> } | null;
};
declare const innerWidth: number;
declare const innerHeight: number;
declare function getComputedStyle(of: unknown): { position: string; overflowX: string; overflowY: string; visibility: string };
declare function requestAnimationFrame(next: (at: number) => void): void;

/** What is painted in one piece lies wholly where nothing is covered. */
async function demandWithin(page: Page, what: string, insets: Insets) {
  const box = await page.locator(what).boundingBox();
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  if (!box) throw new Error(`there is no ${what}`);
  expect([what, box.y + 1 >= insets.top, box.y + box.height <= height - insets.bottom + 1]).toEqual([what, true, true]);
  expect([what, box.x + 1 >= insets.left, box.x + box.width <= width - insets.right + 1]).toEqual([what, true, true]);
}

async function look(name: string, page: Page, within: Page | Frame, insets: Insets) {
  expect([name, await covered(within, insets), await tooWide(within)]).toEqual([name, [], 0]);
  if (process.env.LOOKS) await page.screenshot({ path: `${process.env.LOOKS}/safe-${name}.png` });
}

inBrowser.each(HELD)('the site and the cabinet, on a phone held %s', async (...held) => {
  const [how, , insets] = held;
  const page = await phone(held, client.token);
  for (const [name, path] of [
    ['choice', '/'],
    ['times', `/?service=${service}`],
    ['classes', '/classes'],
    ['class', `/classes/${group}`],
    ['cabinet', '/cabinet'],
    ['booking', `/cabinet/bookings/${booking}`],
    ['move', `/cabinet/bookings/${booking}/move`],
    ['money', '/cabinet/money'],
    ['settings', '/cabinet/settings'],
  ] as const) {
    await page.goto(path);
    await look(`${how} ${name}`, page, page, insets);
  }
  await page.goto(`/?service=${service}`);
  await page.locator('.starts button').last().click();
  await page.waitForURL('**/book/**');
  await look(`${how} held`, page, page, insets);
  await page.goto('/enter');
  await page.keyboard.press('Tab');
  await look(`${how} skip`, page, page, insets);
});

inBrowser.each(HELD)('the console, on a phone held %s', async (...held) => {
  const [how, , insets] = held;
  const page = await phone(held, owner.token);
  for (const [name, path] of [
    ['board', '/console/'],
    ['catalogue', '/console/catalogue'],
    ['tasks', '/console/tasks'],
  ] as const) {
    await page.goto(path);
    await page.locator('main h1, main [data-entry]').first().waitFor();
    await look(`${how} ${name}`, page, page, insets);
  }
  // On its side a phone is wide enough for a menu that is always there.
  if (how === 'upright') await page.getByRole('button', { name: 'Menu' }).click();
  await page.locator('nav .entry').first().waitFor();
  await page.waitForFunction('document.querySelector(".v-navigation-drawer").getBoundingClientRect().left >= 0');
  await look(`${how} menu`, page, page, insets);
  await page.goto('/console/clients?act=new');
  await page.getByRole('dialog').getByRole('button').first().waitFor();
  await look(`${how} dialog`, page, page, insets);
  await demandWithin(page, '.v-dialog .v-card', insets);
  // What the studio says at the lower edge, as when it does not answer.
  await page.goto('/console/tasks');
  await page.route('**/auth/sign-out', (route) => route.abort());
  await page.locator('header').getByRole('button').last().click();
  await page.getByText('Sign out', { exact: true }).click();
  await page.locator('.v-snackbar__wrapper').waitFor();
  if (process.env.LOOKS) await page.screenshot({ path: `${process.env.LOOKS}/safe-${how} bar.png` });
  await demandWithin(page, '.v-snackbar__wrapper', insets);
});

const SCREENS = async (page: Page | Frame, seen: (name: string) => Promise<void>) => {
  await page.getByRole('heading', { name: /^Hello/ }).waitFor();
  await seen('home');
  await page.getByRole('button', { name: 'Classes' }).click();
  await page.locator('.cards li').first().waitFor();
  await seen('classes');
  await page.getByRole('button', { name: 'My visits' }).click();
  await page.getByRole('button', { name: /Haircut/ }).click();
  await page.getByRole('button', { name: 'Cancel…' }).click();
  await seen('booking');
};

inBrowser.each(HELD)('the Mini App by what Telegram says is covered, on a phone held %s', async (how, viewport, insets) => {
  const { page, frame } = await openApp(world, { initData: initDataOf(TELEGRAM_ID), insets, viewport });
  // Telegram’s own buttons at the top are 46 more.
  const all = { ...insets, top: insets.top + 46 };
  await SCREENS(frame, (name) => look(`${how} telegram ${name}`, page, frame, all));
});

inBrowser.each(HELD)('the Mini App by what the phone itself says, held %s', async (...held) => {
  const [how, , insets] = held;
  const page = await phone(held);
  await page.goto(launchOf(initDataOf(TELEGRAM_ID)));
  await SCREENS(page, (name) => look(`${how} app ${name}`, page, page, insets));
});
