import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { shutGate, takeGateTurn } from '../../sql/vending/gate.ts';
import { findVendingOwner, tryImportLock } from '../../sql/vending/owners.ts';
import { setStockLevels } from '../../workers/vending/stock.ts';
import { moscowTime, saleRow } from '../support/vendista.ts';
import { type VendingStage, vendingStage } from './stage.ts';

/** What only shows over months, with odd rows, or with a clock that was wrong. */
let at: VendingStage;
beforeAll(async () => {
  at = await vendingStage();
});
afterAll(() => at.close());

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);
let shops = 0;
async function shop() {
  shops += 1;
  const login = `long${shops}`;
  const account = at.fake.account(login);
  const owner = await at.owner(login);
  await at.terminals(owner, 1);
  const asked = (path: string, since = 0) => at.fake.asked.slice(since).filter((one) => one.path === path);
  return {
    account,
    owner,
    asked,
    import: (body: Record<string, unknown> = {}, now = new Date()) => at.importAll(now, { owner_id: owner.id, ...body }),
    kept: async () => (await findVendingOwner(at.db, owner.id))!,
    sync: () => at.run('vending_terminals', { owner_id: owner.id }),
  };
}
const told = (template: string, ownerId: number) =>
  at.db.oneFirst(sql.type(z.object({ n: z.int() }))`
    select count(*)::int as n from notifications where template = ${template} and (params ->> 'owner_id')::int = ${ownerId}`);

test('one new token an owner and run, however many windows the run reads', async () => {
  const { account, owner, import: read, asked } = await shop();
  account.rows.push(saleRow(1, { at: daysAgo(100) }));
  await read();
  account.tokens.length = 0;
  const before = at.fake.asked.length;
  const from = moscowTime(daysAgo(120)).slice(0, 10);
  expect(await at.run('vending_history', { owner_id: owner.id, from })).toMatchObject({
    status: 'success',
    result: { added: 1 },
  });
  expect(asked('/transactions', before).length).toBeGreaterThan(4);
  expect(asked('/token', before)).toHaveLength(1);
});

test('a request that is refused for ever is told once, while others of the same owner succeed', async () => {
  const { account, owner, import: read, sync } = await shop();
  account.terminals = [{ id: 1, comment: 'T1', last_hour_online: 1, last_online_time: moscowTime(new Date()) }];
  for (let quarter = 0; quarter < 3; quarter += 1) {
    at.fake.script('/terminals', 403);
    expect((await sync()).status).toBe('partial');
    expect((await read()).status).toBe('success');
  }
  expect(await told('vending_request_refused', owner.id)).toBe(1);
  expect((await sync()).status).toBe('success');
  const open = await at.db.exists(sql.unsafe`
    select from alerts where starts_with(fingerprint, ${`vending_request:${owner.id}`}) and recovered_at is null`);
  expect(open).toBe(false);
});

test('odd characters in a row or a name end nobody’s reading', async () => {
  const { account, owner, import: read, sync } = await shop();
  const half = '\ud83d';
  account.rows.push(
    saleRow(1, { at: daysAgo(0.1), time: 'nonsense', terminal_comment: half, [`${half}\0`]: 'a\\u0000' }),
    saleRow(2, { at: daysAgo(0.1), terminal_comment: `${'x'.repeat(499)}😀` }),
    saleRow(3, { at: daysAgo(0.1) }),
  );
  expect(await read()).toMatchObject({ status: 'partial', result: { added: 2, rejected: 1 } });
  expect(await at.sales(owner)).toHaveLength(2);
  account.terminals = [{ id: 1, comment: `${'x'.repeat(499)}😀`, last_hour_online: 1 }];
  expect(await sync()).toMatchObject({ status: 'success', result: { terminals: 1 } });
});

test('of a rejected row, too, a card is kept by its last digits alone', async () => {
  const { account, owner, import: read } = await shop();
  account.rows.push(saleRow(1, { at: daysAgo(0.1), result: null, card_number: '4111111111111111' }));
  await read();
  const kept = await at.db.oneFirst(sql.type(z.object({ raw: z.string() }))`
    select raw::text from vending_rejects where owner_id = ${owner.id}`);
  expect(kept).toContain('************1111');
  expect(kept).not.toContain('41111111');
});

test('a list that does not say how long it is is read until a page is empty', async () => {
  const { account, owner, import: read } = await shop();
  account.rows.push(...Array.from({ length: 5 }, (_, n) => saleRow(n + 1, { at: daysAgo(0.1) })));
  at.fake.perPage(2);
  at.fake.counts(false);
  const run = await read();
  at.fake.perPage(500);
  at.fake.counts(true);
  expect(run).toMatchObject({ status: 'success', result: { added: 5 } });
  expect(await at.sales(owner)).toHaveLength(5);
});

test('after more than 31 days away the last 31 are read once; then a day again', async () => {
  const { owner, import: read, asked } = await shop();
  await at.db.query(
    sql.unsafe`update vending_owners set read_to = ${daysAgo(40).toISOString()}::timestamptz where id = ${owner.id}`,
  );
  expect((await read()).details).toMatchObject({ warnings: [{ owner_id: owner.id, reason: 'older_sales_not_read' }] });
  const before = at.fake.asked.length;
  expect((await read()).details).toMatchObject({ warnings: [] });
  const { query } = asked('/transactions', before)[0]!;
  expect(Date.parse(`${query.DateTo}Z`) - Date.parse(`${query.DateFrom}Z`)).toBe(DAY_MS);
});

test('sales are never taken as read beyond now, and a mark that lies ahead goes back', async () => {
  const { owner, import: read, kept } = await shop();
  const now = new Date();
  await read({ from: daysAgo(1).toISOString(), to: daysAgo(-10).toISOString() }, now);
  expect((await kept()).read_to).toBe(now.toISOString());
  // A clock that was a month ahead.
  await at.db.query(
    sql.unsafe`update vending_owners set read_to = ${daysAgo(-30).toISOString()}::timestamptz where id = ${owner.id}`,
  );
  await read({}, now);
  expect((await kept()).read_to).toBe(now.toISOString());
});

test('a gate whose turn lies far ahead, since a clock went back, is not waited for', async () => {
  await takeGateTurn(at.db, 'ahead', 1_100);
  await at.db.query(
    sql.unsafe`update vending_gates set free_at = now() + interval '2 hours', closed_until = now() + interval '2 hours' where service = 'ahead'`,
  );
  expect(await takeGateTurn(at.db, 'ahead', 1_100)).toBeLessThan(1_100);
  // As long as a service may ask for, it is.
  await shutGate(at.db, 'closed', 900);
  expect(await takeGateTurn(at.db, 'closed', 1_100)).toBeGreaterThan(890_000);
});

test('two imports of one owner: one reads, the other waits for it', async () => {
  const { account, owner, import: read } = await shop();
  account.rows.push(saleRow(1, { at: daysAgo(0.1) }));
  let isOver = false;
  const reading = await at.db.connect(async (other) => {
    expect(await tryImportLock(other, owner.id)).toBe(true);
    const run = read().finally(() => {
      isOver = true;
    });
    const before = at.fake.asked.length;
    await at.db.query(sql.unsafe`select pg_sleep(0.6)`);
    expect(isOver).toBe(false);
    expect(at.fake.asked).toHaveLength(before);
    await other.query(sql.unsafe`select pg_advisory_unlock_all()`);
    return run;
  });
  expect(reading).toMatchObject({ status: 'success', result: { added: 1 } });
});

test('the check at 04:00 keeps nothing of an owner who has paid for the token, but not for the data', async () => {
  const { account, owner, import: read, kept } = await shop();
  account.unpaid.add('/transactions');
  await read();
  const before = await kept();
  expect((await at.run('vending_payment_check')).result).not.toMatchObject({ recovered: [owner.id] });
  expect(account.tokens).toHaveLength(2);
  expect(await kept()).toEqual(before);
  account.unpaid.clear();
  expect((await at.run('vending_payment_check')).result).toMatchObject({ recovered: [owner.id] });
  expect((await kept()).token_enc).not.toBe(before.token_enc);
  account.tokens.splice(0, 2);
  const asked = at.fake.asked.length;
  expect((await read()).status).toBe('success');
  expect(at.fake.asked.slice(asked).map(({ path }) => path)).toEqual(['/transactions']);
});

test('a machine that comes back with too little in it gets its task again', async () => {
  const { account, owner, sync } = await shop();
  const list = [1, 2, 3].map((id) => ({ id, comment: `T${id}`, last_hour_online: 1 }));
  account.terminals = list;
  await sync();
  const machine = (await at.terminals(owner, 1, 2, 3)).get(1)!;
  const milk = await at.ingredient(owner, 'Молоко');
  const levels = { placeId: machine.machine, ingredientId: milk, capacity: 9_000, critical: 1_000 };
  const actor = { by: 'test', chatIds: [], now: new Date() };
  await at.db.transaction((transaction) => setStockLevels(transaction, levels, actor));
  const states = () =>
    at.db.anyFirst(sql.type(z.object({ status: z.string() }))`
      select status from vending_tasks where owner_id = ${owner.id} order by id`);
  account.terminals = list.slice(1);
  await sync();
  expect(await states()).toEqual(['cancelled']);
  account.terminals = list;
  await sync();
  await sync();
  expect(await states()).toEqual(['cancelled', 'pending']);
});

test('the summary of a day counts machines that no list named yet', async () => {
  const { account, owner, import: read } = await shop();
  const yesterday = new Date(Date.parse(`${moscowTime(daysAgo(1)).slice(0, 10)}T12:00:00+03:00`));
  account.rows.push(saleRow(1, { at: yesterday }), saleRow(2, { at: yesterday, term_id: 77 }));
  await read({ from: daysAgo(3).toISOString() });
  const today = new Date(yesterday.getTime() + DAY_MS);
  await at.run('vending_summary', {}, { at: today });
  const [summary] = (await at.messages('vending_summary')).filter(({ user_id }) => user_id === owner.userId);
  expect(summary?.params.terminals).toEqual([
    { terminal: '77', sales: 1, revenue_minor: 900 },
    { terminal: 'Автомат 1', sales: 1, revenue_minor: 900 },
  ]);
});
