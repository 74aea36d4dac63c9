import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { dayOf } from '../../queues/time/calendar.ts';
import type { Json } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, violations } from './browser.ts';

let world: ConsoleWorld;
beforeAll(async () => {
  if (process.env.TEST_CHROMIUM) world = await consoleWorld();
});
afterAll(() => world?.close());

const dialog = (page: Page) => page.getByRole('dialog').last();
const choose = async (page: Page, label: string, option: string | RegExp) => {
  await dialog(page).getByLabel(label).first().click({ force: true });
  await page.getByRole('option', { name: option }).first().click();
};
const pick = async (page: Page, label: string, name: string) => {
  await dialog(page).getByLabel(label).first().fill(name);
  await page
    .getByRole('option', { name: new RegExp(name) })
    .first()
    .click();
};
const menu = (page: Page, name: string) => page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
const get = async (path: string) => (await world.api.get(path)).body as Json;

inBrowser(
  'a new client comes, is put into a trainer’s group, is sold a subscription that is paid, and gets a weekly schedule',
  async () => {
    const admin = await personOf(world.api, 'admin');
    const page = await world.visit({ token: admin.token });
    await page.goto('/console/');

    await menu(page, 'Clients');
    await page.getByRole('button', { name: 'New client' }).click();
    await dialog(page).getByLabel('First name').fill('Anna');
    await dialog(page).getByLabel('Last name').fill('Newton');
    await dialog(page).getByLabel('Phone').fill('+380 44 123 45 67');
    await dialog(page).getByLabel('E-mail').fill('anna@example.com');
    await dialog(page).getByLabel('Birthday').fill('1991-05-12');
    await choose(page, 'Sex', 'female');
    await dialog(page).getByLabel('About').fill('Has never done pilates');
    expect(await violations(page)).toEqual([]);
    await dialog(page).getByRole('button', { name: 'Add the client' }).click();
    await page.getByRole('heading', { name: 'Anna Newton', level: 1 }).waitFor();
    const id = Number(new URL(page.url()).pathname.split('/').at(-1));
    expect(await get(`/api/students/${id}`)).toMatchObject({
      ...{ phone: '+380441234567', email: 'anna@example.com', birth_date: '1991-05-12', gender: 'female' },
      ...{ notes: 'Has never done pilates', payer_id: id },
    });

    await menu(page, 'Groups');
    await page.getByRole('button', { name: 'New group' }).click();
    await dialog(page).getByLabel('Name').fill('Pilates, beginners');
    await choose(page, 'Trainer', /Нина Горская/);
    await dialog(page).getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'Pilates, beginners' }).click();
    await page.getByRole('button', { name: 'Add somebody' }).click();
    await pick(page, 'Student', 'Newton');
    await dialog(page).getByRole('button', { name: 'Add somebody' }).click();
    await page.getByRole('link', { name: 'Anna Newton' }).click();
    await page.getByRole('heading', { name: 'Anna Newton', level: 1 }).waitFor();

    await page.getByRole('button', { name: 'Take a payment' }).click();
    await dialog(page).getByLabel('Amount').fill('20000');
    await dialog(page)
      .getByRole('button', { name: /^Take .*20,000/ })
      .click();
    await page
      .getByText(/20,000.* is taken/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Sell a subscription' }).click();
    await choose(page, 'Subscription', /^8 /);
    await dialog(page)
      .getByRole('button', { name: /^Sell for/ })
      .click();
    await page.getByText('8 sessions left').first().waitFor();

    await page.getByRole('button', { name: /^Weekly schedule: / }).click();
    const on = (day: string, training: string) => dialog(page).getByRole('group', { name: day }).getByLabel(training);
    await on('Monday', '10:00 Пилатес на реформерах · Нина Горская').check();
    await on('Tuesday', '19:15 Пилатес на реформерах · Нина Горская').check();
    expect(await violations(page)).toEqual([]);
    await dialog(page).getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved: 2 trainings a week.').first().waitFor();

    const today = dayOf(new Date(), world.api.fleet.settings.zone);
    const [held] = (await get(`/api/students/${id}/subscriptions`)).items as Json[];
    expect(held).toMatchObject({ status: 'active', start_date: today, sessions_left: 8, unpaid_invoice: null });
    expect((await get(`/api/student-subscriptions/${held.id}/schedule`)).schedule).toMatchObject([
      { day_number: 1, start_time: '10:00:00', training_type: 'Пилатес на реформерах' },
      { day_number: 2, start_time: '19:15:00', training_type: 'Пилатес на реформерах' },
    ]);
    const [bill] = (await get(`/api/invoices?payer_id=${id}`)).items as Json[];
    expect(bill).toMatchObject({ type: 'SUBSCRIPTION', status: 'PAID' });
    expect(await get(`/api/people/${id}/card`)).toMatchObject({ balance_minor: 2_000_000 - bill.amount_minor, owed_minor: 0 });
    const { items } = await get(`/api/people?q=Newton`);
    expect(items).toMatchObject([{ id, subscription: { id: held.id, sessions_left: 8 }, owed_minor: 0 }]);
    const groups = (await get('/api/groups?limit=200')).items as Json[];
    const group = groups.find(({ name }) => name === 'Pilates, beginners')!;
    expect((await get(`/api/groups/${group.id}/members`)).items).toMatchObject([{ student_id: id }]);
    expect(world.complaints()).toEqual([]);
  },
);
