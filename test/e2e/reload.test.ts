import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { ownFleet } from '../support/fleet.ts';

jest.setTimeout(400_000);

const SECRET = 'not-for-the-eyes-of-pm2-4b1d';
let database: TestDatabase;
let fleet: Awaited<ReturnType<typeof ownFleet>>;
let before: Record<string, number>;

beforeAll(async () => {
  database = await testDatabase();
  fleet = await ownFleet({ DATABASE_URL: database.url, API_KEYS: `desk:${SECRET}:*` });
  const { code, stderr } = await fleet.npm('start', ['--only', 'api,unfreeze,cleanup']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  before = await fleet.pids();
});
afterAll(async () => {
  await fleet.end();
  await database.close();
});

const isLive = (port: number) =>
  fetch(`http://127.0.0.1:${port}/health/live`).then(
    (response) => response.ok,
    () => false,
  );

describe('a reload that cannot succeed touches nothing', () => {
  afterEach(async () => {
    expect(await fleet.pids()).toEqual(before);
    expect(await isLive(fleet.port)).toBe(true);
  });

  test('a wrong variable', async () => {
    expect(await fleet.npm('reload', [], { STUDIO_TZ: 'Mars/Olympus' })).toEqual({
      code: 78,
      stdout: '',
      stderr: 'STUDIO_TZ: got "Mars/Olympus"; accepted: an IANA time zone such as Europe/Moscow\n',
    });
  });

  test('a wrong line in .env', async () => {
    writeFileSync(join(fleet.dir, '.env'), 'DRAIN_SECONDS=soon\n');
    const { code, stdout, stderr } = await fleet.run('reload', fleet.dir);
    expect({ code, stdout, stderr }).toEqual({
      code: 78,
      stdout: '',
      stderr: 'DRAIN_SECONDS: got "soon"; accepted: a whole number from 1 to 3600\n',
    });
    writeFileSync(join(fleet.dir, '.env'), '');
  });

  test('a certificate that is not there', async () => {
    const { code, stderr } = await fleet.npm('reload', [], { TLS_CERT: '/nowhere/cert.pem', TLS_KEY: '/nowhere/key.pem' });
    expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringMatching(/^TLS_CERT: ENOENT.*a PEM file.*\n$/) });
  });

  test.each([
    ['reload', [], 78, /^BACKUP_COPY_KEY_ID: not given; .*\n$/],
    ['start', ['--only', 'cleanup'], 1, /The fleet did not start: BACKUP_COPY_KEY_ID: not given; .*\n$/],
  ] as const)('%s: a bucket for the worker that copies, without its key', async (script, args, code, words) => {
    const ended = await fleet.npm(script, [...args], { BACKUP_COPY_URL: 's3://studio/copies' });
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code, stderr: expect.stringMatching(words) });
  });

  test('another data folder', async () => {
    const { code, stderr } = await fleet.npm('reload', [], { FLEET_DATA_DIR: join(fleet.dir, 'elsewhere') });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^FLEET_DATA_DIR: the fleet runs on .*\n$/) });
  });

  test('a schema this code does not know how to use', async () => {
    const last = sql.unsafe`delete from schema_migrations where version = (select max(version) from schema_migrations) returning *`;
    const row = (await database.db.one(last)) as { version: number; name: string; checksum: string };
    const { code, stderr } = await fleet.npm('reload');
    await database.db.query(sql.unsafe`
      insert into schema_migrations (version, name, checksum) values (${row.version}, ${row.name}, ${row.checksum})`);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^the database is at schema \d+, this code needs \d+: run "npm run migrate"\n$/),
    });
  });

  test('a new process that does not come up: its last words are shown', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await fleet.npm('reload', [], { PORT: String(port) });
    other.close();
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^The new "api" did not come up, so the old one goes on: cannot listen on .*EADDRINUSE.*\n$/),
    });
    // Nothing of the attempt is left: the next crash of the old one finds its own settings.
    expect(readdirSync(join(fleet.dir, 'data', 'settings'))).toHaveLength(4);
  });
});

describe('a reload', () => {
  test('takes what it is given as variables, and the next one keeps it', async () => {
    const port = await freePort();
    expect(await fleet.npm('reload', [], { PORT: String(port) })).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^Reloaded api, unfreeze, cleanup\.\nNot running here: scheduler, .*vending\. What an update has brought, "npm start" starts\.\n$/,
      ),
      stderr: '',
    });
    expect({ old: await isLive(fleet.port), new: await isLive(port) }).toEqual({ old: false, new: true });
    const { PORT: _, ...without } = fleet.env;
    expect((await fleet.run('reload', fleet.dir, without)).code).toBe(0);
    expect(await isLive(port)).toBe(true);
    const after = await fleet.pids();
    expect(Object.keys(after).sort()).toEqual(['api', 'cleanup', 'unfreeze']);
    for (const name of Object.keys(after)) expect(after[name]).not.toBe(before[name]);
  });

  test('a setting given empty is forgotten', async () => {
    writeFileSync(join(fleet.dir, '.env'), `PORT=${fleet.port}\n`);
    expect((await fleet.run('reload', fleet.dir, { ...fleet.env, PORT: '' })).code).toBe(0);
    expect(await isLive(fleet.port)).toBe(true);
    writeFileSync(join(fleet.dir, '.env'), '');
  });
});

test('PM2 knows no setting: not in its list, its dump, its processes', async () => {
  const list = await fleet.pm2('jlist', '--silent');
  await fleet.pm2('save', '--silent');
  const dump = readFileSync(join(fleet.dir, 'pm2', 'dump.pm2'), 'utf8');
  const daemon = Number(readFileSync(join(fleet.dir, 'pm2', 'pm2.pid'), 'utf8'));
  const environments = [daemon, ...Object.values(await fleet.pids())].map((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8'));
  const password = new URL(database.url).password;
  for (const text of [list, dump, ...environments]) {
    expect(text).toContain('PM2_HOME');
    for (const secret of [SECRET, password, 'DATABASE_URL', 'API_KEYS']) expect(text).not.toContain(secret);
  }
});

test('an app gets only the settings it needs, in a file for its owner alone', () => {
  const folder = join(fleet.dir, 'data', 'settings');
  const given = (app: string) => {
    const [file = ''] = readdirSync(folder).filter((name) => name.startsWith(`${app}-`));
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    return Object.keys(JSON.parse(readFileSync(join(folder, file), 'utf8'))).sort();
  };
  expect(given('unfreeze')).toEqual(['DATABASE_URL', 'FLEET_DATA_DIR']);
  expect(given('api')).toEqual(['API_KEYS', 'DATABASE_URL', 'FLEET_DATA_DIR', 'PORT']);
});
