import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { EMBEDDED_ROLE, embeddedRoleUrl, embeddedUrl, prepareEmbedded, waitForEmbedded } from '../../sql/database/embedded.ts';
import { migrate } from '../../sql/database/migrate.ts';

const PHONE = '+79001234567';
let dir: string;
let server: ChildProcess;
let said: Promise<string>;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'embedded-'));
  const { program, args } = await prepareEmbedded(dir, { durable: false });
  server = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  said = text(server.stderr as NonNullable<ChildProcess['stderr']>);
  await waitForEmbedded(dir);
  await migrate(embeddedUrl(dir), { grantTo: EMBEDDED_ROLE });
});
afterAll(async () => {
  server.kill('SIGINT');
  await said;
  rmSync(dir, { recursive: true, force: true });
});

async function ask(url: string, statement: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement, values)).rows;
  } finally {
    await client.end();
  }
}
const userOf = (url: string) => ask(url, 'select current_user, usesuper from pg_user where usename = current_user');

test('the fleet works as a role of its own', async () => {
  expect(await userOf(embeddedRoleUrl(dir))).toEqual([{ current_user: 'studio', usesuper: false }]);
  await expect(ask(embeddedRoleUrl(dir), `copy (select 1) to program 'true'`)).rejects.toMatchObject({ code: '42501' });
});

test('a data folder of an earlier version gets the role, and until then is used as before', async () => {
  const file = join(dir, 'postgres.json');
  const { role_password: _, ...earlier } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify(earlier));
  expect(await userOf(embeddedRoleUrl(dir))).toEqual([{ current_user: 'fleet', usesuper: true }]);
  await waitForEmbedded(dir);
  expect(await userOf(embeddedRoleUrl(dir))).toEqual([{ current_user: 'studio', usesuper: false }]);
  const [{ count }] = await ask(embeddedRoleUrl(dir), 'select count(*)::int from users');
  expect(count).toBe(0);
});

test('the files of the folder are readable by their owner alone', () => {
  const modes = (folder: string) =>
    Object.fromEntries(readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]));
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  expect(modes(dir)).toEqual({ postgres: '700', 'postgres.json': '600' });
  expect(existsSync(join(dir, 'postgres.password'))).toBe(false);
});

test('a row that is refused is not quoted in the server’s log', async () => {
  const insert = 'insert into users (first_name, last_name, phone) values ($1, $2, $3)';
  const url = embeddedRoleUrl(dir);
  await ask(url, insert, ['Анна', 'Тихая', PHONE]);
  await expect(ask(url, insert, ['Вера', 'Громкая', PHONE])).rejects.toMatchObject({ code: '23505' });
  await expect(
    ask(url, `insert into users (first_name, last_name, phone) values ('Ада', null, '${PHONE}')`),
  ).rejects.toMatchObject({
    code: '23502',
  });
  server.kill('SIGINT');
  const log = await said;
  expect(log).toMatch(/duplicate key value violates unique constraint/);
  expect(log).toMatch(/null value in column "last_name"/);
  for (const secret of [PHONE, PHONE.slice(1), 'Анна', 'Вера', 'Громкая', 'Ада', 'insert into'])
    expect(log).not.toContain(secret);
});
