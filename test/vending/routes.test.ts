import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { vendingKeysSetting } from '../../queues/process/vending-keys-setting.ts';
import { noteUnpaid } from '../../sql/alerts/outside-services.ts';
import { createKey, newSecret } from '../../sql/auth/api-keys.ts';
import { sql } from '../../sql/database/database.ts';
import { tokenHash } from '../../workers/sign-in/tokens.ts';
import { reencryptSecrets } from '../../workers/vending/owners.ts';
import { decryptSecret, encryptSecret } from '../../workers/vending/secrets.ts';
import { today } from '../support/days.ts';
import { type Json, request, type TestApi, testApi } from '../support/front-door.ts';
import { fakeVendista } from '../support/vendista.ts';
import { KEYS, vendingWorld } from './stage.ts';

let api: TestApi;
let fake: Awaited<ReturnType<typeof fakeVendista>>;
let world: ReturnType<typeof vendingWorld>;
beforeAll(async () => {
  fake = await fakeVendista();
  api = await testApi({ settings: { VENDING_KEYS: KEYS, VENDING_API_ROOT: fake.root, TELEGRAM_ADMIN_CHAT_IDS: '1001' } });
  world = vendingWorld(api.db, fake, api.fleet.settings, () => {
    throw new Error('nothing outside is called by a route');
  });
});
afterAll(async () => {
  await api.close();
  await fake.close();
});

async function session(userId: number) {
  const token = randomBytes(32).toString('base64url');
  await api.db.query(sql.unsafe`
    insert into sessions (user_id, token_hash, opened_by, expires_at)
    values (${userId}, ${sql.binary(tokenHash(token))}, 'password', now() + interval '1 hour')`);
  return (method: string, path: string, body?: unknown) =>
    request(api.url, method, path, { body, headers: { Cookie: `sf_session=${token}` } });
}
const runsOf = (like: string) =>
  api.db.anyFirst(sql.type(z.object({ run_key: z.string() }))`
    select run_key from automated_process_history where run_key like ${like} order by id`);

test('an owner is connected: secrets are encrypted and never shown, terminals and history are asked for', async () => {
  const user_id = await world.person();
  const body = { user_id, login: 'cafe', password: 'very-secret-password', setup_date: '2026-01-01' };
  const made = await api.post('/api/vending/owners', body);
  expect(made).toMatchObject({ status: 201, body: { has_credentials: true, credentials: 'valid', payment_status: 'active' } });
  expect(made.text).not.toContain('very-secret');
  const id = made.body.id;
  const kept = await api.db.one(
    sql.type(z.object({ row: z.string() }))`select vending_owners::text as row from vending_owners where id = ${id}`,
  );
  expect(kept.row).toContain('v1:k1:');
  expect(kept.row).not.toContain('very-secret');
  expect(await runsOf(`vending_terminals:%:${id}`)).toHaveLength(1);
  expect(await runsOf(`vending_history:${id}:%`)).toEqual([`vending_history:${id}:2026-01-01`]);
  const logged = await api.db.any(
    sql.type(z.object({ after: z.json() }))`select after from changes_log where record = 'vending owner'`,
  );
  expect(JSON.stringify(logged)).not.toMatch(/_enc|v1:/);
  expect((await api.get('/api/changes?record=vending%20owner')).body.items).toMatchObject([{ record_id: id, action: 'created' }]);
  expect((await api.post('/api/vending/owners', body)).status).toBe(409);
});

test('16: an empty setup_date is refused and changes nothing', async () => {
  const owner = await world.owner('setup');
  const refused = await api.patch(`/api/vending/owners/${owner.id}`, { setup_date: '' });
  expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'setup_date' }] } });
  expect((await api.patch(`/api/vending/owners/${owner.id}`, { setup_date: '2026-02-01' })).body.setup_date).toBe('2026-02-01');
  expect(await runsOf(`vending_history:${owner.id}:%`)).toEqual([`vending_history:${owner.id}:2026-02-01`]);
});

test('new credentials clear what was known of the old ones; one without the other is refused', async () => {
  const owner = await world.owner('mended');
  await api.db.query(sql.unsafe`update vending_owners set credentials = 'invalid', token_enc = 'v1:x' where id = ${owner.id}`);
  expect((await api.patch(`/api/vending/owners/${owner.id}`, { login: 'x' })).status).toBe(422);
  expect((await api.patch(`/api/vending/owners/${owner.id}`, { login: 'x', password: 'y' })).body.credentials).toBe('valid');
  const { token_enc } = await api.db.one(sql.type(z.object({ token_enc: z.string().nullable() }))`
    select token_enc from vending_owners where id = ${owner.id}`);
  expect(token_enc).toBeNull();
});

test('owners see their own machines and nothing of others, by session and by a key that is bound', async () => {
  const [mine, other] = [await world.owner('mine'), await world.owner('other')];
  const [own, foreign] = [(await world.terminals(mine, 1)).get(1)!, (await world.terminals(other, 1)).get(1)!];
  const [sugar, theirs] = [await world.ingredient(mine, 'Сахар'), await world.ingredient(other, 'Сахар')];
  const secret = newSecret();
  await createKey(api.db, { name: 'bound', secret, scopes: ['*'], vendingOwnerId: mine.id });
  const ask = await session(mine.userId);
  const byKey = (method: string, path: string, body?: unknown) => api.ask(method, path, { key: secret, body });
  for (const as of [ask, byKey]) {
    const list = async (path: string) => (await as('GET', path)).body.items as Json[];
    expect((await list('/api/vending/owners')).map(({ id }) => id)).toEqual([mine.id]);
    expect((await list('/api/vending/terminals')).map(({ id }) => id)).toEqual([own.id]);
    expect((await list('/api/vending/ingredients')).map(({ id }) => id)).toEqual([sugar]);
    expect((await list('/api/vending/places')).every(({ owner_id }) => owner_id === mine.id)).toBe(true);
    expect((await as('PUT', `/api/vending/terminals/${foreign.id}/recipes/7`, { items: [] })).status).toBe(404);
    expect((await as('PATCH', `/api/vending/owners/${other.id}`, {})).status).toBe(404);
    const refill = (place_id: number, ingredient_id: number) =>
      as('POST', '/api/vending/stock/refill', { place_id, ingredient_id, quantity_milli: 5_000 });
    expect((await refill(foreign.machine, sugar)).status).toBe(404);
    expect((await refill(own.machine, theirs)).status).toBe(404);
    expect((await refill(own.machine, sugar)).status).toBe(200);
    expect((await as('GET', '/api/students')).status).toBe(as === ask ? 200 : 403);
    expect((await as('POST', '/vending/import', {})).status).toBe(403);
    expect((await as('PATCH', `/api/vending/owners/${mine.id}`, { is_active: false })).status).toBe(403);
    expect((await as('POST', '/api/auth/reset-payment-status', { userId: mine.userId })).status).toBe(403);
  }
  // Staff, too, cannot mix two owners' rows.
  const mixed = { place_id: own.machine, ingredient_id: theirs, quantity_milli: 1 };
  expect((await api.post('/api/vending/stock/refill', mixed)).status).toBe(404);
  const recipe = { items: [{ ingredient_id: theirs, quantity_milli: 1 }] };
  expect((await api.ask('PUT', `/api/vending/terminals/${own.id}/recipes/7`, { body: recipe })).status).toBe(404);
});

test('stock by hand: more than there is is refused, a count is absolute, tasks close by whatever route', async () => {
  const owner = await world.owner('hand');
  const terminal = (await world.terminals(owner, 1)).get(1)!;
  const milk = await world.ingredient(owner, 'Молоко', 'ml');
  const at = { ingredient_id: milk };
  const move = (quantity_milli: number) =>
    api.post('/api/vending/stock/move', { from_place_id: owner.warehouse, to_place_id: terminal.machine, ...at, quantity_milli });
  await api.post('/api/vending/stock/refill', { place_id: owner.warehouse, ...at, quantity_milli: 10_000 });
  expect(await move(10_001)).toMatchObject({ status: 409, body: { quantity_milli: 10_000 } });
  const levels = { place_id: terminal.machine, ...at, capacity_milli: 9_000, critical_milli: 3_000 };
  expect((await api.ask('PUT', '/api/vending/stock/levels', { body: levels })).status).toBe(200);
  const [task] = (await api.get('/api/vending/tasks?status=pending')).body.items.filter(
    (item: Json) => item.terminal_id === terminal.id,
  );
  expect(task).toMatchObject({
    kind: 'restock',
    origin: 'auto',
    items: [{ ingredient_id: milk, quantity: 0, critical: 3_000, missing: false }],
  });
  const refused = await api.post(`/api/vending/tasks/${task.id}/complete`);
  expect(refused).toMatchObject({ status: 409, body: { rest: [{ ingredient_id: milk }] } });
  expect((await move(3_000)).body.tasks_completed).toEqual([]);
  expect((await move(1)).body.tasks_completed).toEqual([task.id]);
  const first = await api.post(`/api/vending/tasks/${task.id}/complete`);
  expect(first).toMatchObject({ status: 200, body: { status: 'completed', completed_by: 'key-1' } });
  expect((await api.post(`/api/vending/tasks/${task.id}/complete`)).body).toEqual(first.body);
  const counted = await api.post('/api/vending/stock/count', { place_id: terminal.machine, ...at, quantity_milli: 2_000 });
  expect(counted.body.places).toEqual([{ place_id: terminal.machine, quantity_milli: 2_000 }]);
  expect((await api.get(`/api/vending/stock?place_id=${terminal.machine}`)).body.items).toMatchObject([
    { quantity_milli: 2_000, is_critical: true, counted_at: expect.any(String) },
  ]);
});

test('a task by hand is done once something was put in', async () => {
  const owner = await world.owner('by hand');
  const terminal = (await world.terminals(owner, 1)).get(1)!;
  const cups = await world.ingredient(owner, 'Стаканы', 'pcs');
  const made = await api.post('/api/vending/tasks', { terminal_id: terminal.id, comment: 'к выходным' });
  expect(made).toMatchObject({ status: 201, body: { origin: 'manual', status: 'pending', items: [] } });
  const complete = () => api.post(`/api/vending/tasks/${made.body.id}/complete`);
  expect((await complete()).status).toBe(409);
  await api.post('/api/vending/stock/refill', { place_id: terminal.machine, ingredient_id: cups, quantity_milli: 1_000 });
  expect((await complete()).status).toBe(200);
});

test('sales of Moscow’s days by day, terminal and item', async () => {
  const owner = await world.owner('figures');
  await world.terminals(owner, 1);
  await api.db.query(sql.unsafe`
    insert into vending_transactions (owner_id, vendista_id, terminal_vendista_id, sum_minor, happened_at, result, status, reverse_id, is_historic)
    values (${owner.id}, 1, 1, 900, (${today()} || 'T00:10:00+03:00')::timestamptz, 1, 1, 0, false),
      (${owner.id}, 2, 9, 0, (${today()} || 'T23:59:59+03:00')::timestamptz, 1, 1, 0, false),
      (${owner.id}, 3, 1, 500, (${today()} || 'T12:00:00+03:00')::timestamptz, 1, 2, 4, false),
      (${owner.id}, 4, 1, -500, (${today()} || 'T12:00:00+03:00')::timestamptz, 1, 4, 3, false),
      (${owner.id}, 5, 1, 700, (${today()} || 'T00:00:00+03:00')::timestamptz - interval '1 second', 1, 1, 0, false)`);
  await api.db.query(sql.unsafe`
    insert into vending_transaction_items (owner_id, vendista_id, line_no, machine_item_id, quantity)
    values (${owner.id}, 1, 0, 7, 1), (${owner.id}, 1, 1, 8, 2)`);
  const ask = await session(owner.userId);
  const lines = async (by: string) => (await ask('GET', `/api/vending/sales?from=${today()}&to=${today()}&by=${by}`)).body.items;
  expect(await lines('day')).toMatchObject([{ day: today(), sales: 2, revenue_minor: 900, portions: 4 }]);
  expect(await lines('terminal')).toMatchObject([
    { terminal: 'Автомат 1', sales: 1, revenue_minor: 900 },
    { terminal: null, sales: 1, revenue_minor: 0 },
  ]);
  expect(await lines('item')).toMatchObject([
    { machine_item_id: 7, sales: 1, revenue_minor: 900 },
    { machine_item_id: 8, sales: 0, portions: 2, revenue_minor: 0 },
    { machine_item_id: null, sales: 1, revenue_minor: 0 },
  ]);
});

test('17: resetting the payment status needs a key; twice tells nobody twice; the next 402 tells again', async () => {
  const owner = await world.owner('reset');
  const path = '/api/auth/reset-payment-status';
  const unpaid = () => api.db.transaction((transaction) => noteUnpaid(transaction, `vendista:${owner.id}`, 'HTTP 402', [1001]));
  const told = async () =>
    (await world.messages()).filter(({ params }) => JSON.stringify(params).includes(`vendista:${owner.id}`)).length;
  await unpaid();
  expect((await api.post(path, { userId: owner.userId }, { key: null })).status).toBe(401);
  expect((await api.post(path, { userId: owner.userId }, { key: await api.key('vending:read') })).status).toBe(403);
  expect((await api.post(path, { userId: 2_147_483_647 })).status).toBe(404);
  const first = await api.post(path, { userId: owner.userId }, { key: await api.key('vending:write') });
  expect(first).toMatchObject({ status: 200, body: { success: true, user: { id: owner.userId, payment_status: 'active' } } });
  const before = await told();
  expect((await api.post(path, { userId: owner.userId })).status).toBe(200);
  expect(await told()).toBe(before);
  await unpaid();
  expect(await told()).toBe(before + 1);
});

test('17: resetting the payment status says nothing of login and password', async () => {
  const owner = await world.owner('reset twice');
  await api.db.query(sql.unsafe`update vending_owners set credentials = 'invalid' where id = ${owner.id}`);
  await api.db.transaction((transaction) => noteUnpaid(transaction, `vendista:${owner.id}`, 'HTTP 402', [1001]));
  expect((await api.post('/api/auth/reset-payment-status', { userId: owner.userId })).status).toBe(200);
  const [shown] = (await api.get(`/api/vending/owners?limit=200`)).body.items.filter((item: Json) => item.id === owner.id);
  expect(shown).toMatchObject({ credentials: 'invalid', payment_status: 'active' });
});

test('a reading ends after it begins', async () => {
  const [from, to] = ['2026-11-20T00:00:00Z', '2026-11-10T00:00:00Z'];
  expect(await api.post('/vending/import', { from, to })).toMatchObject({ status: 422, body: { errors: [{ path: 'to' }] } });
});

test('trouble that stopped others is not shown as an owner’s own', async () => {
  const [mine, other] = [await world.owner('read'), await world.owner('stopped')];
  const details = { owners_failed: [{ owner_id: other.id, reason: 'unpaid' }], owners_skipped: [] };
  await api.db.query(sql.unsafe`
    insert into automated_process_history (process_type, run_key, process_date, status, params, details, completed_at)
    values ('vending_import', 'vending_import:of all', current_date, 'partial', '{}', ${sql.jsonb(details)}, now())`);
  const first = async (userId: number) => (await (await session(userId))('GET', '/api/vending/imports')).body.items[0];
  expect(await first(mine.userId)).toMatchObject({ status: 'success', stopped: [] });
  expect(await first(other.userId)).toMatchObject({ status: 'partial', stopped: [{ owner_id: other.id, reason: 'unpaid' }] });
});

test.each([0, 3_000_000_001])('item %d of a machine can have a recipe', async (item) => {
  const owner = await world.owner(`item ${item}`);
  const terminal = (await world.terminals(owner, 1)).get(1)!;
  const beans = await world.ingredient(owner, 'Кофе');
  const body = { items: [{ ingredient_id: beans, quantity_milli: 8_000 }] };
  const saved = await api.ask('PUT', `/api/vending/terminals/${terminal.id}/recipes/${item}`, { body });
  expect(saved).toMatchObject({ status: 200, body: { machine_item_id: item } });
});

test('17: what was encrypted opens for its owner and column alone, and with its key alone', () => {
  const keys = vendingKeysSetting.parse(KEYS);
  const sealed = encryptSecret(keys, 1, 'password', 'пароль');
  expect(decryptSecret(keys, 1, 'password', sealed)).toBe('пароль');
  expect(() => decryptSecret(keys, 2, 'password', sealed)).toThrow('does not open');
  expect(() => decryptSecret(keys, 1, 'login', sealed)).toThrow('does not open');
  const others = vendingKeysSetting.parse(`k1:${randomBytes(32).toString('base64')}`);
  for (let n = 0; n < 500; n += 1)
    expect(() => decryptSecret(others, 1, 'password', encryptSecret(keys, 1, 'password', 'x'))).toThrow();
  expect(() => decryptSecret([], 1, 'password', sealed)).toThrow('no key');
  const broken = `${sealed.slice(0, -4)}AAA=`;
  expect(() => decryptSecret(keys, 1, 'password', broken)).toThrow('does not open');
});

test('keys rotate: all is encrypted anew with the first one, or nothing is', async () => {
  const owner = await world.owner('rotate');
  const second = `k2:${randomBytes(32).toString('base64')}`;
  const enc = () =>
    api.db.one(sql.type(z.object({ login_enc: z.string(), password_enc: z.string() }))`
      select login_enc, password_enc from vending_owners where id = ${owner.id}`);
  const before = await enc();
  await api.db.query(
    sql.unsafe`update vending_owners set password_enc = 'v1:k9:AAAA:AAAA' where id = (select max(id) from vending_owners)`,
  );
  const vendingKeys = vendingKeysSetting.parse(`${second},${KEYS}`);
  await expect(reencryptSecrets(api.db, { vendingKeys })).rejects.toThrow('no key "k9"');
  expect((await enc()).login_enc).toBe(before.login_enc);
  await api.db.query(sql.unsafe`update vending_owners set password_enc = ${before.password_enc} where id = ${owner.id}`);
  await api.db.query(sql.unsafe`update vending_owners set token_enc = null where token_enc = 'v1:x'`);
  expect(await reencryptSecrets(api.db, { vendingKeys })).toBeGreaterThan(1);
  const after = await enc();
  expect([after.login_enc, after.password_enc].every((text) => text.startsWith('v1:k2:'))).toBe(true);
  expect(decryptSecret(vendingKeysSetting.parse(second), owner.id, 'login', after.login_enc)).toBe('rotate');
});
