import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestApi, testApi } from '../support/front-door.ts';
import { PASSWORD } from './account.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

/** `npm run invite -- ARGS` against this database. */
async function invite(...args: string[]) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const done = await promisify(execFile)('node', ['workers/fleet/invite.ts', ...args], {
    env: { ...env, DATABASE_URL: api.database.url, PUBLIC_URL: 'https://studio.example' },
  }).catch((error: { code: number; stdout: string; stderr: string }) => error);
  return { code: 'code' in done ? done.code : 0, stdout: done.stdout, stderr: done.stderr };
}

test('prints a link by which somebody comes in with that role', async () => {
  const { code, stdout } = await invite('8 (916) 700-00-01', '--role', 'admin', '--first-name', 'Вера');
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^https:\/\/studio\.example\/join\?token=[\w-]{43}\n\nThis is the only time/),
  });
  const token = /token=([\w-]+)/.exec(stdout)?.[1];
  const joined = await api.post('/auth/join', { token, password: PASSWORD }, { key: null });
  expect(joined.body.user).toMatchObject({ first_name: 'Вера', roles: ['admin'] });
});

test.each([
  [[], /^npm run invite/],
  [['anna@example.com'], /^npm run invite/],
  [['anna@example.com', '--role', 'king'], /^npm run invite/],
  [['12', '--role', 'client'], /^login: a phone, an e-mail or a login/],
] as const)('%j is refused with what is accepted', async (args, says) => {
  const { code, stderr, stdout } = await invite(...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(says);
});
