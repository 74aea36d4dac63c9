import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import bcrypt from 'bcryptjs';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { hashPassword, isPassword, SIGNED_IN } from '../../workers/sign-in/hash.ts';
import { loginFrom } from '../../workers/sign-in/login.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { account, cookieOf, PASSWORD, signIn } from './account.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi({ settings: { TRUST_PROXY: 'loopback' } });
});
afterAll(() => api.close());

let count = 0;
const next = () => (count += 1);
/** An address of its own for each test, so that none meets the limits of another. */
const address = () => `203.0.113.${next()}`;
const hashOf = (id: number) =>
  api.db.oneFirst(sql.type(z.object({ hash: z.string() }))`select hash from passwords where user_id = ${id}`);
const failures = (id: number) =>
  api.db.any(sql.type(z.object({ device: z.string(), failures: z.int() }))`
    select device, failures from sign_in_failures where login_hash = sha256(${`#${id}`}::text::bytea)`);

describe('one signs in by', () => {
  test.each([
    ['+79161230001', '+79161230001'],
    ['+79161230002', '8 (916) 123-00-02'],
    ['+79161230003', '7 916 123 00 03'],
    ['+79161230004', '916 1230004'],
    ['+380671230005', '+380 67 123-00-05'],
  ])('the phone %s, typed %s', async (phone, typed) => {
    const id = await account(api, { phone });
    expect(await signIn(api, typed)).toMatchObject({ status: 200, body: { user: { id, roles: ['client'] } } });
  });

  test('e-mail and login, in any case', async () => {
    const id = await account(api, { email: 'Anna@Example.com', login: 'anna.k' });
    for (const typed of ['anna@example.com', ' ANNA@example.COM ', 'anna.k', 'Anna.K'])
      expect(await signIn(api, typed)).toMatchObject({ status: 200, body: { user: { id } } });
  });

  test('no e-mail that two have; each by something else', async () => {
    const [one, other] = [
      await account(api, { email: 'two@example.com', login: 'one.two' }),
      await account(api, { email: 'two@example.com', login: 'other.two' }),
    ];
    expect((await signIn(api, 'two@example.com', PASSWORD, { from: address() })).status).toBe(401);
    expect((await signIn(api, 'one.two')).body.user.id).toBe(one);
    expect((await signIn(api, 'other.two')).body.user.id).toBe(other);
  });
});

test.each([
  ['', 'RU'],
  ['ab', 'RU'],
  ['a@', 'RU'],
  ['12', 'RU'],
  ['two words', 'RU'],
] as const)('%j is no login', (typed, country) => expect(loginFrom(typed, country)).toBeNull());

test('a phone without a country is one of the studio’s', () => {
  expect(loginFrom('067 123-45-67', 'UA')).toEqual({ kind: 'phone', value: '+380671234567' });
  expect(loginFrom('9161234567', 'RU')).toEqual({ kind: 'phone', value: '+79161234567' });
});

test('the same refusal for a wrong password, a login nobody has, no password, and somebody who has left', async () => {
  await account(api, { login: 'wrong.one' });
  await account(api, { login: 'without.one', hash: null });
  const gone = await account(api, { login: 'gone.one' });
  await api.db.query(sql.unsafe`update users set is_active = false where id = ${gone}`);
  const from = address();
  const answers = [
    await signIn(api, 'wrong.one', 'not the password', { from }),
    await signIn(api, 'nobody.one', 'not the password', { from }),
    await signIn(api, 'without.one', '', { from }).then(() => signIn(api, 'without.one', 'x', { from })),
    await signIn(api, 'gone.one', PASSWORD, { from }),
  ].map(({ status, body, headers }) => ({ status, detail: body.detail, cookie: headers.getSetCookie() }));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toEqual({ status: 401, detail: 'the login or the password is wrong', cookie: [] });
});

test('each of them costs one hash, no more and no less', async () => {
  await account(api, { login: 'timed.one' });
  const from = address();
  const took = async (login: string) => {
    const start = process.cpuUsage();
    await signIn(api, login, 'not the password', { from });
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
  await took('timed.one');
  const [wrong, unknown] = [await took('timed.one'), await took('nobody.timed')];
  const start = process.cpuUsage();
  await hashPassword('one hash');
  const { user, system } = process.cpuUsage(start);
  // Without its hash an unknown login would cost next to nothing.
  expect(unknown).toBeGreaterThan((user + system) * 0.5);
  expect(wrong).toBeGreaterThan((user + system) * 0.5);
});

test.each(['2a', '2b', '2y'])('a hash of bcrypt ($%s) is accepted and renewed', async (version) => {
  const hash = (await bcrypt.hash(PASSWORD, 4)).replace(/^\$2[ab]\$/, `$${version}$`);
  const id = await account(api, { login: `old.${version}`, hash });
  expect((await signIn(api, `old.${version}`, 'not the password', { from: address() })).status).toBe(401);
  expect(await hashOf(id)).toBe(hash);
  expect((await signIn(api, `old.${version}`)).status).toBe(200);
  expect(await hashOf(id)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect((await signIn(api, `old.${version}`)).status).toBe(200);
});

test('an argon2id hash of another cost is renewed, too, and the present one is left', async () => {
  const present = await hashPassword(PASSWORD);
  const id = await account(api, { login: 'kept.one', hash: present });
  expect((await signIn(api, 'kept.one')).status).toBe(200);
  expect(await hashOf(id)).toBe(present);
});

describe('five failures in a row', () => {
  test('rest an account for 15 minutes, even for the right password; four do not', async () => {
    const id = await account(api, { login: 'guessed.one', email: 'guessed@example.com' });
    const from = address();
    for (let n = 0; n < 4; n += 1) expect((await signIn(api, 'guessed.one', `guess ${n}`, { from })).status).toBe(401);
    expect((await signIn(api, 'guessed.one', PASSWORD, { from })).status).toBe(200);
    expect(await failures(id)).toEqual([]);
    for (let n = 0; n < 5; n += 1) expect((await signIn(api, 'guessed@example.com', `guess ${n}`, { from })).status).toBe(401);
    const rest = await signIn(api, 'guessed.one', PASSWORD, { from: address() });
    expect(rest.status).toBe(429);
    expect(Number(rest.headers.get('retry-after'))).toBeGreaterThan(14 * 60);
    expect(Number(rest.headers.get('retry-after'))).toBeLessThanOrEqual(15 * 60);
    const age = (interval: string) =>
      api.db.query(sql.unsafe`
        update sign_in_failures set last_at = now() - ${interval}::interval where login_hash = sha256(${`#${id}`}::text::bytea)`);
    await age('14 minutes 50 seconds');
    expect((await signIn(api, 'guessed.one', PASSWORD, { from: address() })).status).toBe(429);
    await age('15 minutes 1 second');
    expect((await signIn(api, 'guessed.one', PASSWORD, { from: address() })).status).toBe(200);
  });

  test('rest a login that nobody has just the same', async () => {
    const from = address();
    for (let n = 0; n < 5; n += 1) expect((await signIn(api, 'nobody.at.all', `guess ${n}`, { from })).status).toBe(401);
    expect((await signIn(api, 'Nobody.at.all', 'guess', { from })).status).toBe(429);
  });

  test('from outside leave a browser alone that signed in before, and the other way round', async () => {
    const id = await account(api, { login: 'known.one' });
    const [device, from] = [cookieOf(await signIn(api, 'known.one'), 'sf_device'), address()];
    for (let n = 0; n < 6; n += 1) await signIn(api, 'known.one', `guess ${n}`, { from });
    expect((await signIn(api, 'known.one', PASSWORD, { from })).status).toBe(429);
    expect((await signIn(api, 'known.one', PASSWORD, { from, cookie: device })).status).toBe(200);
    for (let n = 0; n < 5; n += 1) await signIn(api, 'known.one', `guess ${n}`, { from: address(), cookie: device });
    expect((await signIn(api, 'known.one', PASSWORD, { from: address(), cookie: device })).status).toBe(429);
    expect((await failures(id)).map((row) => row.device === '').sort()).toEqual([false, true]);
  });

  test('count for a device of somebody else, or a made-up one, as for anybody', async () => {
    const id = await account(api, { login: 'target.one' });
    await account(api, { login: 'neighbour.one' });
    const device = cookieOf(await signIn(api, 'neighbour.one'), 'sf_device');
    const [name] = device.split('.');
    for (const cookie of [device, `${name}.${'A'.repeat(22)}`, 'sf_device=x']) {
      await signIn(api, 'target.one', 'guess', { from: address(), cookie });
    }
    expect(await failures(id)).toEqual([{ device: '', failures: 3 }]);
  });

  test('of many at once are no more than five that are looked at', async () => {
    await account(api, { login: 'hurried.one' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => signIn(api, 'hurried.one', `guess ${n}`, { from: `198.51.100.${n + 1}` })),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15);
  });
});

test('an address rests after 30 wrong ones in a minute; a known device there does not', async () => {
  await account(api, { login: 'housemate.one' });
  const device = cookieOf(await signIn(api, 'housemate.one'), 'sf_device');
  const from = address();
  const answers: number[] = [];
  for (let n = 0; n < 32; n += 1) answers.push((await signIn(api, `somebody.${n}`, 'guess', { from })).status);
  expect(answers).toEqual([...Array(30).fill(401), 429, 429]);
  expect((await signIn(api, 'housemate.one', PASSWORD, { from })).status).toBe(429);
  expect((await signIn(api, 'housemate.one', PASSWORD, { from, cookie: device })).status).toBe(200);
  expect((await signIn(api, 'housemate.one', PASSWORD, { from: address() })).status).toBe(200);
});

describe('hashes', () => {
  test('are made two at once, one of them for known devices; who waits is few, and few from one network', async () => {
    const stored = await hashPassword('x');
    let known = 0;
    const flood = Array.from({ length: 60 }, (_, n) =>
      hashPassword('flood', { lane: 'anybody', from: `network ${n % 10}` }).then(
        () => 'made',
        (error: Error) => error.message,
      ),
    );
    const waited = await isPassword('x', stored, SIGNED_IN).then((isRight) => {
      known += 1;
      return isRight;
    });
    expect({ waited, known }).toEqual({ waited: true, known: 1 });
    const ended = await Promise.all(flood);
    // One is being made, at most 40 wait.
    expect(ended.filter((end) => end === 'made').length).toBeLessThanOrEqual(41);
    expect(ended.slice(41)).toEqual(Array(19).fill('many people sign in right now; try again in a moment'));
    const one = Array.from({ length: 20 }, () =>
      hashPassword('flood', { lane: 'anybody', from: 'one' }).then(
        () => 'made',
        () => 'refused',
      ),
    );
    expect((await Promise.all(one)).slice(11)).toEqual(Array(9).fill('refused'));
  });

  test('are waited for a second and a half, so that an answer comes within two', async () => {
    jest.useFakeTimers({ now: Date.now() });
    const place = { lane: 'anybody', from: 'one' } as const;
    const [made, waits] = [hashPassword('x', place), hashPassword('x', place)];
    jest.advanceTimersByTime(1_499);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1);
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
    await expect(waits).rejects.toThrow('many people sign in right now; try again in a moment');
    await made;
  });

  test('a password that was typed as another form of the same letters is the same', async () => {
    expect(await isPassword('пароль й'.normalize('NFD'), await hashPassword('пароль й'.normalize('NFC')), SIGNED_IN)).toBe(true);
  });
});
