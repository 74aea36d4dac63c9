import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Reply, type TestApi, testApi } from '../support/front-door.ts';

/** The shell of the bookings' README that sets up a salon, with its way of asking replaced by one that says what would be asked. */
function asked(): [path: string, body: string][] {
  const readme = readFileSync('workers/bookings/README.md', 'utf8');
  const shell = [...readme.matchAll(/```sh\n(.*?)```/gs)]
    .map(([, block]) => block ?? '')
    .find((block) => block.includes('\nask '));
  const lines = (shell ?? '').replace(/^KEY=.*$/m, '').replace(/^ask\(\).*$/m, `ask() { printf '%s\\t%s\\n' "$1" "\${2-}"; }`);
  const said = execFileSync('bash', ['-c', lines], { encoding: 'utf8' }).trim().split('\n');
  return said.map((line) => line.split('\t') as [string, string]);
}

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

test('the first steps of a salon end in a booking', async () => {
  const replies: Reply[] = [];
  for (const [path, body] of asked()) replies.push(body ? await api.post(path, JSON.parse(body)) : await api.get(path));
  expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 200, 201]);
  expect(replies.at(-2)?.body.specialists[0].days[0].starts.length).toBeGreaterThan(0);
  expect(replies.at(-1)?.body).toMatchObject({ status: 'CONFIRMED', specialist: 'Anna', client: 'Olga' });
});
