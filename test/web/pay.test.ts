import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { sql } from '../../sql/database/database.ts';
import { eventually } from '../support/eventually.ts';
import type { Json } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { studio } from '../support/studio.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, violations } from './browser.ts';

let world: ConsoleWorld;
let owner: TestPerson;
let trainer: TestPerson;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld({}, { isEmpty: true });
  owner = await personOf(world.api, 'owner');
  trainer = await personOf(world.api, 'trainer');
  const make = studio(world.api.db);
  const [type, student] = [await make.type(), await make.student()];
  const training = Number(
    await world.api.db.oneFirst(sql.unsafe`
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor, status)
      values (${type}, ${trainer.id}, '2026-03-10', '18:00', '2026-03-10T15:00:00Z', '2026-03-10T16:00:00Z', 10, 0, 'completed') returning id`),
  );
  await world.api.db.query(sql.unsafe`
    insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, 'PRESENT')`);
});
afterAll(() => world?.close());

async function open(path: string, person: TestPerson, options: Json = {}): Promise<Page> {
  const page = await world.visit({ token: person.token, ...options });
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.locator('.rows[role=status]').first().waitFor({ state: 'detached' });
  return page;
}
const dialog = (page: Page) => page.getByRole('dialog').last();
const sheet = async () => (await world.api.get(`/api/pay/sheets/${trainer.id}/2026-03`)).body as Json;

inBrowser('a card is added, a month read and closed, and what it came to is paid out; the trainer sees it', async () => {
  const page = await open('/console/pay?month=2026-03', owner);
  await page.getByRole('link', { name: /^Somebody \(trainer\)/ }).click();
  await page.getByText('Nothing in this month').first().waitFor();

  await page.getByRole('button', { name: 'New card' }).click();
  await dialog(page).getByLabel('Valid from').fill('2026-01-01');
  await dialog(page).getByLabel('For a training', { exact: true }).fill('1000');
  await dialog(page).getByLabel('For each who came').fill('150,50');
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await page.getByText('The card is saved.').first().waitFor();
  await page
    .getByText(/1,000\.00 for a training; .*150\.50 for each person/)
    .first()
    .waitFor();

  await page.getByRole('button', { name: /^Who: / }).click();
  await page.locator('.people li').first().waitFor();
  expect(await violations(page)).toEqual([]);

  await page.getByRole('button', { name: 'Close the month' }).click();
  await dialog(page)
    .getByText(/It comes to .*1,150\.50\. It cannot be opened again.*April 2026 at the earliest/)
    .first()
    .waitFor();
  await dialog(page).getByRole('button', { name: 'Close the month' }).click();
  await page
    .getByText(/^Closed on /)
    .first()
    .waitFor();
  expect(await sheet()).toMatchObject({ state: 'closed', total_minor: 115_050, closed_by: `person:${owner.id}` });

  await page.getByRole('button', { name: 'Pay out', exact: true }).click();
  await dialog(page).getByLabel('Amount').fill('1000');
  await dialog(page)
    .getByRole('button', { name: /^Pay out .*1,000/ })
    .click();
  await eventually(async () => (await sheet()).owed_minor === 15_050);
  await page
    .getByText(/Closed months still owe .*150\.50/)
    .first()
    .waitFor();

  const own = await open('/console/pay?month=2026-03', trainer, { viewport: { width: 375, height: 800 } });
  await own.getByRole('heading', { name: 'My pay' }).waitFor();
  await own
    .getByText(/^Closed on /)
    .first()
    .waitFor();
  expect(await own.getByRole('button', { name: /Close the month|New card|Pay out/ }).count()).toBe(0);
  expect(await violations(own)).toEqual([]);
  expect(await own.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
});

inBrowser('a month that came to something else meanwhile is not closed', async () => {
  const page = await open(`/console/pay/${trainer.id}?month=2026-04`, owner);
  await page.getByText('Nothing in this month').first().waitFor();
  await page.getByRole('button', { name: 'Close the month' }).click();
  await world.api.db.query(sql.unsafe`update real_training_students set status = 'ABSENT'`);
  await dialog(page).getByRole('button', { name: 'Close the month' }).click();
  await page.getByText('Look again; nothing was done').first().waitFor();
  await page.getByRole('heading', { name: 'Corrections of closed months' }).waitFor();
  await page.getByText('nothing now').first().waitFor();
  expect((await world.api.get(`/api/pay/sheets/${trainer.id}/2026-04`)).body).toMatchObject({
    state: 'open',
    total_minor: -15_050,
  });
});
