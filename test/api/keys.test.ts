import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createKey, liveKeys, newSecret, prefixOf, revokeKey, rotateKey, syncSettingKeys } from '../../sql/auth/api-keys.ts';
import { sql } from '../../sql/database/database.ts';
import { eventually } from '../support/eventually.ts';
import { basic, type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const HISTORY = '/process-history';

describe('a request without a valid key is refused with the same words, whatever was tried', () => {
  const wrong: [string, string][] = [
    ['another secret of the right shape', newSecret()],
    ['a short one', 'x'],
    ['a long one', 'y'.repeat(5_000)],
    ['SQL', "' or 1=1 --"],
    ['the name of a key', 'key-1'],
    ['a star', '*'],
  ];
  test.each(wrong)('%s', async (_, key) => {
    const { status, body, headers } = await api.get(HISTORY, { key });
    expect(status).toBe(401);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(headers.get('www-authenticate')).toBe('ApiKey header="X-API-Key"');
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'this key is not known',
      instance: HISTORY,
    });
  });

  test('a secret that differs in its last character only', async () => {
    const last = api.all.endsWith('A') ? 'B' : 'A';
    expect(await api.get(HISTORY, { key: api.all.slice(0, -1) + last })).toMatchObject({ status: 401 });
  });

  test.each([null, ''])('a request without a key (%j) is told which header is needed', async (key) => {
    expect(await api.get(HISTORY, { key })).toMatchObject({
      status: 401,
      body: { detail: 'sign in, or send a key: header X-API-Key' },
    });
  });

  test('also where there is nothing', async () => {
    expect(await api.get('/nowhere', { key: null })).toMatchObject({ status: 401 });
  });
});

describe('time', () => {
  const keyUntil = async (name: string, ms: number) => {
    const secret = newSecret();
    await createKey(api.db, { name, secret, scopes: ['*'], expiresAt: new Date(Date.now() + ms) });
    return secret;
  };
  test('a key is good until it expires, and not after', async () => {
    const [soon, past] = [await keyUntil('soon', 60_000), await keyUntil('past', -1)];
    expect(await api.get(HISTORY, { key: soon })).toMatchObject({ status: 200 });
    const refused = await api.get(HISTORY, { key: past });
    expect(refused).toMatchObject({ status: 401, body: { detail: expect.stringMatching(/^the key "past" expired at 20/) } });
  });

  test('a revoked key is refused within about a second', async () => {
    const secret = newSecret();
    await createKey(api.db, { name: 'leaver', secret, scopes: ['history:read'] });
    expect(await api.get(HISTORY, { key: secret })).toMatchObject({ status: 200 });
    expect(await revokeKey(api.db, 'leaver')).toBe(true);
    await eventually(async () => (await api.get(HISTORY, { key: secret })).status === 401, 5);
  });

  test('the use of a key is noted', async () => {
    const secret = newSecret();
    await createKey(api.db, { name: 'used', secret, scopes: ['history:read'] });
    const used = () =>
      api.db.oneFirst(sql.type(z.object({ used: z.boolean() }))`
      select last_used_at is not null as used from api_keys where name = 'used'`);
    expect(await used()).toBe(false);
    await api.get(HISTORY, { key: secret });
    await eventually(used);
  });

  test('its use is noted once, however often it is used within a minute', async () => {
    const names = ['often', 'afterwards'] as const;
    const [often, afterwards] = await Promise.all(
      names.map(async (name) => {
        const secret = newSecret();
        await createKey(api.db, { name, secret, scopes: ['history:read'] });
        return secret;
      }),
    );
    const used = (name: string) =>
      api.db.oneFirst(sql.type(z.object({ used: z.boolean() }))`
        select last_used_at is not null as used from api_keys where name = ${name}`);
    await api.get(HISTORY, { key: often });
    await eventually(() => used('often'));
    await api.db.query(sql.unsafe`update api_keys set last_used_at = null where name = 'often'`);
    for (let n = 0; n < 5; n += 1) await api.get(HISTORY, { key: often });
    await api.get(HISTORY, { key: afterwards });
    await eventually(() => used('afterwards'));
    expect(await used('often')).toBe(false);
  });
});

describe('a key may do what its scopes say; the refusal names the scope', () => {
  const cases: [string, string, string][] = [
    ['GET', '/process-history', 'history:read'],
    ['GET', '/process-stats', 'history:read'],
    ['GET', '/schedule', 'schedule:read'],
    ['POST', '/schedule/generation/pause', 'schedule:write'],
    ['POST', '/schedule/generation/resume', 'schedule:write'],
    ['GET', '/api/students', 'records:read'],
    ['POST', '/api/students', 'records:write'],
    ['PATCH', '/api/students/1', 'records:write'],
    ['DELETE', '/api/training-templates/1/students/1', 'records:write'],
    ['GET', '/real-trainings', 'records:read'],
    ['POST', '/real-trainings/generate-next-week', 'run:generation'],
    ['POST', '/real-trainings/1/cancel', 'trainings:cancel'],
    ['GET', '/metrics', 'metrics'],
    ['GET', '/queues', 'dashboard'],
  ];
  const scopes = [...new Set(cases.map(([, , scope]) => scope))];
  const keys: Record<string, { only: string; allBut: string }> = {};
  beforeAll(async () => {
    for (const scope of scopes)
      keys[scope] = { only: await api.key(scope), allBut: await api.key(...scopes.filter((other) => other !== scope)) };
  });
  test.each(cases)('%s %s wants %s', async (method, path, scope) => {
    const refused = await api.ask(method, path, { key: keys[scope]?.allBut });
    expect(refused).toMatchObject({ status: 403, body: { detail: expect.stringContaining(`lacks the scope "${scope}"`) } });
    expect([200, 202, 404, 422]).toContain((await api.ask(method, path, { key: keys[scope]?.only })).status);
  });
});

describe('a browser shows its key as the Basic password, where pages are', () => {
  test.each(['/queues', '/docs', '/openapi.json'])('%s takes it and asks for it', async (path) => {
    expect(await api.get(path, { key: null, headers: basic(api.all) })).toMatchObject({ status: 200 });
    const asked = await api.get(path, { key: null });
    expect(asked.status).toBe(401);
    expect(asked.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    expect(await api.get(path, { key: null, headers: basic('wrong') })).toMatchObject({ status: 401 });
  });

  test.each(['/process-history', '/metrics', '/api/students', '/docsx', '/queuesx'])('%s does not', async (path) => {
    const { status, headers } = await api.get(path, { key: null, headers: basic(api.all) });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).not.toMatch(/Basic/);
  });
});

describe('a rotation', () => {
  const DAY = 86_400_000;
  /** A key whose secret was replaced, the old one valid until so many milliseconds from now. */
  async function rotated(name: string, overlapMs: number, expiresAt?: Date) {
    const [before, after] = [newSecret(), newSecret()];
    await createKey(api.db, { name, secret: before, scopes: ['history:read'], expiresAt });
    const key = await rotateKey(api.db, { name, secret: after, until: new Date(Date.now() + overlapMs) });
    return { before, after, key };
  }
  test('both secrets are the key until the overlap ends', async () => {
    const { before, after, key } = await rotated('lap', DAY);
    expect(key?.prefix).toBe(after.slice(0, 11));
    expect(await api.get(HISTORY, { key: before })).toMatchObject({ status: 200 });
    expect(await api.get(HISTORY, { key: after })).toMatchObject({ status: 200 });
  });

  test('then the old one is refused by its own reason, the new one goes on', async () => {
    const { before, after } = await rotated('lapped', -1);
    const refused = await api.get(HISTORY, { key: before });
    expect(refused).toMatchObject({
      status: 401,
      body: { detail: expect.stringMatching(/^this secret of the key "lapped" was replaced; it ended at 20/) },
    });
    expect(await api.get(HISTORY, { key: after })).toMatchObject({ status: 200 });
  });

  test('the old secret outlives no expiry it had', async () => {
    const end = new Date(Date.now() + 60_000);
    const { key } = await rotated('short', DAY, end);
    expect(key).toMatchObject({ previous_until: end.toISOString(), expires_at: end.toISOString() });
  });

  test('revoking ends both', async () => {
    const { before, after } = await rotated('both', DAY);
    expect(await api.get(HISTORY, { key: before })).toMatchObject({ status: 200 });
    await revokeKey(api.db, 'both');
    for (const key of [before, after]) await eventually(async () => (await api.get(HISTORY, { key })).status === 401, 5);
  });

  test('a key of the setting is not rotated by command', async () => {
    const secret = newSecret();
    await syncSettingKeys(api.db, [{ name: 'set', secret, scopes: ['metrics'] }]);
    expect(await rotateKey(api.db, { name: 'set', secret: newSecret(), until: new Date() })).toBeNull();
    await syncSettingKeys(api.db, []);
  });
});

test('of a generated secret eight characters may be seen, of a chosen one none', () => {
  const secret = newSecret();
  expect(prefixOf(secret)).toBe(secret.slice(0, 11));
  expect(prefixOf('sf_short')).toBeNull();
  expect(prefixOf(`xx_${secret.slice(3)}`)).toBeNull();
  expect(prefixOf('kV7-2mQx9_Lw4-tRz8Bn3-Yp')).toBeNull();
});

test.each(['system', 'System', 'telegram', 'person', 'fleet'])('the database has no key named %s', async (name) => {
  await expect(createKey(api.db, { name, secret: newSecret(), scopes: ['*'] })).rejects.toThrow();
});

describe('API_KEYS', () => {
  const named = async (name: string) => (await liveKeys(api.db)).find((key) => key.name === name);
  const ask = async (secret: string, status: number) => expect(await api.get(HISTORY, { key: secret })).toMatchObject({ status });
  const start = (...keys: [name: string, secret: string, ...scopes: string[]][]) =>
    syncSettingKeys(
      api.db,
      keys.map(([name, secret, ...scopes]) => ({ name, secret, scopes })),
    );

  test('makes, changes and renames a key; a second start changes nothing', async () => {
    const [first, second] = [newSecret(), newSecret()];
    await start(['desk', first, 'history:read']);
    await ask(first, 200);
    const made = await named('desk');
    expect(await start(['desk', first, 'history:read'])).toEqual([]);
    expect(await named('desk')).toMatchObject({ id: made?.id, scopes: ['history:read'], source: 'setting' });
    await start(['desk', second, 'history:read', 'metrics']);
    await ask(second, 200);
    await eventually(async () => (await api.get(HISTORY, { key: first })).status === 401, 5);
    await start(['front-desk', second, 'history:read']);
    await ask(second, 200);
    expect(await named('desk')).toBeUndefined();
  });

  test('lifts an expiry that was set by hand', async () => {
    const secret = newSecret();
    await createKey(api.db, { name: 'lifted', secret, scopes: ['metrics'], expiresAt: new Date(0) });
    await start(['lifted', secret, 'metrics']);
    expect(await named('lifted')).toMatchObject({ expires_at: null });
  });

  test('a key that was taken out is revoked at the next start; one made by command stays', async () => {
    const [out, stays, byCommand] = [newSecret(), newSecret(), newSecret()];
    await createKey(api.db, { name: 'by-command', secret: byCommand, scopes: ['history:read'] });
    await start(['out', out, 'history:read'], ['stays', stays, 'history:read']);
    for (const secret of [out, stays, byCommand]) await ask(secret, 200);
    expect(await start(['stays', stays, 'history:read'])).toEqual(['out']);
    await eventually(async () => (await api.get(HISTORY, { key: out })).status === 401, 5);
    for (const secret of [stays, byCommand]) await ask(secret, 200);
    expect(await start()).toEqual(['stays']);
    expect(await start()).toEqual([]);
    expect(await named('by-command')).toMatchObject({ source: 'command' });
  });

  test('a key made by command becomes the setting’s once it is named there, and goes with it', async () => {
    const secret = newSecret();
    await createKey(api.db, { name: 'moved', secret, scopes: ['metrics'] });
    await start(['moved', secret, 'metrics']);
    expect(await start()).toEqual(['moved']);
    expect(await named('moved')).toBeUndefined();
  });

  test('two starts at once agree', async () => {
    const [one, other] = [newSecret(), newSecret()];
    await Promise.all([1, 2, 3].map(() => start(['one', one, 'metrics'], ['other', other, 'metrics'])));
    expect((await liveKeys(api.db)).filter(({ source }) => source === 'setting').map(({ name }) => name)).toEqual([
      'one',
      'other',
    ]);
  });
});
