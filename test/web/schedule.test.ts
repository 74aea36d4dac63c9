import { afterAll, beforeAll, expect } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
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

const itemsOf = async (path: string) => (await world.api.get(`${path}?limit=200`)).body.items;

inBrowser('a weekly training is added, gets a student who leaves and is brought back, and ends', async () => {
  const page = await world.visit({ token: owner.token });
  await page.goto('/console/schedule');
  await page.getByRole('button', { name: 'New weekly training' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Start').fill('06:15');
  for (const label of ['Training', 'Trainer']) {
    await form.getByLabel(label, { exact: true }).first().click({ force: true });
    await page.getByRole('option').first().click();
  }
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await form.getByRole('button', { name: 'Save' }).click();
  const students = page.getByRole('button', { name: /^Students: Monday, 06:15/ });
  await students.click();
  await form.getByLabel('Student', { exact: true }).first().fill('ivanov');
  await page.getByRole('option').first().click();
  await form.getByRole('button', { name: 'Add somebody' }).click();
  const leave = page.getByRole('button', { name: /^Gives up the place/ });
  await leave.click();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page
    .getByText(/has a standing place/)
    .first()
    .waitFor();
  await students.click();
  await leave.waitFor();
  await page.getByRole('button', { name: 'Leave it as it is' }).click();
  const made = (await itemsOf('/api/training-templates')).find(({ start_time }: { start_time: string }) =>
    start_time.startsWith('06:15'),
  );
  expect(made).toMatchObject({ day_number: 1, is_active: true });
  expect(await itemsOf(`/api/training-templates/${made.id}/students`)).toHaveLength(1);
  await page.getByRole('button', { name: /^End: Monday, 06:15/ }).click();
  await page.getByRole('button', { name: /^Resume: Monday, 06:15/ }).waitFor();
  expect((await world.api.get(`/api/training-templates/${made.id}`)).body.is_active).toBe(false);
  expect(world.complaints()).toEqual([]);
});

inBrowser('other hours of a day show what they run into before they are saved, and outlive a reload', async () => {
  const { api } = world;
  const day = addDays(dayOf(new Date(), api.fleet.settings.zone), 40);
  const [type] = await itemsOf('/api/training-types');
  const trainer = (await api.post('/api/specialists', { first_name: 'Vera', last_name: 'Morning' })).body.id as number;
  const training = { training_type_id: type.id, trainer_id: trainer, starts_at: `${day}T09:00:00Z`, student_ids: [] };
  expect((await api.post('/real-trainings', training)).status).toBe(201);
  const page = await world.visit({ token: owner.token });
  await page.goto('/console/schedule?view=days');
  const add = page.getByRole('button', { name: 'Other hours of a day' });
  await add.click();
  await page.getByLabel('Trainer or location').first().click({ force: true });
  await page.getByRole('option', { name: 'Vera Morning' }).click();
  await page.getByLabel('Date').fill(day);
  await page
    .getByText(/^Training at/)
    .first()
    .waitFor();
  expect(await itemsOf('/api/calendar-overrides')).toEqual([]);
  await page.reload();
  await add.click();
  await page.getByText('1 entry lies outside these hours. It stands:').first().waitFor();
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: /^Delete: .*Vera Morning/ }).waitFor();
  expect(await itemsOf('/api/calendar-overrides')).toMatchObject([{ specialist_id: trainer, day, intervals: [] }]);
});

inBrowser('the hours of a trainer are written for the week', async () => {
  const trainer = (await world.api.post('/api/specialists', { first_name: 'Nora', last_name: 'Evening' })).body.id as number;
  const page = await world.visit({ token: owner.token, viewport: { width: 375, height: 800 } });
  await page.goto('/console/schedule?view=hours');
  await page.getByRole('button', { name: /^Nora Evening/ }).click();
  await page.getByRole('button', { name: 'Add hours: Tuesday' }).click();
  await page.getByRole('group', { name: 'Tuesday' }).getByLabel('To').fill('00:00');
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Tuesday 09:00–24:00').first().waitFor();
  expect((await world.api.get(`/api/specialists/${trainer}`)).body.work_schedule).toMatchObject({
    1: [['09:00', '24:00']],
    0: [],
  });
});
