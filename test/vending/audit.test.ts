import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { moveStock, refill } from '../../workers/vending/stock.ts';
import { saleRow } from '../support/vendista.ts';
import { type VendingStage, vendingStage } from './stage.ts';

/** V31: the audit finds what is amiss once a guard of the database is taken away. */
let at: VendingStage;
let owner: Awaited<ReturnType<VendingStage['owner']>>;
let machine: number;
let beans: number;
const actor = () => ({ by: 'test', chatIds: [], now: new Date() });
beforeAll(async () => {
  at = await vendingStage();
  owner = await at.owner('audited');
  const terminal = (await at.terminals(owner, 1)).get(1)!;
  machine = terminal.machine;
  beans = await at.ingredient(owner, 'Кофе');
  await at.recipe(owner, terminal.id, 7, { [beans]: 1_000 });
  for (const placeId of [machine, owner.warehouse])
    await at.db.transaction((transaction) => refill(transaction, { placeId, ingredientId: beans, quantity: 50_000 }, actor()));
  await at.db.transaction((transaction) =>
    moveStock(transaction, { fromId: owner.warehouse, toId: machine, ingredientId: beans, quantity: 5_000 }, actor()),
  );
  at.fake
    .account('audited')
    .rows.push(saleRow(1, { at: new Date(Date.now() - 60_000) }), saleRow(2, { at: new Date(), result: 0 }));
  await at.importAll(new Date());
});
afterAll(() => at.close());

const findings = async () => (await auditBooks(at.db, '2026-01-01')).map(({ rule }) => rule);
class Undone extends Error {}
/** What the audit says after a change that no guard stopped; the change is taken back. */
async function after(...statements: ReturnType<typeof sql.unsafe>[]) {
  let found: string[] = [];
  await at.db
    .transaction(async (transaction) => {
      await transaction.query(sql.unsafe`set local session_replication_role = replica`);
      for (const statement of statements) await transaction.query(statement);
      found = (await auditBooks(transaction, '2026-01-01')).map(({ rule }) => rule);
      throw new Undone();
    })
    .catch((error) => {
      if (!(error instanceof Undone)) throw error;
    });
  return found;
}

test('all square', async () => expect(await findings()).toEqual([]));

test('a quantity that is not the sum of its entries', async () => {
  expect(await after(sql.unsafe`update inventories set quantity_milli = quantity_milli + 1 where place_id = ${machine}`)).toEqual(
    ['stock_sum'],
  );
});

test('entries without an inventory', async () => {
  expect(await after(sql.unsafe`delete from inventories where place_id = ${machine}`)).toEqual(['stock_sum']);
});

test('a line deducted twice', async () => {
  const twice = sql.unsafe`
    insert into stock_entries (owner_id, place_id, ingredient_id, delta_milli, reason, vendista_id, line_no, machine_item_id, portions, round, created_by)
    select owner_id, place_id, ingredient_id, 0, reason, vendista_id, line_no, machine_item_id, portions, 9, created_by
    from stock_entries where reason = 'sale'`;
  expect(await after(twice)).toEqual(['stock_twice']);
});

test('half a move', async () => {
  expect(await after(sql.unsafe`delete from stock_entries where reason = 'move_in'`)).toEqual(['stock_move', 'stock_sum']);
});

test('deducted without entries, and entries without being deducted', async () => {
  expect(await after(sql.unsafe`delete from stock_entries where reason = 'sale'`)).toEqual([
    'stock_state',
    'stock_state',
    'stock_sum',
  ]);
  const states = [
    sql.unsafe`update vending_transaction_items set stock_state = 'not_poured' where vendista_id = 1`,
    sql.unsafe`update vending_transactions set stock_state = 'not_poured' where vendista_id = 1`,
  ];
  expect(await after(...states)).toEqual(['stock_state', 'stock_state']);
});

test('the database itself refuses each of them', async () => {
  const refused = (statement: ReturnType<typeof sql.unsafe>) => expect(at.db.query(statement)).rejects.toThrow();
  await refused(sql.unsafe`update inventories set quantity_milli = 1 where place_id = ${machine}`);
  await refused(sql.unsafe`delete from stock_entries where owner_id = ${owner.id}`);
  await refused(sql.unsafe`update stock_entries set delta_milli = 0 where owner_id = ${owner.id}`);
  await refused(sql.unsafe`
    insert into stock_entries (owner_id, place_id, ingredient_id, delta_milli, reason, created_by)
    values (${owner.id}, ${machine}, ${beans}, -1000000, 'adjustment', 'test')`);
});
