import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { academy } from '../belts/stage.ts';
import { personOf } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, tooWide, violations } from './browser.ts';

let world: ConsoleWorld;
beforeAll(async () => {
  if (process.env.TEST_CHROMIUM) world = await consoleWorld();
});
afterAll(() => world?.close());
const dialog = (page: Page) => page.getByRole('dialog').last();
const said = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

inBrowser('on a path a stripe is awarded by hand, the next one deferred and no longer, and an award taken back', async () => {
  const { api } = world;
  const people = academy(api);
  const owner = await personOf(api, 'owner');
  const today = dayOf(new Date(), api.fleet.settings.zone);
  const student = await people.student();
  expect((await people.award(student, await people.belt('White'), addDays(today, -100))).status).toBe(201);
  const path = async () => (await api.get(`/api/students/${student}/belts`)).body;

  const page = await world.visit({ token: owner.token });
  await page.goto(`/console/people/${student}/belts`);
  await page.getByRole('button', { name: 'Award a belt' }).click();
  await dialog(page).getByLabel('Belt').first().click({ force: true });
  await page.getByRole('option').filter({ hasText: 'White' }).filter({ hasText: 'BJJ · adults' }).click();
  await dialog(page).getByLabel('Stripes').fill('1');
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await dialog(page).getByRole('button', { name: 'Award a belt' }).click();
  await said(page, 'Written down: White, 1 stripe');
  expect((await path()).awards).toHaveLength(2);

  await page.getByRole('button', { name: 'Let them wait: BJJ' }).click();
  await dialog(page).getByLabel('Until').fill(addDays(today, 40));
  await dialog(page).getByLabel('Reason').fill('a knee');
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Let them wait' }).click();
  await said(page, 'BJJ: they wait');
  expect((await path()).deferrals).toEqual([{ program: 'BJJ', deferred_until: addDays(today, 40), reason: 'a knee' }]);
  await page.getByRole('button', { name: 'No longer: BJJ' }).click();
  await said(page, 'BJJ: they wait no longer');
  expect((await path()).deferrals).toEqual([]);
  await page.getByRole('button', { name: 'Undo' }).click();
  await said(page, 'BJJ: they wait');
  expect((await path()).deferrals).toMatchObject([{ reason: 'a knee' }]);

  await page.getByRole('button', { name: 'Take back: White, 1 stripe' }).click();
  await dialog(page).getByLabel('Reason').fill('wrong person');
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Take back' }).click();
  await said(page, 'Taken back. White stands again.');
  await said(page, 'Taken back: wrong person');
  expect((await path()).awards.map(({ void_reason }: { void_reason: string | null }) => void_reason).sort()).toEqual(
    [null, 'wrong person'].sort(),
  );
  expect(world.complaints()).toEqual([]);
});
