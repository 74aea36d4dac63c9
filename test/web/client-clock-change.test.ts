import { afterAll, afterEach, beforeAll, expect, jest } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { salon } from '../bookings/salon.ts';
import { dayOfClockChange } from '../support/days.ts';
import type { Json } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser } from './browser.ts';
import { BOT, FRAME_ALONE, initDataOf, openApp } from './telegram-host.ts';

const BERLIN = 'Europe/Berlin';
const TOKYO = 'Asia/Tokyo';
const QUARTER_MS = 900_000;
/** Of what the clock offers only the date stands still. */
const doNotFake = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];
/** What is booked on the page, and in the app: the time as it is read, and the instant it has to be. */
const DAYS = [
  ['23', true, 92, { site: ['03:00', 'T01:00:00.000Z'], app: ['01:45', 'T00:45:00.000Z'] }],
  ['25', false, 100, { site: ['02:30 GMT+1', 'T01:30:00.000Z'], app: ['02:15 GMT+2', 'T00:15:00.000Z'] }],
] as const;

let world: ConsoleWorld;
let make: ReturnType<typeof salon>;
let service: number;
let master: number;
let clients = 90;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  const settings = { STUDIO_TZ: BERLIN, TELEGRAM_BOT_TOKEN: BOT, RATE_LIMIT_PER_MINUTE: '100000' };
  world = await consoleWorld(settings, { isEmpty: true, args: FRAME_ALONE, forLife: true });
  make = salon(world.api.db);
  service = await make.service({ minutes: 15, price: 250_000 });
  await world.api.db.query(sql.unsafe`update services set name = 'Quick trim' where id = ${service}`);
  master = await make.specialist([service]);
});
afterEach(() => {
  jest.useRealTimers();
});
afterAll(() => world?.close());

/** Five days before the day of the change; what the API offers on each day, and somebody who books. */
async function before(forward: boolean) {
  const day = dayOfClockChange(BERLIN, forward);
  const now = new Date(`${addDays(day, -5)}T09:00:00Z`);
  jest.useFakeTimers({ now, doNotFake });
  const asked = `service_id=${service}&specialist_id=${master}`;
  const { days } = (await world.api.get(`/slots/counts?${asked}`)).body;
  const offered = (await world.api.get(`/slots?${asked}&from=${day}&days=1`)).body.specialists[0].days[0].starts as string[];
  const client = await personOf(world.api, 'client');
  clients += 1;
  await world.api.db.query(sql.unsafe`update users set telegram_id = ${clients}, locale = 'en' where id = ${client.id}`);
  const booked = async () =>
    (await world.api.get(`/bookings?client_id=${client.id}`)).body.items.map((one: Json) => one.starts_at);
  return { day, now, days: days as { date: string; starts: number }[], offered, client, telegram: clients, booked };
}
/** Every quarter of an hour of the day once, without one that the clock leaves out. */
function demandWhole(starts: readonly string[], count: number) {
  expect(starts).toHaveLength(count);
  const gaps = starts.slice(1).map((start, n) => Date.parse(start) - Date.parse(starts[n]!));
  expect(new Set(gaps)).toEqual(new Set([QUARTER_MS]));
}
const words = (date: string, weekday: 'long' | 'short') =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', weekday, day: 'numeric', month: 'long' }).format(Date.parse(date));

inBrowser.each(DAYS)(
  'on the site a day of %s hours offers each of its quarters once, and what is booked is the instant that was read',
  async (_, forward, count, { site: [time, at] }) => {
    const { day, now, days, offered, client, booked } = await before(forward);
    demandWhole(offered, count);
    const page = await world.visit({ token: client.token, timezoneId: TOKYO });
    await page.clock.setFixedTime(now);
    const read: string[] = [];
    for (let week = 0; read.length < days.length; week += 1) {
      await page.goto(`/?service=${service}&who=${master}&day=${days[week * 7]?.date}`);
      read.push(...(await page.locator('.days .unseen').allInnerTexts()));
    }
    expect(read).toEqual(days.map(({ date, starts }) => `${words(date, 'long')}: ${starts} free times`));
    expect(days).toHaveLength(60);
    await page.goto(`/?service=${service}&who=${master}&day=${day}`);
    const buttons = page.locator('.starts button');
    expect(await buttons.evaluateAll((all) => all.map((one) => (one as unknown as { value: string }).value))).toEqual(offered);
    const labels = await buttons.allInnerTexts();
    expect(new Set(labels).size).toBe(count);
    expect(labels.some((label) => label.startsWith('02:'))).toBe(!forward);
    await page
      .getByRole('button', { name: `${time}, `, exact: false })
      .first()
      .click();
    await page.waitForURL('**/book/**');
    expect(await page.locator('h1').innerText()).toContain(time);
    await page.getByRole('button', { name: new RegExp(`^Book .*${time.replace('+', '\\+')}`) }).click();
    await page.getByRole('heading', { name: 'You are booked' }).waitFor();
    expect(await page.locator('.lead').innerText()).toContain(time);
    expect(await booked()).toEqual([day + at]);
    expect(world.complaints()).toEqual([]);
  },
);

inBrowser.each(DAYS)(
  'in the Mini App a day of %s hours offers each of its quarters once, and what is booked is the instant that was read',
  async (_, forward, count, { app: [time, at] }) => {
    const { day, now, days, offered, telegram, booked } = await before(forward);
    const { frame, main } = await openApp(world, { initData: initDataOf(telegram), clock: now, timezoneId: TOKYO });
    await main.filter({ hasText: 'Book' }).click();
    await frame.getByRole('button', { name: /Quick trim/ }).click();
    await frame.locator('.strip button').first().waitFor();
    const read = await frame.locator('.strip .unseen').allTextContents();
    expect(read).toEqual(days.map(({ date, starts }) => `${words(date, 'short')}, ${starts} free starts`));
    expect(read).toHaveLength(60);
    await frame.locator('.strip button').nth(5).click();
    await frame.getByRole('button', { name: time, exact: true }).waitFor();
    await frame.getByText('Studio time: Europe/Berlin').waitFor();
    const labels = await frame.locator('.times button').allInnerTexts();
    expect([labels.length, new Set(labels).size]).toEqual([offered.length, offered.length]);
    expect(offered.length).toBeLessThanOrEqual(count);
    expect(labels.some((label) => label.startsWith('02:'))).toBe(!forward);
    await frame.getByRole('button', { name: time, exact: true }).click();
    await main.filter({ hasText: time }).filter({ hasText: '2,500' }).click();
    await frame.getByText('You are booked.').first().waitFor();
    expect(await frame.locator('dl.facts').innerText()).toContain(time);
    expect(await booked()).toEqual([day + at]);
    expect(world.complaints()).toEqual([]);
  },
);
