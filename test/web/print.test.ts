import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { studio } from '../support/studio.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, tooWide } from './browser.ts';

/** What of A4 a browser leaves for a page, in its own pixels. */
const PAPER = { width: 718, height: 1_046 };
const STUDENTS = 45;

let world: ConsoleWorld;
let owner: TestPerson;
let client: TestPerson;
let training: number;
let payment: number;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
  const { api } = world;
  [owner, client] = [await personOf(api, 'owner'), await personOf(api, 'client')];
  await api.db.query(sql.unsafe`update users set first_name = 'Anna', last_name = 'Payer' where id = ${client.id}`);
  const make = studio(api.db);
  const [type, trainer] = [await make.type(), await make.trainer()];
  const day = dayOf(new Date(), api.fleet.settings.zone);
  training = Number(
    await api.db.oneFirst(sql.unsafe`
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      values (${type}, ${trainer}, ${day}::date, '10:00', now() - interval '10 minutes', now() + interval '50 minutes', 50, 0) returning id`),
  );
  for (let n = 0; n < STUDENTS; n += 1)
    await api.db.query(sql.unsafe`
      insert into real_training_students (real_training_id, student_id, status)
      values (${training}, ${await make.student()}, ${n === 0 ? 'PRESENT' : 'REGISTERED'})`);
  const taken = await owner.ask('POST', '/api/payments', { payer_id: client.id, amount_minor: 123_400, method: 'cash' });
  payment = taken.body.payment.id;
}, 120_000);
afterAll(() => world?.close());

/** A page of the console as it would be printed, and how many sheets that takes. */
async function onPaper(path: string, colorScheme: 'light' | 'dark' = 'light') {
  const page = await world.visit({ token: owner.token, colorScheme, viewport: { width: 1_280, height: 800 } });
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.locator('.rows[role=status]').first().waitFor({ state: 'detached' });
  await page.setViewportSize(PAPER);
  await page.emulateMedia({ media: 'print', colorScheme });
  const name = path.replaceAll(/[^a-z0-9]+/gi, '-');
  if (process.env.LOOKS) await page.screenshot({ path: `${process.env.LOOKS}/print${name}.png`, fullPage: true });
  return page;
}

/** What is still there to be pressed, or hides a part of itself. */
const leftOver = (page: Page) =>
  page.evaluate<string[]>(`(() => {
    const found = [];
    for (const one of document.querySelectorAll('.v-navigation-drawer, .v-app-bar, .v-btn, nav, input, select, textarea'))
      if (one.checkVisibility() && one.getBoundingClientRect().width > 1) found.push('there: ' + one.outerHTML.slice(0, 120));
    for (const one of document.querySelectorAll('main, main *')) {
      const { overflowX, overflowY, clipPath } = getComputedStyle(one);
      if (!one.checkVisibility() || clipPath !== 'none' || one.clientWidth < 2) continue;
      if (overflowX !== 'visible' && one.scrollWidth > one.clientWidth + 1) found.push('cut across: ' + one.outerHTML.slice(0, 120));
      if (overflowY !== 'visible' && one.scrollHeight > one.clientHeight + 1) found.push('cut below: ' + one.outerHTML.slice(0, 120));
    }
    return found;
  })()`);
/** The sheets of a page as the browser itself prints it. */
async function sheetsOf(page: Page): Promise<number> {
  const file = await page.pdf({ format: 'A4' });
  return (file.toString('latin1').match(/\/Type \/Page\b(?!s)/g) ?? []).length;
}

inBrowser('a roster is printed whole, with its day, what is marked and boxes to tick, and nothing to press', async () => {
  const page = await onPaper(`/console/day?training=${training}`);
  await page
    .locator('.roster li')
    .nth(STUDENTS - 1)
    .waitFor();
  expect(await leftOver(page)).toEqual([]);
  expect(await tooWide(page)).toBe(0);
  const words = await page.locator('main').innerText();
  expect([words.match(/☐/g)?.length, words.match(/^Here$/gm)?.length]).toEqual([STUDENTS - 1, 1]);
  expect(words).toContain(
    new Intl.DateTimeFormat('en', { timeZone: world.api.fleet.settings.zone, month: 'long' }).format(new Date()),
  );
  expect(await page.locator('.entries > li:visible').count()).toBe(1);
  expect(await sheetsOf(page)).toBeGreaterThan(1);
});

inBrowser.each(['revenue', 'load', 'load-ahead', 'renewals', 'retention', 'students'])(
  'the report "%s" is printed whole, as wide as the paper',
  async (kind) => {
    const page = await onPaper(`/console/reports/${kind}`);
    await page.locator('main table').first().waitFor();
    // What draws the pictures comes later than the figures.
    const isDrawn = `[...document.querySelectorAll('.chart')].every((one) => one.querySelector('canvas')?.getBoundingClientRect().height > 100)`;
    await page.waitForFunction(isDrawn);
    expect(await leftOver(page)).toEqual([]);
    expect(await tooWide(page)).toBe(0);
    const rows = await page.locator('main table tbody tr:visible').count();
    expect(rows).toBe(await page.locator('main table tbody tr').count());
    expect(rows).toBeGreaterThan(0);
    expect(await sheetsOf(page)).toBeGreaterThan(0);
  },
);

inBrowser('the till is printed with its day and each payment; in the dark theme dark on white, too', async () => {
  const page = await onPaper('/console/money?view=till', 'dark');
  await page.getByText('Anna Payer').first().waitFor();
  expect(await leftOver(page)).toEqual([]);
  expect(await tooWide(page)).toBe(0);
  const colours = await page.evaluate<string[]>(
    `[getComputedStyle(document.querySelector('main h1')).color, getComputedStyle(document.querySelector('main .v-card')).backgroundColor]`,
  );
  expect(colours).toEqual([expect.stringMatching(/\b0,? 0,? 0\b/), 'rgb(255, 255, 255)']);
});

inBrowser('the till says that the payments of its day could not be read, and reads them again', async () => {
  const page = await world.visit({ token: owner.token });
  await page.route('**/api/payments?*', (route) => route.fulfill({ status: 500, json: { status: 500 } }));
  await page.goto('/console/money?view=till');
  await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor();
  expect(await page.locator('.total').isVisible()).toBe(true);
  await page.unroute('**/api/payments?*');
  await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
  await page.getByText('Anna Payer').first().waitFor();
  world.complaints();
  await page.context().close();
});

inBrowser('a receipt is one sheet with nothing beyond it, from the card, the till and the cabinet alike', async () => {
  const receipt = `/api/payments/${payment}/receipt.svg?locale=en`;
  for (const [path, token] of [
    [`/console/people/${client.id}`, owner.token],
    ['/console/money?view=till', owner.token],
    ['/cabinet/money', client.token],
  ] as const) {
    const page = await world.visit({ token });
    await page.goto(path);
    if (path.endsWith('till'))
      await page
        .getByRole('button', { name: /Anna Payer/ })
        .last()
        .click();
    const [shown] = await Promise.all([
      page.context().waitForEvent('page'),
      page.locator(`a[href="${receipt}"]`).first().click(),
    ]);
    await shown.waitForLoadState();
    expect(new URL(shown.url()).pathname + new URL(shown.url()).search).toBe(receipt);
    const beyond = await shown.evaluate<string[]>(`(() => {
      const paper = document.documentElement.getBoundingClientRect();
      return [...document.querySelectorAll('text')].filter((one) => {
        const { left, right, top, bottom } = one.getBoundingClientRect();
        return left < paper.left || right > paper.right || top < paper.top || bottom > paper.bottom;
      }).map((one) => one.textContent);
    })()`);
    expect(beyond).toEqual([]);
    const words = await shown.evaluate<string>('document.documentElement.textContent');
    for (const said of [`Receipt No. ${payment}`, 'Anna Payer', 'to the balance', 'cash']) expect(words).toContain(said);
    expect(await sheetsOf(shown)).toBe(1);
    await page.context().close();
  }
  expect(world.complaints()).toEqual([]);
});
