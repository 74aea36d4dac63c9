import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseSettings } from '../../queues/process/settings.ts';
import { sql } from '../../sql/database/database.ts';
import { refill, setStockLevels } from '../../workers/vending/stock.ts';
import { ADMIN, type Stage, stage } from '../bot/stage.ts';
import type { FakeVendista } from '../support/vendista.ts';
import { KEYS, vendingWorld } from './stage.ts';

let bot: Stage;
let world: ReturnType<typeof vendingWorld>;
let shop: {
  owner: { id: number; userId: number; warehouse: number };
  machine: number;
  terminal: number;
  beans: number;
  chat: number;
};
beforeAll(async () => {
  bot = await stage();
  bot.startBot();
  const never = () => {
    throw new Error('nothing outside is called');
  };
  world = vendingWorld(bot.db, undefined as unknown as FakeVendista, parseSettings({ VENDING_KEYS: KEYS }), never);
  const owner = await world.owner('bot');
  const terminal = (await world.terminals(owner, 1)).get(1)!;
  const beans = await world.ingredient(owner, 'Кофе');
  const chat = 5_001;
  await bot.db.query(sql.unsafe`update users set telegram_id = ${chat}, locale = 'en' where id = ${owner.userId}`);
  shop = { owner, machine: terminal.machine, terminal: terminal.id, beans, chat };
  const actor = { by: 'test', chatIds: [], now: new Date() };
  const put = (placeId: number, quantity: number) =>
    bot.db.transaction((transaction) => refill(transaction, { placeId, ingredientId: beans, quantity }, actor));
  await put(shop.machine, 100_000);
  await put(owner.warehouse, 700_000);
  await bot.db.transaction((transaction) =>
    setStockLevels(transaction, { placeId: shop.machine, ingredientId: beans, capacity: 500_000, critical: 100_000 }, actor),
  );
  await bot.db.query(sql.unsafe`
    insert into vending_transactions (owner_id, vendista_id, terminal_vendista_id, sum_minor, happened_at, result, status, is_historic)
    values (${owner.id}, 1, 1, 15000, now(), 1, 1, false)`);
});
afterAll(() => bot.close());

const said = () => String(bot.told.last(shop.chat)).replaceAll(/[\u00a0\u202f]/g, ' ');

test('an owner asks for stock and sales of their own', async () => {
  await bot.write(shop.chat, '/stock');
  expect(said()).toContain('Warehouse');
  expect(said()).toContain('🔴 Кофе: 100 g');
  await bot.write(shop.chat, '/sales');
  expect(said()).toContain('1 sale, RUB 150');
  await bot.write(shop.chat, '/status');
  expect(said()).toContain('/stock');
});

test('somebody else gets nothing of it', async () => {
  const stranger = 5_900;
  for (const line of ['/stock', '/sales', '/tasks']) await bot.write(stranger, line);
  expect(bot.telegram.delivered(stranger)).toEqual([expect.stringContaining('Это служебный бот студии')]);
});

test('another owner’s button does nothing', async () => {
  await bot.write(shop.chat, '/tasks');
  const other = await world.owner('bot-other');
  await bot.db.query(sql.unsafe`update users set telegram_id = 5002 where id = ${other.userId}`);
  const found = bot.told.button(shop.chat, 'Refill to the top')!;
  bot.telegram.press({ ...found.message, chat_id: 5_002 }, found.data, 5_002);
  await bot.settled();
  expect(await world.quantity(shop.machine, shop.beans)).toBe(100_000);
});

test('a task is refused while something is critical, refilled from the warehouse, and closes itself', async () => {
  await bot.write(shop.chat, '/tasks');
  expect(said()).toContain('Refill the machine “Автомат 1”');
  await bot.press(shop.chat, 'Done');
  const open = () =>
    bot.db.exists(sql.unsafe`select from vending_tasks where terminal_id = ${shop.terminal} and status = 'pending'`);
  expect(await open()).toBe(true);
  await bot.press(shop.chat, 'Refill to the top');
  expect(said()).toContain('Filled up from the warehouse: Кофе 400 g');
  expect(await world.quantity(shop.machine, shop.beans)).toBe(500_000);
  expect(await open()).toBe(false);
  await bot.write(shop.chat, '/tasks');
  expect(said()).toContain('Nothing is to be refilled');
});

test('an admin sees everybody’s', async () => {
  await bot.write(ADMIN, '/stock');
  expect(String(bot.told.last(ADMIN))).toContain('Кофе');
});
