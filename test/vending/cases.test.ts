import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { findVendingOwner } from '../../sql/vending/owners.ts';
import { syncTerminals } from '../../sql/vending/terminals.ts';
import { countStock, moveStock, refill, setStockLevels } from '../../workers/vending/stock.ts';
import { vendista } from '../../workers/vending/vendista.ts';
import { onServerIn } from '../support/server-zone.ts';
import { saleRow } from '../support/vendista.ts';
import { type VendingStage, vendingStage } from './stage.ts';

/** The cases of public importers: input and the right outcome. Each was somebody's bug. */
let at: VendingStage;
beforeAll(async () => {
  at = await vendingStage();
});
afterAll(() => at.close());

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);
const actor = () => ({ by: 'test', chatIds: [1001], now: new Date() });
const inTransaction = <T>(work: (transaction: VendingStage['db']) => Promise<T>) =>
  at.db.transaction((transaction) => work(transaction as never));
const put = (placeId: number, ingredientId: number, quantity: number) =>
  inTransaction((transaction) => refill(transaction, { placeId, ingredientId, quantity }, actor()));
const alerts = (fingerprint: string) =>
  at.db.any(
    sql.type(z.object({ count: z.int() }))`select count from alerts where fingerprint = ${fingerprint} and recovered_at is null`,
  );

/** An owner with one terminal, whose item 7 takes 8 of coffee. */
async function cafe(login: string, { coffee = 1_000_000, refundReturns = false } = {}) {
  const account = at.fake.account(login);
  const owner = await at.owner(login, { refundReturns });
  const terminal = (await at.terminals(owner, 1)).get(1)!;
  const beans = await at.ingredient(owner, 'Кофе');
  await at.recipe(owner, terminal.id, 7, { [beans]: 8_000 });
  if (coffee > 0) await put(terminal.machine, beans, coffee);
  return {
    account,
    owner,
    terminal,
    beans,
    coffee: () => at.quantity(terminal.machine, beans),
    import: (options: Record<string, unknown> = {}) => at.importAll(new Date(), { owner_id: owner.id, ...options }),
  };
}

test('1: a token that is refused is replaced once, and the request is asked again with the new one', async () => {
  const { account, owner, ...shop } = await cafe('one');
  account.rows.push(saleRow(1, { at: ago(5) }));
  expect((await shop.import()).status).toBe('success');
  const before = account.tokens.splice(0)[0];
  const asked = at.fake.asked.length;
  expect((await shop.import()).status).toBe('success');
  const since = at.fake.asked.slice(asked);
  expect(since.map(({ path, query }) => [path, query.token])).toEqual([
    ['/transactions', before],
    ['/token', undefined],
    ['/transactions', account.tokens[0]],
  ]);
  expect((await findVendingOwner(at.db, owner.id))?.credentials).toBe('valid');
});

test('2: a refused token, then a token that is unpaid: unpaid, one alert, credentials valid, the run no success', async () => {
  const { account, owner, ...shop } = await cafe('two');
  account.unpaid.add('/token');
  const run = await shop.import();
  expect(run).toMatchObject({ status: 'partial', result: { owners_failed: [{ owner_id: owner.id, reason: 'unpaid' }] } });
  expect(await findVendingOwner(at.db, owner.id)).toMatchObject({ credentials: 'valid', unpaid_since: expect.any(String) });
  const again = await shop.import();
  expect(again).toMatchObject({ status: 'success', result: { owners_skipped: [{ owner_id: owner.id, reason: 'unpaid' }] } });
  expect(await alerts(`unpaid:vendista:${owner.id}`)).toEqual([{ count: 1 }]);
  expect((await at.messages('vending_unpaid')).filter(({ user_id }) => user_id === owner.userId)).toHaveLength(1);
});

test('3: the same id of two owners is two rows; a terminal beyond 2^31 is deactivated', async () => {
  const [a, b] = [await cafe('three-a'), await cafe('three-b')];
  a.account.rows.push(saleRow(3_000_000_001, { at: ago(5), sum: 100 }));
  b.account.rows.push(saleRow(3_000_000_001, { at: ago(5), sum: 200 }));
  await a.import();
  const before = await at.sales(a.owner);
  await b.import();
  expect(await at.sales(a.owner)).toEqual(before);
  expect((await at.sales(b.owner)).map(({ sum }) => sum)).toEqual([200]);
  await at.terminals(a.owner, 1, 2_147_483_700);
  const synced = await inTransaction((transaction) =>
    syncTerminals(
      transaction,
      a.owner.id,
      [{ vendista_id: 1, name: 'x', serial_number: null, is_online: true, last_online_at: null }],
      new Date(),
    ),
  );
  expect(synced.deactivated).toHaveLength(1);
});

test('4: a failed sale that goes through later is deducted once', async () => {
  const shop = await cafe('four');
  const row = saleRow(4, { at: ago(5), result: 0 });
  shop.account.rows.push(row);
  await shop.import();
  expect(await at.sales(shop.owner)).toMatchObject([{ state: 'not_poured' }]);
  expect(await shop.coffee()).toBe(1_000_000);
  row.result = 1;
  expect((await shop.import()).result).toMatchObject({ updated: 1, deducted: 1 });
  expect(await shop.coffee()).toBe(992_000);
  expect((await shop.import()).result).toMatchObject({ added: 0, updated: 0, unchanged: 1, deducted: 0 });
  expect(await shop.coffee()).toBe(992_000);
});

describe('5: a sale and its refund', () => {
  const pair = (first: Date) => [
    saleRow(101, { at: first, status: 2, sum: 5_000, reverse_id: 102 }),
    saleRow(102, { at: first, status: 4, sum: -5_000, reverse_id: 101 }),
  ];
  test.each([
    ['seen as a sale before', true, false, 992_000],
    ['never seen before', false, false, 992_000],
    ['seen before, and refunds give back', true, true, 1_000_000],
    ['never seen before, and refunds give back', false, true, 1_000_000],
  ])('%s: no sale, no revenue', async (name, isSeen, refundReturns, left) => {
    const shop = await cafe(`five ${name}`, { refundReturns });
    const when = ago(5);
    if (isSeen) {
      shop.account.rows.push(saleRow(101, { at: when, sum: 5_000 }));
      await shop.import();
      expect(await at.counted(shop.owner)).toEqual({ sales: 1, revenue: 5_000 });
      expect(await shop.coffee()).toBe(992_000);
    }
    shop.account.rows.splice(0, 9, ...pair(when));
    await shop.import();
    await shop.import();
    expect(await at.counted(shop.owner)).toEqual({ sales: 0, revenue: 0 });
    expect(await shop.coffee()).toBe(left);
  });

  test('a free one is a sale of nothing, and is deducted', async () => {
    const shop = await cafe('five free');
    shop.account.rows.push(saleRow(1, { at: ago(5), sum: 0 }));
    await shop.import();
    expect(await at.counted(shop.owner)).toEqual({ sales: 1, revenue: 0 });
    expect(await shop.coffee()).toBe(992_000);
  });
});

test('6: times are Moscow’s whatever TZ is, and sums are kopecks', () =>
  onServerIn('America/New_York', () => {
    const { readSale } = vendista('http://nowhere');
    const raw = { id: 1, term_id: 2, result: 1, sum: 900 };
    expect(readSale({ ...raw, time: '2026-01-05 06:50:28.236' })).toMatchObject({
      happened_at: '2026-01-05T03:50:28.236Z',
      sum: 900,
    });
    expect(readSale({ ...raw, time: '2026-01-05T06:50:28' })).toMatchObject({ happened_at: '2026-01-05T03:50:28.000Z' });
  }));

test('7: 256 rows, 50 a page whatever was asked: 6 calls', async () => {
  const shop = await cafe('seven', { coffee: 10_000_000 });
  shop.account.rows.push(...Array.from({ length: 256 }, (_, n) => saleRow(n + 1, { at: ago(10 + n) })));
  at.fake.perPage(50);
  const before = at.fake.asked.filter(({ path }) => path === '/transactions').length;
  const run = await shop.import();
  at.fake.perPage(500);
  expect(at.fake.asked.filter(({ path }) => path === '/transactions')).toHaveLength(before + 6);
  expect(run).toMatchObject({ status: 'success', result: { pages: 6, processed: 256, added: 256, sales: 256 } });
  expect(await shop.coffee()).toBe(10_000_000 - 256 * 8_000);
});

test('8: a known row follows its refund; a row without a readable time is rejected and the others go on', async () => {
  const shop = await cafe('eight');
  const row = saleRow(8, { at: ago(5) });
  shop.account.rows.push(row, saleRow(9, { at: ago(4) }));
  await shop.import();
  Object.assign(row, { status: 2, reverse_id: 10 });
  shop.account.rows.push({ ...saleRow(11, { at: ago(3) }), time: '32.13' });
  const run = await shop.import();
  expect(run).toMatchObject({ status: 'partial', result: { updated: 1, rejected: 1 } });
  expect(await at.sales(shop.owner)).toMatchObject([{ id: 8, status: 2 }, { id: 9 }]);
  expect((await shop.import()).result).toMatchObject({ rejected: 0 });
});

test('9: sales without a recipe count; the recipe saved twice deducts each once', async () => {
  const shop = await cafe('nine');
  const row = (id: number) => saleRow(id, { at: ago(id), machine_item: [{ machine_item_id: 77, quantity: 1 }] });
  shop.account.rows.push(row(1), row(2), row(3));
  const run = await shop.import();
  expect(run).toMatchObject({ status: 'success', result: { needs_recipe: 3, deducted: 0 } });
  expect(await at.counted(shop.owner)).toEqual({ sales: 3, revenue: 2_700 });
  await shop.import();
  const told = (await at.messages('vending_needs_recipe')).filter(({ user_id }) => user_id === shop.owner.userId);
  expect(told.map(({ params }) => params.items)).toEqual([[{ terminal: 'Автомат 1', machine_item_id: 77 }]]);
  for (let n = 0; n < 2; n += 1) {
    await at.recipe(shop.owner, shop.terminal.id, 77, { [shop.beans]: 1_000 });
    await at.run('vending_deduction', { owner_id: shop.owner.id });
  }
  expect(await shop.coffee()).toBe(997_000);
  expect((await at.sales(shop.owner)).map(({ state }) => state)).toEqual(['deducted', 'deducted', 'deducted']);
});

test('10: what a recipe names and nobody ever put in is missing in the task', async () => {
  const shop = await cafe('ten');
  const milk = await at.ingredient(shop.owner, 'Молоко', 'ml');
  await at.recipe(shop.owner, shop.terminal.id, 7, { [shop.beans]: 8_000, [milk]: 150_000 });
  shop.account.rows.push(saleRow(1, { at: ago(5) }));
  expect((await shop.import()).result).toMatchObject({ tasks_created: 1 });
  const [told] = (await at.messages('vending_task')).filter(({ user_id }) => user_id === shop.owner.userId);
  expect(told?.params.items).toMatchObject([{ ingredient: 'Молоко', missing: true }]);
  expect(await at.entries(shop.owner)).toContainEqual({ reason: 'sale', delta: 0, short: 150_000, sale: 1, round: 1 });
});

describe('11: a refill of 500 while ten sales of 8 come in', () => {
  test.each(['refill first', 'sales first', 'at once'])('%s: 420 more', async (order) => {
    const shop = await cafe(`eleven ${order}`);
    shop.account.rows.push(...Array.from({ length: 10 }, (_, n) => saleRow(n + 1, { at: ago(5) })));
    const sales = () => shop.import();
    const more = () => put(shop.terminal.machine, shop.beans, 500_000);
    if (order === 'at once') await Promise.all([sales(), more()]);
    else for (const step of order === 'refill first' ? [more, sales] : [sales, more]) await step();
    expect(await shop.coffee()).toBe(1_420_000);
  });
});

test('12: coffee, then milk: one task, two items, two messages; moving both in closes it', async () => {
  const shop = await cafe('twelve', { coffee: 110_000 });
  const milk = await at.ingredient(shop.owner, 'Молоко', 'ml');
  await put(shop.terminal.machine, milk, 310_000);
  await at.recipe(shop.owner, shop.terminal.id, 7, { [shop.beans]: 8_000, [milk]: 100_000 });
  const levels = (ingredientId: number, capacity: number, critical: number) =>
    inTransaction((transaction) =>
      setStockLevels(transaction, { placeId: shop.terminal.machine, ingredientId, capacity, critical }, actor()),
    );
  await levels(shop.beans, 1_000_000, 105_000);
  await levels(milk, 1_000_000, 150_000);
  const tasks = () =>
    at.db.any(sql.type(z.object({ status: z.string(), items: z.int() }))`
      select status, (select count(*)::int from vending_task_items where task_id = task.id) as items
      from vending_tasks task where owner_id = ${shop.owner.id}`);
  const told = async () => (await at.messages('vending_task')).filter(({ user_id }) => user_id === shop.owner.userId).length;
  shop.account.rows.push(saleRow(1, { at: ago(5) }));
  await shop.import();
  expect([await tasks(), await told()]).toEqual([[{ status: 'pending', items: 1 }], 1]);
  shop.account.rows.push(saleRow(2, { at: ago(4) }));
  await shop.import();
  await shop.import();
  expect([await tasks(), await told()]).toEqual([[{ status: 'pending', items: 2 }], 2]);
  for (const ingredientId of [shop.beans, milk]) await put(shop.owner.warehouse, ingredientId, 900_000);
  const move = (ingredientId: number) =>
    inTransaction((transaction) =>
      moveStock(
        transaction,
        { fromId: shop.owner.warehouse, toId: shop.terminal.machine, ingredientId, quantity: 500_000 },
        actor(),
      ),
    );
  await move(shop.beans);
  expect(await tasks()).toMatchObject([{ status: 'pending' }]);
  await move(milk);
  expect(await tasks()).toMatchObject([{ status: 'completed' }]);
});

test('13: a page that fails leaves none of its tasks and messages; the pages before stay', async () => {
  const shop = await cafe('thirteen', { coffee: 0 });
  shop.account.rows.push(...Array.from({ length: 4 }, (_, n) => saleRow(n + 1, { at: ago(50 - n) })));
  for (const row of shop.account.rows.slice(2)) row.term_id = 1;
  at.fake.perPage(2);
  // The second page cannot be written: a sale of it is refused by the database.
  await at.db.query(
    sql.unsafe`alter table vending_transactions add constraint test_refuses check (owner_id <> ${sql.literalValue(String(shop.owner.id))} or vendista_id <> 4)`,
  );
  await at.recipe(shop.owner, shop.terminal.id, 8, { [await at.ingredient(shop.owner, 'Сироп')]: 1_000 });
  Object.assign(shop.account.rows[2] as object, { machine_item: [{ machine_item_id: 999, quantity: 1 }] });
  await expect(shop.import()).rejects.toThrow();
  at.fake.perPage(500);
  await at.db.query(sql.unsafe`alter table vending_transactions drop constraint test_refuses`);
  expect((await at.sales(shop.owner)).map(({ id }) => id)).toEqual([1, 2]);
  const told = (await at.messages()).filter(({ user_id }) => user_id === shop.owner.userId);
  expect(told.map(({ template }) => template)).toEqual(['vending_task']);
});

test('14: one digest of everything, nothing net left out; only that, no message', async () => {
  const shop = await cafe('fourteen', { coffee: 0 });
  await at.run('vending_digest');
  const sugar = await at.ingredient(shop.owner, 'Сахар');
  for (let n = 0; n < 125; n += 1) await put(shop.owner.warehouse, sugar, 1_000);
  const counted = (quantity: number) =>
    inTransaction((transaction) =>
      countStock(transaction, { placeId: shop.owner.warehouse, ingredientId: shop.beans, quantity }, actor()),
    );
  await counted(100_000);
  await counted(0);
  const digests = async () => (await at.messages('vending_digest')).filter(({ user_id }) => user_id === shop.owner.userId);
  await at.run('vending_digest', {}, { at: new Date(Date.now() + 3_600_000) });
  expect((await digests()).map(({ params }) => params.places)).toEqual([
    [{ kind: 'warehouse', terminal: null, lines: [{ ingredient: 'Сахар', unit: 'g', net_milli: 125_000 }] }],
  ]);
  await counted(100_000);
  await counted(0);
  await at.run('vending_digest', {}, { at: new Date(Date.now() + 7_200_000) });
  expect(await digests()).toHaveLength(1);
  expect(
    await at.db.exists(sql.unsafe`select from stock_entries where owner_id = ${shop.owner.id} and notified_at is null`),
  ).toBe(false);
});

test('14: of more owners than one transaction takes, each gets one digest of their own', async () => {
  const OWNERS = 205;
  await at.db.query(sql.unsafe`
    with people as (
      insert into users (first_name) select 'Владелец ' || n from generate_series(1, ${OWNERS}::int) n returning id
    ), owners as (
      insert into vending_owners (user_id, setup_date, stock_from) select id, current_date, now() from people returning id
    ), places as (
      insert into stock_places (owner_id, kind) select id, 'warehouse' from owners returning id, owner_id
    ), goods as (
      insert into ingredients (owner_id, name, unit) select id, 'Сахар ' || id, 'g' from owners returning id, owner_id
    ), kept as (
      insert into inventories (owner_id, place_id, ingredient_id)
      select goods.owner_id, places.id, goods.id from goods join places using (owner_id) returning owner_id, place_id, ingredient_id
    )
    insert into stock_entries (owner_id, place_id, ingredient_id, delta_milli, reason, created_by)
    select owner_id, place_id, ingredient_id, owner_id * 1000, 'refill', 'test' from kept`);
  const { result } = await at.run('vending_digest', {}, { at: new Date(Date.now() + 10_800_000) });
  expect(result).toMatchObject({ entries: OWNERS, messages: OWNERS });
  const told = await at.db.any(sql.type(z.object({ owner_id: z.int(), messages: z.int(), place: z.unknown() }))`
    select owner.id as owner_id, count(*)::int as messages, min(note.params -> 'places' -> 0 ->> 'lines') as place
    from vending_owners owner join users on users.id = owner.user_id join notifications note on note.user_id = owner.user_id
    where users.first_name like 'Владелец %' and template = 'vending_digest' group by owner.id`);
  expect(told).toHaveLength(OWNERS);
  for (const { owner_id, messages, place } of told) {
    expect(messages).toBe(1);
    expect(JSON.parse(String(place))).toEqual([{ ingredient: `Сахар ${owner_id}`, unit: 'g', net_milli: owner_id * 1_000 }]);
  }
});

test('15: several items are all poured; none known is a sale all the same', async () => {
  const shop = await cafe('fifteen');
  await at.recipe(shop.owner, shop.terminal.id, 9, { [shop.beans]: 10_000 });
  const items = [
    { machine_item_id: 7, quantity: 1 },
    { machine_item_id: 9, quantity: 2 },
  ];
  shop.account.rows.push(saleRow(1, { at: ago(5), machine_item: items }), saleRow(2, { at: ago(4), machine_item: null }));
  expect((await shop.import()).result).toMatchObject({ sales: 2, deducted: 2, unknown_item: 1 });
  expect(await shop.coffee()).toBe(1_000_000 - 8_000 - 20_000);
  expect(await at.sales(shop.owner)).toMatchObject([{ state: 'deducted' }, { state: 'unknown_item' }]);
});

test('16: ten and five in the warehouse is one row of fifteen', async () => {
  const shop = await cafe('sixteen', { coffee: 0 });
  await put(shop.owner.warehouse, shop.beans, 10_000);
  await put(shop.owner.warehouse, shop.beans, 5_000);
  const rows = await at.db.any(sql.type(z.object({ quantity_milli: z.int() }))`
    select quantity_milli from inventories where place_id = ${shop.owner.warehouse}`);
  expect(rows).toEqual([{ quantity_milli: 15_000 }]);
});
