import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { attemptsOf } from '../../api/auth/attempts.ts';
import { countGuesses } from '../../api/auth/guesses.ts';
import { sql } from '../../sql/database/database.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { rounds } from '../support/nightly-only.ts';
import { account, cookieOf, PASSWORD, signIn } from './account.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi({ settings: { TRUST_PROXY: 'loopback', RATE_LIMIT_PER_MINUTE: '1000000' } });
});
afterAll(() => api.close());

const GUESSES = 1_000;
/** Of those that are all looked at, each of which costs a hash: by day fewer. */
const LOOKED_AT = rounds({ daily: 200, nightly: GUESSES });
const AT_ONCE = 20;
const rows = () => api.db.oneFirst(sql.type(z.object({ count: z.int() }))`select count(*)::int as count from sign_in_failures`);
const sessions = () => api.db.oneFirst(sql.type(z.object({ count: z.int() }))`select count(*)::int as count from sessions`);

/** Wrong passwords, many at once; how often each answer came. */
async function guess(loginOf: (n: number) => string, addressOf: (n: number) => string, most = GUESSES) {
  const answers: Record<number, number> = {};
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < most) {
        const n = next;
        next += 1;
        const { status } = await signIn(api, loginOf(n), `guess ${n}`, { from: addressOf(n) });
        answers[status] = (answers[status] ?? 0) + 1;
      }
    }),
  );
  return answers;
}

const one = () => '203.0.113.7';
const many = (n: number) => `198.51.${n % 100}.${(n / 100) | 0}`;

test.each([
  ['for one account, from one address', 'one.target', () => 'one.target', one, 5],
  ['for one account, from a thousand addresses', 'spread.target', () => 'spread.target', many, 5],
  [
    'for a thousand accounts, from one address',
    'first.target',
    (n: number) => (n === 0 ? 'first.target' : `victim.${n}`),
    () => '203.0.113.8',
    30,
  ],
] as const)(
  'a thousand wrong passwords %s: few are looked at, and a known device gets in meanwhile',
  async (_, target, loginOf, addressOf, most) => {
    const id = await account(api, { login: target });
    const device = cookieOf(await signIn(api, target, PASSWORD, { from: '192.0.2.1' }), 'sf_device');
    const neighbour = `neighbour.of.${target}`;
    await account(api, { login: neighbour });
    const friend = cookieOf(await signIn(api, neighbour, PASSWORD, { from: '192.0.2.2' }), 'sf_device');
    const [opened, before] = [await sessions(), await rows()];
    const guessing = guess(loginOf, addressOf);
    // From the very address of the guesses, too.
    const meanwhile = [];
    for (let n = 0; n < 5; n += 1) {
      meanwhile.push((await signIn(api, target, PASSWORD, { from: addressOf(0), cookie: device })).status);
      meanwhile.push((await signIn(api, neighbour, PASSWORD, { from: addressOf(1), cookie: friend })).status);
    }
    const answers = await guessing;
    expect(meanwhile).toEqual(Array(10).fill(200));
    expect(Object.keys(answers).sort()).toEqual(['401', '429']);
    // Those under way when the limit is reached are looked at, too.
    expect(answers[401]).toBeLessThanOrEqual(most === 5 ? 5 : most + AT_ONCE);
    expect(await sessions()).toBe(opened + 10);
    expect((await rows()) - before).toBeLessThanOrEqual(most === 5 ? 1 : most + AT_ONCE);
    expect((await signIn(api, neighbour, PASSWORD, { from: '192.0.2.3' })).status).toBe(200);
    expect(id).toBeGreaterThan(0);
  },
);

test('wrong passwords for as many accounts from as many addresses lock nobody out who has one failure', async () => {
  await account(api, { login: 'crowd.50' });
  const answers = await guess((n) => `crowd.${n}`, many, LOOKED_AT);
  expect(answers[401]! + (answers[429] ?? 0)).toBe(LOOKED_AT);
  expect((await signIn(api, 'crowd.50', PASSWORD, { from: '192.0.2.4' })).status).toBe(200);
  // A row for each login at most, and it goes when others come after a quarter of an hour.
  expect(await rows()).toBeLessThanOrEqual(LOOKED_AT + 200);
  await api.db.query(sql.unsafe`update sign_in_failures set last_at = last_at - interval '16 minutes'`);
  const old = await rows();
  for (let n = 0; n < 10; n += 1) await signIn(api, `after.${n}`, 'guess', { from: `192.0.2.${10 + n}` });
  expect(await rows()).toBeLessThanOrEqual(old - 40);
});

test('the memory of addresses is bounded', () => {
  const guesses = countGuesses(3);
  for (let n = 0; n < 12_000; n += 1) guesses.miss(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
  expect(guesses.size()).toBe(10_000);
  for (const counted of Object.values(attemptsOf(api.fleet))) expect(counted.size()).toBeLessThanOrEqual(1_200);
});
