import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { generate } from 'otplib';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { eventually } from '../support/eventually.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { account, asking, cookieOf, PASSWORD, signIn } from './account.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());
beforeEach(() => api.db.query(sql.unsafe`update sign_in_rules set staff_totp = 'optional'`));

/** The code of so many steps from now. */
const codeOf = (secret: string, steps = 0) => generate({ secret, epoch: Math.floor(Date.now() / 1_000) + steps * 30 });
/** What was used is forgotten, so that a test need not wait for the next half minute. */
const freshStep = (id: number) => api.db.query(sql.unsafe`update totp_secrets set last_step = null where user_id = ${id}`);

let count = 0;
/** Somebody with a second factor; what is known of it, and how the signed-in browser asks. */
async function withFactor(role = 'trainer') {
  count += 1;
  const login = `factor.${count}`;
  const id = await account(api, { role, login });
  const ask = asking(api, cookieOf(await signIn(api, login), 'sf_session'));
  const { secret, url } = (await ask('POST', '/me/totp')).body;
  const confirmed = await ask('POST', '/me/totp/confirm', { code: await codeOf(secret) });
  expect(confirmed.status).toBe(200);
  await freshStep(id);
  return { id, login, ask, secret: secret as string, url: url as string, codes: confirmed.body.recovery_codes as string[] };
}

describe('setting it up', () => {
  test('a secret and its otpauth URL, in force once a code of it was shown', async () => {
    const id = await account(api, { login: 'set.up' });
    const ask = asking(api, cookieOf(await signIn(api, 'set.up'), 'sf_session'));
    const first = (await ask('POST', '/me/totp')).body;
    const { secret, url } = (await ask('POST', '/me/totp')).body;
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(secret).not.toBe(first.secret);
    expect(url).toMatch(new RegExp(`^otpauth://totp/Studio%20Fleet:.*secret=${secret}`));
    expect((await signIn(api, 'set.up')).status).toBe(200);
    expect((await ask('POST', '/me/totp/confirm', { code: await codeOf(first.secret) })).status).toBe(422);
    const { recovery_codes: codes } = (await ask('POST', '/me/totp/confirm', { code: await codeOf(secret) })).body;
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^([0-9a-z]{4}-){3}[0-9a-z]{4}$/);
    expect((await ask('GET', '/me/totp')).body).toEqual({ is_on: true, recovery_codes_left: 10 });
    expect((await ask('POST', '/me/totp')).status).toBe(409);
    const kept = await api.db.anyFirst(sql.type(z.object({ row: z.string() }))`
      select concat(totp_secrets, (select array_agg(recovery_codes::text) from recovery_codes)) as row from totp_secrets where user_id = ${id}`);
    for (const text of [secret, Buffer.from(secret).toString('hex'), ...codes]) expect(kept.join()).not.toContain(text);
  });

  test('is confirmed in five tries, or not for 15 minutes', async () => {
    const client = await personOf(api, 'client');
    expect((await client.ask('POST', '/me/totp/confirm', { code: '123456' })).status).toBe(409);
    const { secret } = (await client.ask('POST', '/me/totp')).body;
    const right = await codeOf(secret);
    const wrong = right === '000000' ? '000001' : '000000';
    for (let n = 0; n < 5; n += 1) expect((await client.ask('POST', '/me/totp/confirm', { code: wrong })).status).toBe(422);
    expect((await client.ask('POST', '/me/totp/confirm', { code: right })).status).toBe(429);
  });

  test('a secret that was moved to another person is no secret of theirs', async () => {
    const [one, other] = [await withFactor(), await withFactor()];
    await api.db.query(sql.unsafe`
      update totp_secrets set secret = (select secret from totp_secrets where user_id = ${one.id}) where user_id = ${other.id}`);
    const answer = await signIn(api, other.login, PASSWORD, { code: await codeOf(one.secret) });
    expect(answer.status).toBe(500);
  });
});

describe('signing in', () => {
  test('needs a code beside the right password, and does not say so beside a wrong one', async () => {
    const { login, secret } = await withFactor();
    expect((await signIn(api, login, 'wrong')).body.code_required).toBeUndefined();
    expect(await signIn(api, login)).toMatchObject({ status: 401, body: { code_required: true } });
    expect(await signIn(api, login, 'wrong', { code: await codeOf(secret) })).toMatchObject({ status: 401 });
    expect(await signIn(api, login, PASSWORD, { code: await codeOf(secret) })).toMatchObject({ status: 200 });
  });

  test('takes each code once, of two at once one', async () => {
    const { login, secret } = await withFactor();
    const code = await codeOf(secret);
    // Of two passwords one waits for the other's hash; on a busy machine it may be sent away, and comes again.
    const signedIn = () => signIn(api, login, PASSWORD, { code });
    const patiently = () => eventually(async () => [await signedIn()].find(({ status }) => status !== 429));
    const both = await Promise.all([patiently(), patiently()]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect((await signIn(api, login, PASSWORD, { code })).status).toBe(401);
  });

  test.each([
    [-2, 401],
    [-1, 200],
    [0, 200],
    [1, 200],
    [2, 401],
  ])('takes the code of %i steps from now: %i', async (steps, status) => {
    const { login, secret } = await withFactor();
    // A step may pass meanwhile: then the code is one further away.
    const answers: number[] = [];
    const step = () => Math.floor(Date.now() / 30_000);
    for (let before = -1; before !== step(); ) {
      before = step();
      answers.push((await signIn(api, login, PASSWORD, { code: await codeOf(secret, steps) })).status);
    }
    expect(answers.at(-1)).toBe(status);
  });

  test('with a code before one that was used is refused', async () => {
    const { login, secret } = await withFactor();
    expect((await signIn(api, login, PASSWORD, { code: await codeOf(secret, 1) })).status).toBe(200);
    expect((await signIn(api, login, PASSWORD, { code: await codeOf(secret, -1) })).status).toBe(401);
  });

  test('takes each recovery code once, in any spelling', async () => {
    const { login, codes, ask } = await withFactor();
    const spelled = ` ${codes[0]!.toUpperCase().replaceAll('-', ' ')} `;
    expect((await signIn(api, login, PASSWORD, { code: spelled })).status).toBe(200);
    expect((await signIn(api, login, PASSWORD, { code: codes[0]! })).status).toBe(401);
    expect((await signIn(api, login, PASSWORD, { code: codes[1]! })).status).toBe(200);
    expect((await ask('GET', '/me/totp')).body).toEqual({ is_on: true, recovery_codes_left: 8 });
  });

  test('rests after five wrong codes beside the right password', async () => {
    const { login, secret } = await withFactor();
    for (let n = 0; n < 5; n += 1) expect((await signIn(api, login, PASSWORD, { code: 'nope' })).status).toBe(401);
    expect((await signIn(api, login, PASSWORD, { code: await codeOf(secret) })).status).toBe(429);
  });

  test('for a JWT, too', async () => {
    const { login, secret } = await withFactor();
    const token = (more: object) => api.post('/auth/token', { login, password: PASSWORD, ...more }, { key: null });
    expect((await token({})).body.code_required).toBe(true);
    expect((await token({ code: await codeOf(secret) })).status).toBe(200);
  });
});

describe('taking it away', () => {
  test('needs the password', async () => {
    const { login, ask } = await withFactor();
    expect((await ask('DELETE', '/me/totp', { password: 'wrong' })).status).toBe(403);
    expect((await signIn(api, login)).status).toBe(401);
    expect((await ask('DELETE', '/me/totp', { password: PASSWORD })).status).toBe(204);
    expect((await ask('DELETE', '/me/totp', { password: PASSWORD })).status).toBe(404);
    expect((await signIn(api, login)).status).toBe(200);
  });

  test('of somebody else is for whoever may change rights', async () => {
    const { id, login } = await withFactor();
    const [admin, owner] = [await personOf(api, 'admin'), await personOf(api, 'owner')];
    expect((await admin.ask('DELETE', `/api/people/${id}/totp`)).status).toBe(403);
    expect((await owner.ask('DELETE', `/api/people/${id}/totp`)).status).toBe(204);
    expect((await signIn(api, login)).status).toBe(200);
  });
});

describe('the studio may demand it of staff', () => {
  test('which the owner says, and an admin does not', async () => {
    const [owner, admin] = [await personOf(api, 'owner'), await personOf(api, 'admin')];
    expect((await admin.ask('PUT', '/api/sign-in-rules', { staff_totp: 'required' })).status).toBe(403);
    expect((await owner.ask('PUT', '/api/sign-in-rules', { staff_totp: 'required' })).body).toEqual({
      staff_totp: 'required',
      changed_by: `person:${owner.id}`,
      changed_at: expect.any(String),
    });
    // What is known of a session is half a second old at most.
    await eventually(async () => (await admin.ask('GET', '/api/sign-in-rules')).status === 403);
  });

  test.each(['owner', 'admin', 'trainer'] as const)('a %s without one may then set it up and nothing else', async (role) => {
    const person = await personOf(api, role);
    await api.db.query(sql.unsafe`update sign_in_rules set staff_totp = 'required'`);
    const statuses = async () =>
      Promise.all(
        ['/me', '/real-trainings', '/me/sessions', '/api/students'].map(async (path) => (await person.ask('GET', path)).status),
      );
    expect(await statuses()).toEqual([200, 403, 403, 403]);
    const { secret } = (await person.ask('POST', '/me/totp')).body;
    expect((await person.ask('POST', '/me/totp/confirm', { code: await codeOf(secret) })).status).toBe(200);
    expect(await statuses()).toEqual([200, 200, 200, 200]);
  });

  test('a client without one may do all they may', async () => {
    await api.db.query(sql.unsafe`update sign_in_rules set staff_totp = 'required'`);
    expect((await (await personOf(api, 'client')).ask('GET', '/real-trainings')).status).toBe(200);
  });

  test('a person with a second factor who came by a link shows it before anything else', async () => {
    const { id, secret, codes } = await withFactor('client');
    const { url } = (await api.post(`/api/people/${id}/password-link`)).body;
    const token = new URL(url).searchParams.get('token');
    const joined = await api.post('/auth/join', { token, password: 'another password' }, { key: null });
    const ask = asking(api, cookieOf(joined, 'sf_session'));
    expect([(await ask('GET', '/me')).status, (await ask('GET', '/me/sessions')).status]).toEqual([200, 403]);
    expect((await ask('POST', '/me/totp')).status).toBe(409);
    expect((await ask('DELETE', '/me/totp', { password: 'another password' })).status).toBe(403);
    expect((await ask('POST', '/me/totp/confirm', { code: await codeOf(secret) })).body).toEqual({ recovery_codes: null });
    expect((await ask('GET', '/me/sessions')).status).toBe(200);
    expect(codes).toHaveLength(10);
  });
});
