import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { sql } from '../../sql/database/database.ts';
import { salon } from '../bookings/salon.ts';
import type { Json } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, tooWide, violations } from './browser.ts';

let world: ConsoleWorld;
let owner: TestPerson;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
  owner = await personOf(world.api, 'owner');
  make = salon(world.api.db);
});
afterAll(() => world?.close());

const dialog = (page: Page) => page.getByRole('dialog').last();
const card = async (id: number) => (await world.api.get(`/api/people/${id}/card`)).body as Json;

inBrowser('two cards of one person, side by side: what comes of it is said, and the closed one leads on', async () => {
  const [kept, gone] = [await make.student(), await make.student()];
  for (const [id, last, phone] of [
    [kept, 'Keplerin', '+79165550001'],
    [gone, 'Kepler', '+79165550002'],
  ] as const) {
    await world.api.db.query(sql.unsafe`
      update users set first_name = 'Johanna', last_name = ${last}, phone = ${phone} where id = ${id}`);
    await world.api.db.query(sql.unsafe`
      insert into passwords (user_id, hash) values (${id}, ${`$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$${id}`})`);
    await make.money(id, 150_000);
  }
  const page = await world.visit({ token: owner.token });
  await page.goto(`/console/people/${kept}`);
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await dialog(page).getByLabel('The other card').first().fill('Kepler');
  await page
    .getByRole('option', { name: /Johanna Kepler/ })
    .first()
    .click();
  await dialog(page).getByRole('rowheader', { name: 'In the wallet' }).waitFor();
  const send = dialog(page).getByRole('button', { name: 'Merge for good' });
  // Which password stays must be said before.
  expect(await send.isDisabled()).toBe(true);
  await dialog(page).getByLabel(`of Johanna Kepler, № ${gone}`).check();
  await dialog(page).getByText('This cannot be undone.').waitFor();
  await dialog(page)
    .getByText(/The wallet then holds .*3,000/)
    .waitFor();
  await dialog(page)
    .getByText(/Also found by \+79165550002/)
    .waitFor();
  expect(await violations(page)).toEqual([]);

  // What was chosen outlives a reload.
  await page.reload();
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await dialog(page).getByText('This cannot be undone.').waitFor();
  await dialog(page).getByRole('button', { name: 'Merge for good' }).click();
  await page.getByText('Merged: Johanna Keplerin').first().waitFor();
  await page.getByText('Merged with:').waitFor();
  expect(await card(kept)).toMatchObject({ balance_minor: 300_000, merged: [{ id: gone }] });
  await page.getByRole('link', { name: /Johanna Kepler, \+79165550002/ }).click();
  await page.getByText('This card was merged.').waitFor();
  expect(await page.getByRole('button', { name: 'Take a payment' }).count()).toBe(0);
  expect(await violations(page)).toEqual([]);
  await page.getByRole('note').getByRole('link', { name: 'Johanna Keplerin' }).click();
  await page.getByRole('heading', { name: 'Johanna Keplerin', level: 1 }).waitFor();
  expect(world.complaints()).toEqual([]);
});

inBrowser('on a phone, in Russian and dark: what stands against it is named, and turned round it goes', async () => {
  const [staff, client] = [await make.specialist([]), await make.client()];
  await world.api.db.query(
    sql.unsafe`update users set first_name = 'Тихон', last_name = 'Брагинский' where id in (${staff}, ${client})`,
  );
  await world.api.db.query(sql.unsafe`update users set phone = '+79165550009' where id = ${staff}`);
  const page = await world.visit({
    token: owner.token,
    locale: 'ru',
    viewport: { width: 360, height: 740 },
    colorScheme: 'dark',
  });
  await page.goto(`/console/people/${client}?act=merge`);
  await dialog(page).getByLabel('Вторая карточка').first().fill('5550009');
  await page
    .getByRole('option', { name: /Брагинский/ })
    .first()
    .click();
  await dialog(page).getByText('Уходящая карточка принадлежит сотруднику').waitFor();
  expect(await dialog(page).getByRole('button', { name: 'Объединить навсегда' }).isDisabled()).toBe(true);
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Оставить другую' }).click();
  await dialog(page).getByText('Отменить это нельзя.').waitFor();
  expect(await tooWide(page)).toBe(0);
  await dialog(page).getByRole('button', { name: 'Объединить навсегда' }).click();
  await page.waitForURL(`**/console/people/${staff}`);
  expect((await card(client)).merged_into).toMatchObject({ id: staff });
});
