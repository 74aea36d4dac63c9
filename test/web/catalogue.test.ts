import { afterAll, beforeAll, expect } from '@jest/globals';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, tooWide, violations } from './browser.ts';

let world: ConsoleWorld;
let owner: TestPerson;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
  owner = await personOf(world.api, 'owner');
});
afterAll(() => world?.close());

const plans = async () => (await world.api.get('/api/subscriptions?limit=200')).body.items as { name: string }[];

inBrowser(
  'a subscription is added, survives a reload while it is typed, changes its price, is archived and brought back',
  async () => {
    const page = await world.visit({ token: owner.token });
    await page.goto('/console/catalogue?kind=plans');
    const add = page.getByRole('button', { name: 'New subscription' });
    await add.click();
    await page.getByLabel('Name').fill('Twelve mornings');
    await page.getByLabel('Sessions').fill('12');
    await page.getByLabel('Price').fill('5 400,50');
    await page.reload();
    await add.click();
    expect(await page.getByLabel('Name').inputValue()).toBe('Twelve mornings');
    expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
    await page.getByRole('button', { name: 'Save' }).click();
    const line = page.getByRole('button', { name: 'Twelve mornings 12 sessions' });
    await line.waitFor();
    expect((await plans()).find(({ name }) => name === 'Twelve mornings')).toMatchObject({
      price_minor: 540_050,
      number_of_sessions: 12,
      validity_days: 30,
      validity_months: null,
      is_active: true,
    });
    await line.click();
    await page.getByLabel('Price').fill('6000');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('6,000.00').first().waitFor();
    await line.click();
    await page.getByText('What it has cost').click();
    await page.getByText('5,400.50').first().waitFor();
    await page.getByRole('button', { name: 'Leave it as it is' }).click();
    await page.getByRole('button', { name: 'To the archive: Twelve mornings' }).click();
    await page.getByRole('button', { name: 'Restore: Twelve mornings' }).click();
    await page.getByRole('button', { name: 'To the archive: Twelve mornings' }).waitFor();
    expect((await plans()).find(({ name }) => name === 'Twelve mornings')).toMatchObject({
      is_active: true,
      price_minor: 600_000,
    });
    expect(world.complaints()).toEqual([]);
  },
);
