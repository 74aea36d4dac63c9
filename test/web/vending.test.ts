import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { insertVendingOwner } from '../../sql/vending/owners.ts';
import { insertIngredient } from '../../sql/vending/stock.ts';
import { syncTerminals } from '../../sql/vending/terminals.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, tooWide, violations } from './browser.ts';

const KEYS = `k1:${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
let world: ConsoleWorld;
let vendor: TestPerson;
let machine: number;

beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld({ VENDING_KEYS: KEYS });
  vendor = await personOf(world.api, 'vending_owner');
  machine = await machineOf(vendor.id);
});
afterAll(() => world?.close());

/** A machine of somebody, in which coffee runs low, and two sales of a drink without a recipe. */
async function machineOf(userId: number): Promise<number> {
  const { db } = world.api;
  const owner = await insertVendingOwner(db, {
    user_id: userId,
    setup_date: '2026-01-01',
    stock_from: '2026-01-02T00:00:00Z',
    refund_returns_stock: false,
  });
  const row = { vendista_id: 501, name: 'Lobby', serial_number: null, is_online: true, last_online_at: null };
  await syncTerminals(db, owner, [row], new Date());
  const only = (query: ReturnType<typeof sql.unsafe>) => db.oneFirst(query).then(Number);
  const id = await only(sql.unsafe`select id from vending_terminals where owner_id = ${owner}`);
  const place = await only(sql.unsafe`select id from stock_places where terminal_id = ${id} and kind = 'machine'`);
  const coffee = await insertIngredient(db, owner, 'Beans', 'g');
  const ask = (method: string, path: string, body: unknown) => vendor.ask(method, path, body);
  const at = { place_id: place, ingredient_id: coffee.id };
  await ask('POST', '/api/vending/stock/refill', { ...at, quantity_milli: 110_000 });
  await ask('PUT', '/api/vending/stock/levels', { ...at, capacity_milli: 1_000_000, critical_milli: 100_000 });
  for (const sale of [1, 2]) {
    await db.query(sql.unsafe`
      insert into vending_transactions (owner_id, vendista_id, terminal_vendista_id, sum_minor, happened_at, result, status, is_historic)
      values (${owner}, ${sale}, 501, 15000, now() - interval '1 minute', 1, 1, false)`);
    await db.query(sql.unsafe`
      insert into vending_transaction_items (owner_id, vendista_id, line_no, machine_item_id, quantity) values (${owner}, ${sale}, 0, 7, 1)`);
  }
  await db.query(sql.unsafe`select settle_sales(${owner}::int, array[1, 2]::bigint[], 'test')`);
  await db.query(sql.unsafe`
    insert into vending_missing_recipes (owner_id, terminal_id, machine_item_id) values (${owner}, ${id}, 7) on conflict do nothing`);
  return id;
}

async function come(page: Page, path: string) {
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.locator('.rows[role=status]').first().waitFor({ state: 'detached' });
}
const waiting = () =>
  world.api.db.oneFirst(
    sql.type(
      z.object({ count: z.int() }),
    )`select count(*)::int as count from automated_process_history where process_type = 'vending_deduction'`,
  );

inBrowser('an owner of machines begins at their machines, sees nothing else, and no machine of others', async () => {
  const page = await world.visit({ token: vendor.token });
  await come(page, '/console/');
  await page.locator('html[data-page="/vending"]').waitFor({ state: 'attached' });
  expect(await page.getByRole('navigation', { name: 'Menu' }).getByRole('link').allInnerTexts()).toEqual(['Vending']);
  await page.getByRole('link', { name: 'Lobby' }).waitFor();
  expect(await page.locator('.machines li').count()).toBe(1);
  for (const path of ['/console/night', '/console/team', '/console/tasks']) {
    await come(page, path);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('No such page');
  }
  await come(page, '/console/account');
  await come(page, '/console/vending/machines/1');
  await page.getByText('There is no such machine').first().waitFor();
  await come(page, '/console/vending/reading');
  expect(world.complaints()).toEqual([]);
});

inBrowser('a recipe takes what was sold, low stock makes a task, and a refill closes it', async () => {
  const page = await world.visit({ token: vendor.token });
  await come(page, `/console/vending/machines/${machine}`);
  await page.getByText('needs a recipe').first().waitFor();
  await page.getByRole('button', { name: 'Edit the recipe: Item 7' }).click();
  await page.getByLabel('Name of the drink').fill('Double');
  await page.getByRole('combobox', { name: 'Add an ingredient' }).click({ force: true });
  await page.getByRole('option', { name: 'Beans' }).click();
  await page.getByRole('textbox', { name: 'Beans, grams' }).fill('10');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Save the recipe' }).click();
  await page.getByText('Double').first().waitFor();
  expect(await waiting()).toBe(1);

  await page.getByRole('button', { name: 'Change: Beans, Lobby', exact: true }).click();
  await page.getByText('Count', { exact: true }).click();
  await page.getByLabel('How much, grams').fill('90,5');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Count', exact: true }).click();
  await page.getByText('running low').first().waitFor();

  await page.getByRole('link', { name: '← Vending' }).click();
  await page.getByRole('link', { name: 'Refilling' }).click();
  await page.getByRole('button', { name: 'Done: Lobby' }).click();
  await page.getByText('Still to be refilled: Beans').first().waitFor();
  await page.getByRole('link', { name: 'Lobby' }).click();
  await page.getByRole('button', { name: 'Change: Beans, Lobby', exact: true }).click();
  await page.getByText('Refill', { exact: true }).click();
  await page.getByLabel('How much, grams').fill('500');
  await page.getByRole('button', { name: 'Refill', exact: true }).click();
  await page.getByText('The refilling task is done').first().waitFor();
  await page.getByText('590.5 g').first().waitFor();
  await come(page, '/console/vending/tasks?status=completed');
  await page.getByRole('link', { name: 'Lobby' }).waitFor();
  // What is still low was refused once.
  expect(world.complaints().filter((line) => !line.includes('409'))).toEqual([]);
});

inBrowser('sales stand in a chart and in a table that says the same, and the address keeps what was chosen', async () => {
  const page = await world.visit({ token: vendor.token });
  await come(page, '/console/vending/sales');
  await page.locator('canvas').waitFor();
  expect(await page.locator('tfoot td').allInnerTexts()).toEqual(['2', '2', expect.stringMatching(/300\.00/)]);
  await page.getByRole('button', { name: 'Drink', exact: true }).click();
  await page.waitForURL('**by=item**');
  await page.getByRole('rowheader', { name: /, Lobby$/ }).waitFor();
  expect(world.complaints()).toEqual([]);
});

inBrowser('a sale meanwhile is seen without a reload', async () => {
  const page = await world.visit({ token: vendor.token });
  await come(page, '/console/vending');
  await vendor.ask('POST', '/api/vending/tasks', { terminal_id: machine });
  await come(page, '/console/vending/tasks');
  const before = await page.locator('.task').count();
  await vendor.ask('POST', '/api/vending/tasks', { terminal_id: machine, comment: 'Wipe the drip tray' });
  await page.getByText('Wipe the drip tray').first().waitFor();
  expect(await page.locator('.task').count()).toBe(before + 1);
});

inBrowser('somebody who was invited connects their own machines, and sees how far it has come', async () => {
  const newcomer = await personOf(world.api, 'vending_owner');
  const page = await world.visit({ token: newcomer.token, viewport: { width: 375, height: 800 } });
  await come(page, '/console/');
  await page.getByRole('link', { name: 'Connect machines' }).click();
  await page.getByLabel('Login at the service').fill('cafe');
  await page.getByLabel('Password at the service').fill('a-password');
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByText('The login is tried').first().waitFor();
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  const { body } = await newcomer.ask('GET', '/api/vending/owners');
  expect(body.items).toMatchObject([{ user_id: newcomer.id, has_credentials: true }]);
  const { body: runs } = await newcomer.ask('GET', '/api/vending/imports');
  expect(runs.items.map(({ process_type }: { process_type: string }) => process_type).sort()).toEqual([
    'vending_history',
    'vending_terminals',
  ]);
});
