import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type FrontDoor, frontDoor } from '../support/front-door.ts';

let door: FrontDoor;
beforeAll(async () => {
  door = await frontDoor({ settings: { RATE_LIMIT_PER_MINUTE: '5' } });
});
afterAll(() => door.close());

const many = async (times: number, key: string) => {
  const statuses: number[] = [];
  for (let i = 0; i < times; i += 1) statuses.push((await door.get('/schedule', { key })).status);
  return statuses;
};

test('a caller beyond the limit rests until the minute is over; others go on', async () => {
  const [busy, calm] = [await door.key('schedule:read'), await door.key('schedule:read')];
  expect(await many(5, busy)).toEqual([200, 200, 200, 200, 200]);
  const { status, headers, body } = await door.get('/schedule', { key: busy });
  expect({ status, type: headers.get('content-type') }).toEqual({
    status: 429,
    type: expect.stringContaining('application/problem+json'),
  });
  expect(body).toMatchObject({ title: 'Too many requests', detail: expect.stringContaining('Retry-After') });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
  expect(await many(1, calm)).toEqual([200]);
  expect((await door.get('/health/live', { key: null })).status).toBe(200);
});

test('whoever guesses keys rests after 60 misses; who has a key at the same address does not notice', async () => {
  const known = await door.key('schedule:read');
  const misses = await Promise.all(Array.from({ length: 60 }, () => door.get('/schedule', { key: null })));
  expect(new Set(misses.map(({ status }) => status))).toEqual(new Set([401]));
  const refused = await door.get('/schedule', { key: 'one more guess' });
  expect(refused).toMatchObject({ status: 429, body: { title: 'Too many requests' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await many(1, known)).toEqual([200]);
});
