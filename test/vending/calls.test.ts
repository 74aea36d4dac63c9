import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { takeGateTurn } from '../../sql/vending/gate.ts';
import { findVendingOwner } from '../../sql/vending/owners.ts';
import { monthsOf, regularWindow, windowSince } from '../../workers/vending/windows.ts';
import { type Fault, moscowTime, saleRow } from '../support/vendista.ts';
import { type VendingStage, vendingStage } from './stage.ts';

let at: VendingStage;
beforeAll(async () => {
  at = await vendingStage();
});
afterAll(() => at.close());
afterEach(() => expect(at.fake.unscripted()).toBe(true));

let owners = 0;
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);
async function shop(rows = 1) {
  owners += 1;
  const login = `shop${owners}`;
  const account = at.fake.account(login);
  account.rows.push(...Array.from({ length: rows }, (_, n) => saleRow(n + 1, { at: ago(100 - n) })));
  const owner = await at.owner(login);
  await at.terminals(owner, 1);
  return { account, owner, import: () => at.importAll(new Date(), { owner_id: owner.id }) };
}
const owner = (id: number) => findVendingOwner(at.db, id);
const mutedAlert = (fingerprint: string) =>
  at.db.maybeOne(sql.type(z.object({ count: z.int(), is_open: z.boolean() }))`
    select count, recovered_at is null as is_open from alerts where fingerprint = ${fingerprint}`);

describe('trouble that may pass is tried three more times', () => {
  test.each<Fault>([500, 502, 'hang', 'reset', 'html', 'half', 'unsuccessful', 'no items'])('%s', async (fault) => {
    const { import: read, owner: mine } = await shop();
    at.fake.script('/transactions', fault, fault, fault);
    expect(await read()).toMatchObject({ status: 'success', result: { added: 1 } });
    at.fake.script('/transactions', fault, fault, fault, fault);
    const run = await read();
    expect(run).toMatchObject({
      status: 'partial',
      result: { owners_failed: [{ owner_id: mine.id, reason: expect.any(String) }] },
    });
    // Never a verdict on credentials.
    expect(await owner(mine.id)).toMatchObject({ credentials: 'valid', unpaid_since: null });
  });
});

describe('a final refusal is not tried again', () => {
  test.each([400, 403])('%d on data: told once, over with the next good reading', async (status) => {
    const { import: read, owner: mine } = await shop();
    at.fake.script('/transactions', status);
    expect(await read()).toMatchObject({ status: 'partial', result: { owners_failed: [{ reason: `HTTP ${status}` }] } });
    at.fake.script('/transactions', status);
    await read();
    expect(await mutedAlert(`vending_request:${mine.id}`)).toEqual({ count: 1, is_open: true });
    await read();
    expect(await mutedAlert(`vending_request:${mine.id}`)).toMatchObject({ is_open: false });
  });

  test.each([401, 403, 404])('%d for the token: credentials invalid, told once, skipped from then on', async (status) => {
    const { import: read, owner: mine } = await shop();
    at.fake.script('/token', status);
    expect(await read()).toMatchObject({ status: 'partial', result: { owners_failed: [{ reason: 'invalid' }] } });
    expect((await read()).result).toMatchObject({ owners_skipped: [{ owner_id: mine.id, reason: 'invalid' }] });
    expect(await owner(mine.id)).toMatchObject({ credentials: 'invalid' });
    expect((await at.messages('vending_refused')).filter(({ user_id }) => user_id === mine.userId)).toHaveLength(1);
  });

  test('a second factor: needs_code', async () => {
    const { import: read, owner: mine, account } = await shop();
    account.needsCode = true;
    expect(await read()).toMatchObject({ status: 'partial', result: { owners_failed: [{ reason: 'needs_code' }] } });
    expect(await owner(mine.id)).toMatchObject({ credentials: 'needs_code' });
  });

  test.each([401, 404])('%d for the new token as well: an error of this owner, the next tick tries anew', async (status) => {
    const { import: read, owner: mine } = await shop();
    at.fake.script('/transactions', status, status);
    expect(await read()).toMatchObject({
      status: 'partial',
      result: { owners_failed: [{ owner_id: mine.id, reason: 'token_refused' }] },
    });
    expect(await owner(mine.id)).toMatchObject({ credentials: 'valid' });
    expect((await read()).status).toBe('success');
  });
});

test('too many: everybody waits what the service says, else a minute; three times, then the owner is partial', async () => {
  const { import: read, owner: mine } = await shop();
  at.fake.script('/transactions', { tooMany: '2' }, { tooMany: null });
  expect((await read()).status).toBe('success');
  at.fake.script('/transactions', { tooMany: '1' }, { tooMany: new Date(Date.now() + 1_000).toUTCString() }, { tooMany: null });
  expect((await read()).result).toMatchObject({ owners_failed: [{ owner_id: mine.id, reason: 'too_many' }] });
});

test.each([
  ['seconds', '999999999'],
  ['a date', new Date(Date.now() + 400 * 86_400_000).toUTCString()],
])('a year that the service asks for, in %s, is believed for a quarter of an hour', async (_, tooMany) => {
  const { import: read } = await shop();
  at.fake.script('/transactions', { tooMany });
  expect((await read()).status).toBe('success');
  // A second lasts a millisecond here.
  expect(
    await at.db.oneFirst(sql.type(z.object({ is_short: z.boolean() }))`
    select closed_until < clock_timestamp() + interval '1 s' as is_short from vending_gates where service = 'vendista'`),
  ).toBe(true);
});

test('one owner’s trouble is not another’s', async () => {
  const [first, second] = [await shop(), await shop(2)];
  at.fake.script('/token', 500, 500, 500, 500);
  const run = await at.importAll(new Date());
  const failed = (run.result as { owners_failed: { owner_id: number }[] }).owners_failed.map(({ owner_id }) => owner_id);
  expect(failed).toContain(first.owner.id);
  expect(failed).not.toContain(second.owner.id);
  expect(await at.sales(second.owner)).toHaveLength(2);
});

test('calls start 1.1 s after one another, whoever asks', async () => {
  const waits: number[] = [];
  for (let n = 0; n < 4; n += 1) waits.push(await takeGateTurn(at.db, 'slow', 1_100));
  expect(waits[0]).toBe(0);
  // Each waits a turn longer than the one before, less the time that asking took.
  for (const [n, wait] of waits.entries()) expect(wait).toBeLessThanOrEqual(n * 1_100);
  expect(waits[3]).toBeGreaterThan(2_200);
});

describe('pages', () => {
  const paged = async (rows: number) => {
    at.fake.perPage(2);
    return shop(rows);
  };
  afterEach(() => at.fake.perPage(500));

  test('a row inserted between two pages is read with the second pass', async () => {
    const { account, import: read, owner: mine } = await paged(6);
    at.fake.script(
      '/transactions',
      { first: () => undefined },
      { first: () => void account.rows.unshift(saleRow(99, { at: ago(200) })) },
    );
    expect(await read()).toMatchObject({ status: 'success' });
    expect(await at.sales(mine)).toHaveLength(7);
  });

  test('a row removed between two pages does not hide another', async () => {
    const { account, import: read, owner: mine } = await paged(6);
    at.fake.script('/transactions', { first: () => undefined }, { first: () => void account.rows.shift() });
    expect(await read()).toMatchObject({ status: 'success' });
    // What has vanished stays.
    expect((await at.sales(mine)).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('a list that moves in both passes is a warning, and the run is partial', async () => {
    const { account, import: read, owner: mine } = await paged(6);
    const drop = { first: () => void account.rows.shift() };
    at.fake.script('/transactions', { first: () => undefined }, drop, drop, drop, drop);
    const run = await read();
    expect(run.details).toMatchObject({ warnings: expect.any(Array) });
    expect((await at.sales(mine)).length).toBeGreaterThan(2);
  });

  test('paging that is ignored is an error', async () => {
    const { import: read, owner: mine } = await paged(6);
    at.fake.script('/transactions', { first: () => undefined }, 'repeat');
    expect((await read()).result).toMatchObject({
      owners_failed: [{ owner_id: mine.id, reason: expect.stringContaining('paging is ignored') }],
    });
  });

  test('the window is Moscow’s wall time, the oldest first, 500 a page', async () => {
    const { import: read } = await shop();
    const now = Date.now();
    await read();
    const { query } = at.fake.asked.at(-1)!;
    expect(query).toMatchObject({ OrderDesc: 'false', ItemsOnPage: '500', PageNumber: '1' });
    expect(Math.abs(Date.parse(`${query.DateTo}+03:00`) - now)).toBeLessThan(60_000);
    expect(Date.parse(`${query.DateTo}Z`) - Date.parse(`${query.DateFrom}Z`)).toBe(86_400_000);
  });
});

test('windows: a day, what was missed, at most 31 days; days begin in the studio; months of Moscow', () => {
  const now = new Date('2026-03-10T12:00:00.000Z');
  expect(regularWindow(now, null).from).toBe('2026-03-09T12:00:00.000Z');
  expect(regularWindow(now, '2026-03-10T11:45:00.000Z').from).toBe('2026-03-09T12:00:00.000Z');
  expect(regularWindow(now, '2026-03-01T11:45:00.000Z')).toMatchObject({ from: '2026-03-01T10:45:00.000Z', isGap: false });
  expect(regularWindow(now, '2026-01-01T11:45:00.000Z')).toMatchObject({ from: '2026-02-07T12:00:00.000Z', isGap: true });
  expect(windowSince(1, new Date('2026-03-10T00:00:00.000Z'), 'Europe/Moscow').from).toBe('2026-03-08T21:00:00.000Z');
  expect(monthsOf('2026-01-15', '2026-03-01T00:00:00.000Z')).toEqual([
    { from: '2026-01-14T21:00:00.000Z', to: '2026-01-31T21:00:00.000Z' },
    { from: '2026-01-31T21:00:00.000Z', to: '2026-02-28T21:00:00.000Z' },
    { from: '2026-02-28T21:00:00.000Z', to: '2026-03-01T00:00:00.000Z' },
  ]);
});

test('history is read month by month and touches no stock, by whichever run', async () => {
  const stockFrom = ago(3 * 24 * 60);
  const login = 'historian';
  const account = at.fake.account(login);
  const mine = await at.owner(login, { stockFrom });
  const terminal = (await at.terminals(mine, 1)).get(1)!;
  const beans = await at.ingredient(mine, 'Кофе');
  await at.recipe(mine, terminal.id, 7, { [beans]: 1_000 });
  account.rows.push(saleRow(1, { at: ago(60 * 24 * 60) }), saleRow(2, { at: new Date(stockFrom.getTime() - 1_000) }));
  account.rows.push(saleRow(3, { at: new Date(stockFrom.getTime() + 1_000) }));
  const setup = moscowTime(ago(70 * 24 * 60)).slice(0, 10);
  const history = await at.run('vending_history', { owner_id: mine.id, from: setup });
  expect(history).toMatchObject({
    status: 'success',
    result: { added: 2, deducted: 0 },
    run_key: `vending_history:${mine.id}:${setup}`,
  });
  await at.run('vending_import', { owner_id: mine.id, from: ago(90 * 24 * 60).toISOString() });
  expect((await at.sales(mine)).map(({ state }) => state)).toEqual(['historic', 'historic', 'deducted']);
  expect(await at.entries(mine)).toMatchObject([{ sale: 3, delta: 0, short: 1_000 }]);
});

test('a secret that cannot be decrypted is an alarm, the owner is skipped, nothing is overwritten', async () => {
  const { owner: mine } = await shop();
  const before = await owner(mine.id);
  await at.db.query(sql.unsafe`update vending_owners set login_enc = replace(login_enc, ':k1:', ':k7:') where id = ${mine.id}`);
  const run = await at.importAll(new Date(), { owner_id: mine.id });
  expect(run).toMatchObject({ status: 'partial', result: { owners_failed: [{ reason: 'cannot_decrypt' }] } });
  expect(await mutedAlert(`cannot_decrypt:${mine.id}`)).toMatchObject({ is_open: true });
  expect(await owner(mine.id)).toMatchObject({ credentials: 'valid', password_enc: before?.password_enc });
});

test('the check at 04:00: both calls good and the owner is read again from a day before; else nothing', async () => {
  const { owner: mine, account, import: read } = await shop();
  // Owners of other tests come back first.
  await at.run('vending_payment_check');
  account.unpaid.add('/transactions');
  await read();
  const messages = async () => (await at.messages()).length;
  const before = await messages();
  const check = () => at.run('vending_payment_check');
  expect((await check()).result).not.toMatchObject({ recovered: expect.arrayContaining([mine.id]) });
  expect(await messages()).toBe(before);
  expect((await owner(mine.id))?.unpaid_since).not.toBeNull();
  account.unpaid.clear();
  const since = (await owner(mine.id))?.unpaid_since as string;
  expect((await check()).result).toMatchObject({ recovered: expect.arrayContaining([mine.id]) });
  expect(await owner(mine.id)).toMatchObject({ unpaid_since: null, token_enc: expect.stringContaining('v1:k1:') });
  expect(await messages()).toBeGreaterThan(before);
  const asked = await at.db.anyFirst(sql.type(z.object({ params: z.object({ from: z.string() }) }))`
    select params from automated_process_history where params ->> 'owner_id' = ${String(mine.id)} and params ? 'from' and status = 'queued'`);
  expect(asked.map(({ from }) => from)).toEqual([new Date(Date.parse(since) - 86_400_000).toISOString()]);
  const after = await messages();
  await check();
  expect(await messages()).toBe(after);
});

describe('terminals', () => {
  const terminal = (id: number, online = 1) => ({
    id,
    comment: `T${id}`,
    last_hour_online: online,
    last_online_time: moscowTime(ago(5)),
  });
  const states = (id: number) =>
    at.db.any(sql.type(z.object({ number: z.int(), active: z.boolean() }))`
      select vendista_id as number, is_active as active from vending_terminals where owner_id = ${id} order by 1`);
  async function machines(...numbers: number[]) {
    owners += 1;
    const account = at.fake.account(`machines${owners}`);
    const mine = await at.owner(`machines${owners}`);
    account.terminals = numbers.map((number) => terminal(number));
    const sync = () => at.run('vending_terminals', { owner_id: mine.id });
    await sync();
    return { account, mine, sync };
  }

  test('one that vanishes becomes inactive, comes back, and is told offline once', async () => {
    const { account, mine, sync } = await machines(1, 2, 3);
    account.terminals.pop();
    expect((await sync()).result).toMatchObject({ deactivated: 1 });
    account.terminals = [terminal(1, 0), terminal(2), terminal(3)];
    expect((await sync()).result).toMatchObject({ added: 0, went_offline: 1 });
    await sync();
    expect(await states(mine.id)).toEqual([1, 2, 3].map((number) => ({ number, active: true })));
    expect((await at.messages('vending_offline')).filter(({ user_id }) => user_id === mine.userId)).toHaveLength(1);
  });

  test('more than half at once, or all, only when the next list says so again', async () => {
    const { account, mine, sync } = await machines(1, 2, 3);
    account.terminals.splice(1, 2);
    expect((await sync()).result).toMatchObject({ deactivated: 0 });
    expect((await sync()).result).toMatchObject({ deactivated: 2 });
    account.terminals = [];
    expect((await sync()).result).toMatchObject({ deactivated: 0 });
    account.terminals = [terminal(1)];
    expect((await sync()).result).toMatchObject({ deactivated: 0 });
    expect(await states(mine.id)).toMatchObject([{ active: true }, { active: false }, { active: false }]);
  });

  test('sales at a terminal nobody knew are deducted once it appears', async () => {
    const { account, mine, sync } = await machines(1);
    account.rows.push(saleRow(1, { at: ago(5), term_id: 5 }));
    expect((await at.importAll(new Date(), { owner_id: mine.id })).result).toMatchObject({ unknown_terminal: 1 });
    account.terminals.push(terminal(5));
    await sync();
    const [asked] = await at.db.anyFirst(sql.type(z.object({ id: z.int() }))`
      select id from automated_process_history where run_key like ${`vending_deduction:${mine.id}:%`} and status = 'queued'`);
    await at.run('vending_deduction', { owner_id: mine.id }, { resume: asked });
    expect(await at.sales(mine)).toMatchObject([{ state: 'needs_recipe' }]);
  });
});

test('no address, token or password of the service is in history, alerts or messages', async () => {
  const { account, import: read } = await shop();
  account.password = 'a-secret-password';
  at.fake.script('/token', 500, 500, 500, 500);
  await read();
  const rows = await at.db.anyFirst(sql.type(z.object({ row: z.string() }))`
    select automated_process_history::text as row from automated_process_history
    union all select alerts::text from alerts union all select notifications::text from notifications`);
  const all = rows.join('\n');
  for (const secret of ['token-shop', '-password', at.fake.root, 'Login=']) expect(all).not.toContain(secret);
});
