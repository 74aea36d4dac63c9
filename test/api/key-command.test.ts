import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashOf, liveKeys, newSecret, syncSettingKeys } from '../../sql/auth/api-keys.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

/** Runs `npm run key -- ...` as the package does. */
async function key(...args: string[]) {
  const child = spawn(process.execPath, ['api/auth/key.ts', ...args], { env: { ...process.env, DATABASE_URL: database.url } });
  const code = new Promise<number | null>((exit) => child.once('exit', exit));
  // Both at once: what nobody reads by the time the child exits is thrown away.
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { out, err, code: await code };
}

test('create prints the secret once, list never; only its hash is stored; revoke ends it', async () => {
  const made = await key('create', 'desk', '--scopes', 'history:read,run:generation', '--expires', '2099-01-01');
  expect(made).toMatchObject({ code: 0, err: '' });
  const [secret = ''] = made.out.match(/sf_[\w-]{43}/) ?? [];
  expect(made.out.split(secret)).toHaveLength(2);

  const [stored] = await liveKeys(database.db);
  expect(stored).toMatchObject({
    name: 'desk',
    scopes: ['history:read', 'run:generation'],
    expires_at: '2099-01-01T00:00:00.000Z',
  });
  expect(stored?.key_hash.equals(hashOf(secret))).toBe(true);
  expect(JSON.stringify(stored)).not.toContain(secret);

  const [listed, twice, revoked] = await Promise.all([
    key('list'),
    key('create', 'desk', '--scopes', '*'),
    key('revoke', 'nobody'),
  ]);
  const shown = `${secret.slice(0, 11)}...`;
  expect(listed).toMatchObject({
    code: 0,
    out: expect.stringContaining(`desk  ${shown}  history:read,run:generation  expires 2099`),
  });
  expect(listed.out).not.toContain(secret.slice(0, 12));
  expect(twice).toMatchObject({ code: 1, err: 'there is a key "desk" already; revoke it first, or rotate it\n' });
  expect(revoked).toMatchObject({ code: 1, err: 'there is no key "nobody"\n' });

  expect(await key('revoke', 'desk')).toMatchObject({ code: 0, out: 'revoked: desk\n' });
  expect(await liveKeys(database.db)).toEqual([]);
});

test('rotate prints a new secret once; both are valid for the overlap, which can be none', async () => {
  const [first = ''] = (await key('create', 'till', '--scopes', 'metrics')).out.match(/sf_[\w-]{43}/) ?? [];
  const rotated = await key('rotate', 'till', '--overlap', '7d');
  const [second = ''] = rotated.out.match(/sf_[\w-]{43}/) ?? [];
  expect(rotated).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringMatching(/The secret before is valid until 20\S+, too\.\n$/),
  });
  const stored = async () => (await liveKeys(database.db)).find(({ name }) => name === 'till');
  expect((await stored())?.key_hash.equals(hashOf(second))).toBe(true);
  expect((await stored())?.previous_hash?.equals(hashOf(first))).toBe(true);
  const until = Date.parse((await stored())?.previous_until ?? '') - Date.now();
  expect(until).toBeGreaterThan(6.9 * 86_400_000);
  expect(until).toBeLessThanOrEqual(7 * 86_400_000);

  expect(await key('rotate', 'till')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^two secrets of "till" are valid until 20/),
  });
  const third = await key('rotate', 'till', '--overlap', '0', '--expires', '2099-01-01');
  expect(third).toMatchObject({ code: 0, out: expect.stringMatching(/The secret before is not valid any more\.\n$/) });
  expect(await stored()).toMatchObject({ expires_at: '2099-01-01T00:00:00.000Z' });
  await key('revoke', 'till');
});

test('a key that API_KEYS makes is changed there', async () => {
  await syncSettingKeys(database.db, [{ name: 'outside', secret: newSecret(), scopes: ['metrics'] }]);
  const [rotated, listed] = await Promise.all([key('rotate', 'outside'), key('list')]);
  expect(rotated).toMatchObject({ code: 1, err: 'the key "outside" is set by API_KEYS: give it another secret there\n' });
  expect(listed.out).toMatch(/^outside {2}sf_\S{8}\.\.\. {2}metrics .*from API_KEYS\n$/);
  expect(await key('revoke', 'outside')).toMatchObject({ code: 0, out: expect.stringContaining('unless it is taken out there') });
});

const refused: [string, string[], RegExp][] = [
  [
    'an unknown scope',
    ['create', 'x', '--scopes', 'history:write'],
    /^--scopes: there is no scope "history:write"; accepted: \*, run:generation, .*dashboard:write\n$/,
  ],
  ['no scopes', ['create', 'x'], /^npm run key -- create NAME/],
  ['a bad name', ['create', 'a b', '--scopes', '*'], /^NAME: 1 to 60 letters/],
  ['a name of the fleet', ['create', 'system', '--scopes', '*'], /^NAME: "system" is a name of the fleet itself\n$/],
  ['a name like a chat', ['create', 'telegram:7', '--scopes', '*'], /^NAME: "telegram:7" is a name of the fleet itself\n$/],
  ['a name like a person', ['create', 'person:7', '--scopes', '*'], /^NAME: "person:7" is a name of the fleet itself\n$/],
  ['to rotate nobody', ['rotate', 'nobody'], /^there is no key "nobody"\n$/],
  ['an overlap without a unit', ['rotate', 'x', '--overlap', '7'], /^--overlap: how long/],
  ['an overlap that is too long', ['rotate', 'x', '--overlap', '91d'], /^--overlap: how long/],
  [
    'a date that does not exist',
    ['create', 'x', '--scopes', '*', '--expires', '2099-02-30'],
    /^--expires: a date to come, YYYY-MM-DD/,
  ],
  ['a date that is past', ['create', 'x', '--scopes', '*', '--expires', '2020-01-01'], /^--expires: a date to come/],
  ['an unknown option', ['create', 'x', '--scope', '*'], /Unknown option '--scope'/],
  ['no command', [], /^npm run key -- create NAME[\s\S]*list[\s\S]*revoke NAME\n$/],
];

test('a command that cannot be done says so in a few words and makes nothing', async () => {
  const answers = await Promise.all(refused.map(([, args]) => key(...args)));
  for (const [i, [what, , words]] of refused.entries()) {
    expect({ what, ...answers[i] }).toMatchObject({ what, code: 1, out: '', err: expect.stringMatching(words) });
    expect(answers[i]?.err).not.toMatch(/\n\s+at /);
  }
  expect(await liveKeys(database.db)).toEqual([]);
});
