import { afterAll, beforeAll, expect } from '@jest/globals';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, tooWide, violations } from './browser.ts';

let world: ConsoleWorld;
let owner: TestPerson;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld({}, { isEmpty: true });
  owner = await personOf(world.api, 'owner');
});
afterAll(() => world?.close());

inBrowser('an empty studio is led from the board to its first week', async () => {
  await world.api.startWorker();
  const page = await world.visit({ token: owner.token });
  await page.goto('/console/');
  await page.getByRole('link', { name: 'To the set-up' }).click();
  const form = page.getByRole('dialog');
  const choose = async (label: string) => {
    await form.getByLabel(label, { exact: true }).first().click({ force: true });
    await page.getByRole('option').first().click();
  };
  const step = async (name: string, fill: () => Promise<unknown>) => {
    expect(await page.getByRole('listitem').filter({ hasText: name }).getByRole('img', { name: 'to do' }).count()).toBe(1);
    await page.getByRole('button', { name: `Add: ${name}` }).click();
    await fill();
    await form.getByRole('button', { name: 'Save' }).click();
    await form.waitFor({ state: 'detached' });
    await page.getByRole('listitem').filter({ hasText: name }).getByRole('img', { name: 'done' }).waitFor();
  };
  expect(await page.getByRole('button', { name: 'Make the week' }).isDisabled()).toBe(true);
  await step('Locations', () => form.getByLabel('Name').fill('Centre'));
  await step('Rooms', async () => {
    await form.getByLabel('Name').fill('Big hall');
    await choose('Location');
  });
  const person = async (first: string) => {
    await form.getByLabel('First name').fill(first);
    await form.getByLabel('Last name').fill('Ivanova');
  };
  await step('Trainers', () => person('Anna'));
  await step('Kinds of trainings', () => form.getByLabel('Name').fill('Karate'));
  await step('Weekly trainings', async () => {
    await choose('Training');
    await choose('Trainer');
  });
  await step('Students', () => person('Vera'));
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await page.getByRole('button', { name: 'Make the week' }).click();
  await page.getByText('1 training is made.').first().waitFor();
  await page.getByRole('link', { name: 'To the board' }).click();
  await page.getByText('Karate').first().waitFor();
  expect(world.complaints()).toEqual([]);
});
