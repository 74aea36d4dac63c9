import { afterAll, beforeAll, expect } from '@jest/globals';
import { personOf, type TestPerson } from '../support/people.ts';
import { studio } from '../support/studio.ts';
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

inBrowser(
  'a service gets who gives it and where, a subscription what it covers, and a year of closed days is loaded',
  async () => {
    const { api } = world;
    const page = await world.visit({ token: owner.token });
    const choose = async (label: string, n: number) => {
      await page.getByRole('dialog').getByLabel(label).first().click({ force: true });
      const option = page.getByRole('option').nth(n);
      await option.click();
      await page.keyboard.press('Escape');
    };
    const of = async (path: string) => (await api.get(path)).body;
    await page.goto('/console/catalogue?kind=services');
    await page.getByRole('button', { name: 'New service' }).click();
    await page.getByLabel('Name').fill('Sauna');
    await page.getByLabel('Price').fill('100');
    await choose('Who gives it', 0);
    await choose('Rooms', 0);
    expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const services = (await of('/api/services?limit=200')).items as { id: number; name: string }[];
    const { id } = services.find(({ name }) => name === 'Sauna') as { id: number };
    const linked = async () => [
      (await of(`/api/services/${id}/specialists`)).items.length,
      (await of(`/api/services/${id}/rooms`)).items.length,
    ];
    expect(await linked()).toEqual([1, 1]);
    await page.getByRole('button', { name: /^Sauna / }).click();
    await choose('Rooms', 0);
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await linked()).toEqual([1, 0]);

    await page.goto('/console/catalogue?kind=closed');
    await page.getByRole('button', { name: 'Load a year' }).click();
    await page.getByRole('textbox', { name: 'Year' }).fill('2026');
    await page.getByRole('dialog').getByRole('button', { name: 'Load', exact: true }).click();
    await page
      .getByText(/days written\./)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Load a year' }).click();
    await page.getByRole('textbox', { name: 'Year' }).fill('2031');
    await page.getByLabel('From a file').check();
    await page.getByLabel('File', { exact: true }).setInputFiles({
      name: 'days.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('day;name\n01.01.2031;New Year\n2031-05-01;"May Day";short\n'),
    });
    await page.getByText('2 days are in it.').first().waitFor();
    expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
    await page.getByRole('dialog').getByRole('button', { name: 'Load', exact: true }).click();
    await page.getByText('2 days written.').first().waitFor();
    const days = (await of('/api/calendar-days?limit=200')).items as { date: string }[];
    expect(days.filter(({ date }) => date.startsWith('2031-'))).toMatchObject([
      { date: '2031-01-01', kind: 'off', name: 'New Year', country: 'RU' },
      { date: '2031-05-01', kind: 'short', name: 'May Day', country: 'RU' },
    ]);
    expect(world.complaints()).toEqual([]);
  },
);

inBrowser('the short links of a service and of a trainer are copied, and the site opens them', async () => {
  const { api } = world;
  const { id } = (await api.post('/api/services', { name: 'Massage', duration_minutes: 50, price_minor: 100_000 })).body;
  const trainer = (await api.get('/api/specialists?limit=1')).body.items[0];
  expect((await api.post(`/api/services/${id}/specialists`, { specialist_id: trainer.id })).status).toBeLessThan(300);
  const page = await world.visit({ token: owner.token });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const copied = () => page.evaluate('navigator.clipboard.readText()');
  await page.goto('/console/catalogue?kind=services');
  await page.getByRole('button', { name: /^Massage / }).click();
  await page.getByRole('button', { name: 'Copy link: Massage' }).click();
  await page.getByText('Copied').first().waitFor();
  expect(await copied()).toBe(`${api.url}/s/${id}`);
  await page.getByText('Show it on a page of your own').click();
  await page.getByText(/EMBED_ORIGINS/).waitFor();
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  expect(await copied()).toContain(`<iframe src="${api.url}/s/${id}"`);
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await page.goto(`/console/trainers/${trainer.id}`);
  await page.getByRole('button', { name: /^Copy link: / }).click();
  await page.getByText('Copied').first().waitFor();
  expect(await copied()).toBe(`${api.url}/s/p${trainer.id}`);
  // Where the browser has no clipboard for us, the link is to be marked by hand.
  for (const clipboard of ['undefined', '{ writeText: () => Promise.reject(new Error()) }']) {
    await page.evaluate(`Object.defineProperty(navigator, 'clipboard', { value: ${clipboard}, configurable: true })`);
    await page.getByRole('button', { name: /^Copy link: / }).click();
    await page.getByText('It could not be copied').first().waitFor();
    await page.reload();
  }
  for (const [path, name] of [
    [`/s/${id}`, 'Massage'],
    [`/s/p${trainer.id}`, trainer.first_name],
  ])
    expect((await api.get(path, { key: null, headers: { Accept: 'text/html' } })).text).toContain(name);
  expect(world.complaints()).toEqual([]);
});

inBrowser('a group that was never used is deleted, another one stays and says why', async () => {
  const { api } = world;
  const rows = studio(api.db);
  const trainer_id = await rows.trainer();
  const make = async (name: string) => (await api.post('/api/groups', { name, trainer_id })).body.id as number;
  const [empty, used] = [await make('Never met'), await make('Has met')];
  await api.post(`/api/groups/${used}/members`, { student_id: await rows.student() });
  const page = await world.visit({ token: owner.token });
  for (const [id, words] of [
    [used, 'It has had members or trainings and stays. Close it by editing it.'],
    [empty, 'Deleted: Never met'],
  ] as const) {
    await page.goto(`/console/groups/${id}`);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText(words).first().waitFor();
  }
  expect([(await api.get(`/api/groups/${used}`)).status, (await api.get(`/api/groups/${empty}`)).status]).toEqual([200, 404]);
});
