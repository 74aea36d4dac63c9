import { afterAll, beforeAll, expect } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { exportRun } from '../../workers/exports/export-run.ts';
import { night } from '../support/night.ts';
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

inBrowser('times that leave no gap get a discount, kept through a reload until it is set', async () => {
  const page = await world.visit({ token: owner.token });
  await page.goto('/console/settings');
  const field = page.getByLabel('Discount for times that leave no gap');
  await field.fill('120');
  await page.getByText('From 0 to 100, with two places at most').waitFor();
  await field.fill('7.5');
  await page.reload();
  await field.waitFor();
  expect(await field.inputValue()).toBe('7.5');
  await page.getByRole('button', { name: 'Set the discount' }).click();
  await page.getByText('Saved').first().waitFor();
  expect((await world.api.get('/api/booking-rules')).body).toMatchObject({ fitting_percent: 7.5 });
});

inBrowser(
  'the owner opens the queues, the API’s page and the metrics with the own session; an admin is not led there',
  async () => {
    const page = await world.visit({ token: owner.token });
    await page.goto('/console/settings');
    for (const [name, path, shows] of [
      ['Queues (Bull Board)', '/queues', 'generation'],
      ['API page', '/docs', '/real-trainings'],
      ['Metrics', '/metrics', '# HELP'],
    ] as const) {
      const [opened] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name }).click()]);
      await opened.getByText(shows).first().waitFor();
      expect(new URL(opened.url()).pathname).toBe(path);
      await opened.close();
    }
    expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
    const admin = await world.visit({ token: (await personOf(world.api, 'admin')).token });
    await admin.goto('/console/settings');
    await admin.getByRole('button', { name: 'Note a leak' }).waitFor();
    expect(await admin.getByRole('link', { name: 'Metrics' }).count()).toBe(0);
  },
);

inBrowser('data that got out is noted through a reload, and leads to its tasks, which say whom to tell and by when', async () => {
  const { api } = world;
  const page = await world.visit({ token: owner.token });
  await page.goto('/console/settings');
  await page.getByRole('button', { name: 'Note a leak' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('What happened').fill('A laptop with the list was stolen');
  await dialog.getByLabel('When it was found').fill('2100-01-01T10:00');
  await dialog.getByText('It was found before now').waitFor();
  expect(await dialog.getByRole('button', { name: 'Note a leak' }).isDisabled()).toBe(true);
  const day = addDays(dayOf(new Date(), api.fleet.settings.zone), -2);
  await dialog.getByLabel('When it was found').fill(`${day}T10:00`);
  await page.reload();
  await page.getByRole('button', { name: 'Note a leak' }).click();
  expect(await dialog.getByLabel('What happened').inputValue()).toBe('A laptop with the list was stolen');
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await dialog.getByRole('button', { name: 'Note a leak' }).click();
  await page.waitForURL('**/console/tasks');
  const tell = page.getByRole('listitem').filter({ hasText: 'pd.rkn.gov.ru' });
  await tell.getByText('A laptop with the list was stolen').waitFor();
  // Found the day before yesterday: the first of the two is late, the second is not.
  await tell.getByText(/^Overdue since .*10:00$/).waitFor();
  await page.getByText(/^By .*10:00$/).waitFor();
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  expect(world.complaints()).toEqual([]);
});

inBrowser('an owner has everything made into a file and fetches it; an admin has no such button', async () => {
  const { api } = world;
  const page = await world.visit({ token: owner.token });
  await page.goto('/console/settings');
  const card = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Take everything out' }) });
  await card.getByRole('button', { name: 'Make the file' }).click();
  await card.getByRole('status').waitFor();
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  const { items } = (await api.get('/process-history?process_type=export')).body;
  expect(items).toMatchObject([{ status: 'queued', created_by: `person:${owner.id}` }]);
  const { result } = await night(api.db, exportRun, 'export', items[0].process_date, {
    settings: { DATABASE_URL: api.database.url },
  });
  expect(result).toMatchObject({ tables: expect.any(Number) });
  // Told by the server: nothing is reloaded, and nothing asked for again and again.
  const link = card.getByRole('link', { name: /^Download ZIP, [\d.]+ MB$/ });
  const download = page.waitForEvent('download');
  await link.click();
  expect((await download).suggestedFilename()).toBe(`studio-${items[0].process_date}.zip`);
  const { id } = await personOf(api, 'client');
  expect((await api.post(`/api/people/${id}/erase`, {})).status).toBe(200);
  await link.waitFor({ state: 'detached' });
  await card.getByRole('button', { name: 'Make the file' }).waitFor();
  const other = await world.visit({ token: (await personOf(api, 'admin')).token });
  await other.goto('/console/settings');
  await other.getByRole('heading', { name: 'Data got out?' }).waitFor();
  expect(await other.getByText('Take everything out').count()).toBe(0);
});

inBrowser('erased people are listed by number, each with its act', async () => {
  const { api } = world;
  const { id } = await personOf(api, 'client');
  expect((await api.post(`/api/people/${id}/erase`, {})).status).toBe(200);
  // More than come in one page.
  await api.db.query(sql.unsafe`
    with people as (insert into users (first_name, last_name) select '#', '' from generate_series(1, 205) returning id, created_at)
    insert into erasures (user_id, known_since, erased_at, erased_by, counts) select id, created_at, now() + interval '1 hour', 'key-1', '{}' from people`);
  const page = await world.visit({ token: owner.token });
  await page.goto('/console/settings');
  const link = page.getByRole('link', { name: `The act of the erasure, No. ${id}` });
  await link.waitFor();
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  const act = await api.get(String(await link.getAttribute('href')));
  expect([act.status, act.text.includes(`№ ${id}`)]).toEqual([200, true]);
});

inBrowser('the studio is named through a reload, days are closed and opened, and a second factor is demanded', async () => {
  const { api } = world;
  const page = await world.visit({ token: owner.token });
  await page.goto('/console/settings');
  await page.getByLabel('Name of the studio').fill('Studio at the mill');
  await page.reload();
  await page.getByLabel('Name of the studio').waitFor();
  expect(await page.getByLabel('Name of the studio').inputValue()).toBe('Studio at the mill');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved').first().waitFor();
  expect((await api.get('/api/company')).body.name).toBe('Studio at the mill');
  const day = addDays(dayOf(new Date(), api.fleet.settings.zone), -40);
  await page.getByLabel('Last closed day').fill(day);
  await page.getByRole('button', { name: 'Close the days' }).click();
  await page
    .getByText(/^Closed up to/)
    .first()
    .waitFor();
  expect((await api.get('/api/closed-period')).body.through).toBe(day);
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await page.getByRole('button', { name: 'Open all days' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Open all days' }).click();
  await page.getByText('No day is closed.').first().waitFor();
  await page.getByRole('button', { name: 'Demand it' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Demand it' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect((await api.get('/api/sign-in-rules')).body.staff_totp).toBe('required');
});
