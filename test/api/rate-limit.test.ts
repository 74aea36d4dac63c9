import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { countGuesses } from '../../api/auth/guesses.ts';
import { type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '5' } });
});
afterAll(() => api.close());

const many = async (times: number, key: string) => {
  const statuses: number[] = [];
  for (let i = 0; i < times; i += 1) statuses.push((await api.get('/schedule', { key })).status);
  return statuses;
};

test('a caller beyond the limit rests until the minute is over; others go on', async () => {
  const [busy, calm] = [await api.key('schedule:read'), await api.key('schedule:read')];
  expect(await many(5, busy)).toEqual([200, 200, 200, 200, 200]);
  const { status, headers, body } = await api.get('/schedule', { key: busy });
  expect({ status, type: headers.get('content-type') }).toEqual({
    status: 429,
    type: expect.stringContaining('application/problem+json'),
  });
  expect(body).toMatchObject({ title: 'Too Many Requests', detail: expect.stringContaining('Retry-After') });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
  expect(await many(1, calm)).toEqual([200]);
  expect((await api.get('/health/live', { key: null })).status).toBe(200);
});

describe('an address that guesses keys', () => {
  const guess = (asking = {}) => api.get('/schedule', { key: 'a guess', ...asking });
  const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } });

  test('rests after 60 misses: nothing from that address is judged any more, not even the right key', async () => {
    const known = await api.key('schedule:read');
    const unasked = await Promise.all(Array.from({ length: 61 }, () => guess({ key: null })));
    expect(new Set(unasked.map(({ status }) => status))).toEqual(new Set([401]));
    const misses = await Promise.all(Array.from({ length: 60 }, () => guess()));
    expect(new Set(misses.map(({ status }) => status))).toEqual(new Set([401]));
    for (const key of ['one more guess', known]) {
      const refused = await guess({ key });
      expect(refused).toMatchObject({
        status: 429,
        body: { title: 'Too Many Requests', detail: expect.stringContaining('wrong keys') },
      });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(await guess({ key: known, ...from('203.0.113.7') })).toMatchObject({ status: 429 });
  });

  test.each([
    ['one proxy', '1'],
    ['a proxy with this address', '127.0.0.1'],
  ])('behind %s each client counts for itself', async (_, TRUST_PROXY) => {
    const behind = await testApi({ settings: { TRUST_PROXY } });
    const ask = (key: string, address: string) => behind.get('/schedule', { key, ...from(address) });
    for (let n = 0; n < 60; n += 1) expect((await ask('a guess', '2001:db8::1')).status).toBe(401);
    expect((await ask(behind.all, '2001:db8::2')).status).toBe(429);
    expect((await ask(behind.all, '2001:db8:0:1::2')).status).toBe(200);
    expect((await ask(behind.all, '203.0.113.7, 203.0.113.8')).status).toBe(200);
    await behind.close();
  });
});

test('a minute later guesses are counted anew', () => {
  let now = 0;
  const guesses = countGuesses(2, () => now);
  for (const address of ['::ffff:192.0.2.1', '192.0.2.1']) guesses.miss(address);
  expect(guesses.restOf('192.0.2.1')).toBe(60);
  now = 59_999;
  expect(guesses.restOf('192.0.2.1')).toBe(1);
  now = 60_000;
  expect(guesses.restOf('192.0.2.1')).toBe(0);
});
