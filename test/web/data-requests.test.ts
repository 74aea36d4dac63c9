import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { sql } from '../../sql/database/database.ts';
import { salon } from '../bookings/salon.ts';
import { inDays } from '../support/days.ts';
import type { Json } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, tooWide, violations } from './browser.ts';

let world: ConsoleWorld;
let owner: TestPerson;
let client: number;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
  owner = await personOf(world.api, 'owner');
  client = await salon(world.api.db).student();
  await world.api.db.query(sql.unsafe`update users set first_name = 'Ada', last_name = 'Asker' where id = ${client}`);
});
afterAll(() => world?.close());

const dialog = (page: Page) => page.getByRole('dialog').last();
const requests = async () => (await world.api.get(`/api/people/${client}/data-requests`)).body.items as Json[];
const noteHere = async (page: Page, kind: string, on?: string) => {
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByText('They ask about their data', { exact: true }).click();
  await dialog(page).getByLabel('What they ask for').first().click({ force: true });
  await page.getByRole('option', { name: kind }).click();
  if (on) await dialog(page).getByLabel('When it reached the studio').fill(on);
};

inBrowser('a request for data is noted on the card, says when it is late, and is answered by the file', async () => {
  const page = await world.visit({ token: owner.token });
  await page.goto(`/console/people/${client}`);
  await noteHere(page, 'Show what is kept', inDays(-30));
  await dialog(page).getByLabel('What they said').fill('by letter');
  await dialog(page).getByText('within 10 working days').waitFor();
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Note the request' }).click();
  const asked = page.getByRole('note').filter({ hasText: 'Show what is kept' });
  await asked.getByText(/Overdue since/).waitFor();
  await asked.getByText('by letter').waitFor();
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    asked.getByRole('button', { name: 'Give the file' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`person-${client}.json`);
  expect(JSON.parse(readFileSync(await download.path(), 'utf8'))).toMatchObject({ person_id: client });
  await asked.waitFor({ state: 'detached' });
  expect(await requests()).toMatchObject([{ kind: 'show', done_at: expect.any(String) }]);
  expect(world.complaints()).toEqual([]);
});

inBrowser('a request is a task: done by a word that outlives a reload, opened again, or by erasing', async () => {
  const page = await world.visit({ token: owner.token });
  await page.goto(`/console/people/${client}`);
  await noteHere(page, 'Correct something');
  await dialog(page).getByRole('button', { name: 'Note the request' }).click();
  await page.getByRole('note').filter({ hasText: 'Correct something' }).waitFor();
  await page.goto('/console/tasks');
  const row = page.getByRole('listitem').filter({ hasText: 'Ada Asker' });
  await row.getByText(/^By /).waitFor();
  await row.getByRole('button', { name: /^Done:/ }).click();
  await dialog(page).getByLabel('What was answered').fill('corrected');
  await page.reload();
  await row.getByRole('button', { name: /^Done:/ }).click();
  expect(await dialog(page).getByLabel('What was answered').inputValue()).toBe('corrected');
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Note the answer' }).click();
  await row.waitFor({ state: 'detached' });
  expect(await requests()).toContainEqual(expect.objectContaining({ kind: 'correct', answer: 'corrected' }));
  await page.getByRole('button', { name: 'Undo' }).click();
  await row.waitFor();
  await row.getByRole('link', { name: 'Card' }).click();
  const asked = page.getByRole('note').filter({ hasText: 'Correct something' });
  await asked.getByRole('button', { name: 'Note the answer' }).click();
  await dialog(page).getByLabel('What was answered').fill('it is right as it is');
  await dialog(page).getByRole('button', { name: 'Note the answer' }).click();
  await asked.waitFor({ state: 'detached' });

  await noteHere(page, 'Keep nothing any more');
  await dialog(page).getByText('within 30 days').waitFor();
  await dialog(page).getByRole('button', { name: 'Note the request' }).click();
  const last = page.getByRole('note').filter({ hasText: 'Keep nothing any more' });
  await last.getByRole('button', { name: 'Erase for good…' }).click();
  await dialog(page).getByRole('button', { name: 'Erase for good', exact: true }).click();
  await page.getByText(`What is left of them is No. ${client}.`).first().waitFor();
  expect((await world.api.get('/api/tasks?kind=erase_person&status=open')).body.items).toEqual([]);
  // The line to the server may tell the card that it changed before the answer does: then it is asked for once more, and gone.
  expect(world.complaints().filter((line) => !/40[49]/.test(line))).toEqual([]);
});
