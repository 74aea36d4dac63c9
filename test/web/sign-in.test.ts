import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { generate } from 'otplib';
import type { Page, Route } from 'playwright-core';
import { makeDemoLinks } from '../../workers/sign-in/demo-links.ts';
import { inviteFirstOwner } from '../../workers/sign-in/links.ts';
import { type ConsoleWorld, consoleWorld, inBrowser } from './browser.ts';

const PASSWORD = 'three words together';
const LOGIN = 'boss@studio.example';
let world: ConsoleWorld;
beforeAll(async () => {
  if (process.env.TEST_CHROMIUM) world = await consoleWorld();
});
afterEach(() => void world?.complaints());
afterAll(() => world?.close());

const title = (page: Page) => page.getByRole('heading', { level: 1 });
async function signIn(page: Page, password = PASSWORD) {
  await page.goto('/console/sign-in');
  await enter(page, password);
}
async function enter(page: Page, password = PASSWORD) {
  await page.getByLabel('Phone, e-mail or login').fill(LOGIN);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}
const isInside = (page: Page) => page.getByRole('button', { name: 'Search or do' }).waitFor();

inBrowser('the first owner comes in by the printed link, once', async () => {
  const { path } = await world.api.db.transaction((transaction) => inviteFirstOwner(transaction, new Date()));
  const page = await world.visit();
  await page.goto(path);
  await page.getByLabel('First name').fill('Anna');
  await page.reload();
  // Whoever is not known yet leaves nothing for the next one.
  expect(await page.getByLabel('First name').inputValue()).toBe('');
  await page.getByLabel('Phone, e-mail or login').fill(LOGIN);
  await page.getByLabel('First name').fill('Vera');
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Enter the studio' }).click();
  await isInside(page);
  expect(world.complaints()).toEqual([]);

  const again = await world.visit();
  await again.goto(path);
  expect(await again.locator('.v-alert').innerText()).toContain('was used or is over');
  expect(world.complaints()).toEqual([expect.stringContaining('404')]);
});

inBrowser('a wrong password says so and keeps the login; the right one leads to where one wanted to go', async () => {
  const page = await world.visit();
  await page.goto('/console/account');
  await page.waitForURL(/sign-in\?next=/);
  await page.getByLabel('Phone, e-mail or login').fill(LOGIN);
  await page.getByLabel('Password', { exact: true }).fill('a wrong one');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  expect(await page.locator('.v-alert').innerText()).toContain('The login or the password is wrong');
  expect(await page.getByLabel('Phone, e-mail or login').inputValue()).toBe(LOGIN);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/console/account');
  expect(await title(page).innerText()).toBe('My sign-in');
  expect(world.complaints()).toEqual([expect.stringContaining('401')]);
});

inBrowser('a device that is signed out elsewhere is out, and may sign in again in place', async () => {
  const [desk, phone] = [await world.visit(), await world.visit()];
  await signIn(desk);
  await isInside(desk);
  await signIn(phone);
  await isInside(phone);
  await phone.goto('/console/account');
  // The first answer after the line has ended may be of half a second before, when the phone was still signed in.
  const before = await phone.request.get('/me');
  await phone.route('**/me', (route) => route.fulfill({ response: before }), { times: 1 });
  await desk.goto('/console/account');
  await desk.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await desk
    .getByText(/Signed out on \d+ device/)
    .first()
    .waitFor();
  await phone.waitForURL(/sign-in\?next=%2Faccount|sign-in\?next=\/account/);
});

inBrowser('a person who begins with another field than the first stays in it', async () => {
  const page = await world.visit();
  // As fast as a password manager: as soon as the form is there.
  await page.addInitScript(`
    new MutationObserver((_, quick) => {
      const field = document.querySelector('input[type=password]');
      if (!field) return;
      quick.disconnect();
      field.focus();
    }).observe(document, { childList: true, subtree: true });`);
  await page.goto('/console/sign-in');
  await page.getByLabel('Password', { exact: true }).waitFor();
  await page.evaluate('new Promise((done) => setTimeout(done, 300))');
  await page.keyboard.type('typed');
  expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('typed');
  const usual = await world.visit();
  await usual.goto('/console/sign-in');
  await usual.locator('input:focus').waitFor();
  await usual.keyboard.type('vera');
  expect(await usual.getByLabel('Phone, e-mail or login').inputValue()).toContain('vera');
});

inBrowser('a request from before a new sign-in signs nobody out, however late it is refused', async () => {
  const [desk, phone] = [await world.visit(), await world.visit()];
  await signIn(phone);
  await isInside(phone);
  // That the line has ended is why the page asks who signed in; the answer stays away.
  const held = Promise.withResolvers<Route>();
  await phone.route('**/me', (route) => held.resolve(route), { times: 1 });
  await signIn(desk);
  await isInside(desk);
  await desk.goto('/console/account');
  await desk.getByRole('button', { name: 'Sign out everywhere else' }).click();
  const late = await held.promise;
  await phone.getByRole('link', { name: 'Tasks' }).first().click();
  await phone.waitForURL(/sign-in\?next=/);
  await enter(phone);
  await isInside(phone);
  world.complaints();
  const refused = phone.waitForEvent('console', (message) => message.text().includes('401'));
  await late.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"status": 401, "detail": "over"}' });
  await refused;
  await phone.getByRole('button', { name: /^You: / }).click();
  await phone.getByText('My sign-in').first().click();
  await phone.waitForURL('**/console/account');
  expect(await title(phone).innerText()).toBe('My sign-in');
});

inBrowser('a second factor is set up, asked for, and taken away', async () => {
  const page = await world.visit();
  await signIn(page);
  await isInside(page);
  await page.goto('/console/second-factor');
  await page.getByRole('button', { name: 'Set up' }).click();
  const secret = (await page.locator('.secret').innerText()).replaceAll(' ', '');
  await page.getByLabel('Code').fill(await generate({ secret }));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.locator('.codes li').first().waitFor();
  const codes = await page.locator('.codes li').allInnerTexts();
  expect(codes).toHaveLength(10);
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('On. 10 recovery codes are left.').first().waitFor();

  const other = await world.visit();
  await signIn(other);
  await other.getByLabel('Code').fill('000000');
  await other.keyboard.press('Enter');
  expect(await other.locator('.v-alert').innerText()).toContain('The code is wrong');
  await other.getByLabel('Code').fill(codes[0] as string);
  await other.keyboard.press('Enter');
  await isInside(other);

  await other.goto('/console/second-factor');
  await other.getByLabel('Present password').fill(PASSWORD);
  await other.getByRole('button', { name: 'Take it away' }).click();
  await other.getByRole('button', { name: 'Set up' }).waitFor();
});

inBrowser('a forgotten password gets the same answer, known or not', async () => {
  const page = await world.visit();
  await page.goto('/console/sign-in');
  await page.getByRole('link', { name: 'Forgot the password?' }).click();
  // The page before has a field of the same name.
  await page.getByRole('heading', { name: 'A new password' }).waitFor();
  await page.getByLabel('Phone, e-mail or login').fill('nobody@studio.example');
  await page.getByRole('button', { name: 'Send the link' }).click();
  await page.getByText('If there is such a person').first().waitFor();
  expect(world.complaints()).toEqual([]);
});

inBrowser('a link of the demo studio signs in once', async () => {
  const links = await makeDemoLinks(world.api.db, world.api.fleet.settings, new Date());
  expect(links.map(({ role }) => role).sort()).toEqual(['admin', 'guardian', 'owner', 'trainer']);
  for (const { role, path } of links) {
    const page = await world.visit();
    await page.goto(path);
    if (role === 'guardian') {
      // Clients have no pages of the console: theirs are the cabinet.
      await page.waitForURL('**/cabinet');
      await page.getByRole('main').getByRole('heading').first().waitFor();
      await page.context().close();
      continue;
    }
    await isInside(page);
    await page.getByRole('button', { name: /^You: / }).click();
    await page
      .getByText(role === 'admin' ? 'administrator' : role)
      .first()
      .waitFor();
    await page.context().close();
  }
  expect(world.complaints()).toEqual([]);
  const page = await world.visit();
  await page.goto(links[0]?.path as string);
  expect(await page.locator('.v-alert').innerText()).toContain('npm start');
});

inBrowser('a link of the demo studio is as good as before where the server could not use it', async () => {
  const { db, fleet } = world.api;
  const links = await makeDemoLinks(db, fleet.settings, new Date());
  const link = links.find(({ role }) => role === 'owner');
  const page = await world.visit();
  await page.route('**/auth/demo', (route) => route.fulfill({ status: 500, json: { status: 500 } }), { times: 1 });
  await page.goto(String(link?.path));
  await page.getByText('The server could not do it.').waitFor();
  expect(await page.getByText('This link was used').count()).toBe(0);
  await page.getByRole('button', { name: 'Try again' }).click();
  await isInside(page);
});

inBrowser('signing out leaves nothing to go back to', async () => {
  const page = await world.visit();
  await signIn(page);
  await isInside(page);
  await page.getByRole('button', { name: /^You: / }).click();
  await page.getByText('Sign out').click();
  await page.waitForURL('**/console/sign-in');
  await page.goto('/console/account');
  await page.waitForURL(/sign-in\?next=/);
  expect(world.complaints()).toEqual([]);
});
