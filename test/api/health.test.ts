import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import express from 'express';
import { ready } from '../../api/app/health.ts';
import { openBackend } from '../../queues/backend/backend.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import { sql } from '../../sql/database/database.ts';
import { schemaVersion } from '../../sql/database/migrate.ts';
import { notifyAdmins } from '../../sql/notifications/notify.ts';
import { noteReached } from '../../sql/notifications/reach.ts';
import { noteHeartbeat } from '../../sql/schedule/beats.ts';
import { takeLease } from '../../sql/schedule/leases.ts';
import { eventually } from '../support/eventually.ts';
import { request, type TestApi, testApi } from '../support/front-door.ts';
import { type Gate, openGate } from '../support/gate.ts';

const workers = nouns.map((noun) => `worker:${noun}`);
/** Named when they are down; the fleet works all the same. */
const ADVISORY = ['channel:telegram', 'channel:email', 'clock', 'connections', 'disk:data', 'disk:backups', 'backups'];
const PARTS = ['database', 'schema', 'queue', 'disk', 'scheduler', 'telegram', ...ADVISORY, 'alarms', ...workers];

/** The parts that are down, once these are: a look at them is shared for a second. */
async function expectDown(api: TestApi, parts: string[]) {
  let seen: string[] = [];
  const isSo = async () => {
    seen = await down(api);
    return seen.join() === parts.join();
  };
  await eventually(isSo, 5).catch(() => undefined);
  expect(seen).toEqual(parts);
}

/** Asks without a key; the parts that are down. The answer names parts and says nothing else. */
async function down({ url }: TestApi) {
  const { status, body } = await request(url, 'GET', '/health/ready', {});
  expect(Object.keys(body)).toEqual(['status', 'parts']);
  expect(Object.keys(body.parts)).toEqual(PARTS);
  const parts = PARTS.filter((part) => body.parts[part] !== 'up');
  for (const part of parts) expect(body.parts[part]).toBe('down');
  expect({ status, said: body.status }).toEqual(
    parts.some((part) => !ADVISORY.includes(part)) ? { status: 503, said: 'down' } : { status: 200, said: 'up' },
  );
  return parts;
}

async function allUp({ db }: TestApi) {
  await takeLease(db, 'scheduler', 'test', 60);
  for (const noun of nouns) await noteHeartbeat(db, noun, 'host');
  await db.query(sql.unsafe`delete from channel_checks`);
  await db.query(sql.unsafe`update telegram_gate set closed_until = '-infinity', closed_since = null`);
}

describe('each part alone', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi();
  });
  afterAll(() => api.close());
  beforeEach(() => allUp(api));

  test('all is up, and no key is needed to ask', async () => {
    await expectDown(api, []);
    expect(await request(api.url, 'GET', '/health/live', {})).toMatchObject({ status: 200, body: { status: 'up' } });
  });

  const breaks: [string, ReturnType<typeof sql.unsafe>, string[]][] = [
    [
      'the schema is behind',
      sql.unsafe`update schema_migrations set version = -version where version = ${schemaVersion}`,
      ['schema'],
    ],
    [
      'the schema is ahead, since it is being updated: nothing is taken away from a process that works',
      sql.unsafe`insert into schema_migrations (version, name, checksum) values (10000, 'later.sql', '')`,
      [],
    ],
    [
      'nothing has been allowed to leave for Telegram for five minutes',
      sql.unsafe`update telegram_gate set closed_until = now() + interval '1 hour', closed_since = now() - interval '301 s'`,
      ['telegram'],
    ],
    ['nobody holds the scheduler’s lease', sql.unsafe`delete from leases`, ['scheduler']],
    ['the lease ran out', sql.unsafe`update leases set expires_at = now()`, ['scheduler']],
    [
      'a worker is silent for a minute',
      sql.unsafe`update worker_beats set seen_at = now() - interval '61 s' where worker = 'generation'`,
      ['worker:generation'],
    ],
    [
      'Telegram did not answer three times in a row',
      sql.unsafe`insert into channel_checks values ('telegram', 3, 'no', now()), ('email', 2, 'no', now())`,
      ['channel:telegram'],
    ],
    ['the mail server did not', sql.unsafe`insert into channel_checks values ('email', 3, 'no', now())`, ['channel:email']],
    ['the clock of a host is wrong', sql.unsafe`update worker_beats set skew_ms = -2001 where worker = 'finance'`, ['clock']],
    ['the clock of a host is nearly right', sql.unsafe`update worker_beats set skew_ms = 2000 where worker = 'finance'`, []],
    ['a worker was never seen', sql.unsafe`delete from worker_beats where worker = 'notifier'`, ['worker:notifier']],
  ];
  test.each(breaks)('%s', async (_, statement, parts) => {
    await api.db.query(statement);
    await expectDown(api, parts);
    await api.db.query(sql.unsafe`delete from schema_migrations where version = 10000`);
    await api.db.query(sql.unsafe`update schema_migrations set version = ${schemaVersion} where version = ${-schemaVersion}`);
  });

  test('a worker that is silent on one host and speaks on another is up', async () => {
    await api.db.query(sql.unsafe`update worker_beats set seen_at = now() - interval '1 hour'`);
    for (const noun of nouns) await noteHeartbeat(api.db, noun, 'another host');
    await expectDown(api, []);
  });
});

describe('readiness when alarms reach nobody', () => {
  const [chat, other] = [-1001, -1002];
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi({ settings: { TELEGRAM_BOT_TOKEN: '1:x', TELEGRAM_ADMIN_CHAT_IDS: `${chat},${other}` } });
    await allUp(api);
  });
  afterAll(() => api.close());

  const refuses = (id: number) => sql.unsafe`
    insert into telegram_chats (chat_id, refused_at) values (${id}, now()) on conflict (chat_id) do update set refused_at = now()`;
  test('once it reaches nobody, nobody is sent here: by one chat it would do', async () => {
    await expectDown(api, []);
    await api.db.query(refuses(chat));
    await expectDown(api, []);
    await api.db.query(refuses(other));
    await expectDown(api, ['alarms']);
    await noteReached(api.db, other);
    await expectDown(api, []);
  });

  test('nor while it waits for five minutes in every chat', async () => {
    for (const id of [chat, other]) {
      const params = { worker: `finance ${id}`, seconds: 60 };
      await notifyAdmins(api.db, [id], [{ template: 'worker_down', params, dedupe: `health ${id}` }]);
    }
    await api.db.query(sql.unsafe`update notifications set created_at = now() - interval '299 s'`);
    await expectDown(api, []);
    await api.db.query(sql.unsafe`update notifications set created_at = now() - interval '301 s'`);
    await expectDown(api, ['alarms']);
  });
});

test('two hundred who ask at once cost one look, and so does whoever asks within the second', async () => {
  const api = await testApi();
  await allUp(api);
  await expectDown(api, []);
  const looks = jest.spyOn(api.fleet.backend, 'ping');
  const began = performance.now();
  await Promise.all(Array.from({ length: 200 }, () => down(api)));
  expect(looks.mock.calls.length).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - began) / 1_000));
  await api.close();
});

describe('the machines', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi();
    await allUp(api);
  });
  afterAll(() => api.close());

  /** What is asked of an API whose server and disks are in this state. */
  async function seen({ used = 10, data = 50, backups = 50 }) {
    const { dataDir } = api.fleet.settings;
    const look = {
      connections: async () => ({ used, most: 100 }),
      space: async (folder: string) => ({ percent: folder === dataDir ? data : backups, free_bytes: 1e9 }),
    };
    const server = express().get('/health/ready', ready(api.fleet, look)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const parts = await down({ ...api, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    server.close();
    server.closeAllConnections();
    return parts;
  }
  test.each([
    ['85 % of the connections are in use', { used: 85 }, []],
    ['more than 85 % of them are', { used: 86 }, ['connections']],
    ['a tenth of the disks is free', { data: 10, backups: 10 }, []],
    ['less of the disk of the data is', { data: 9.9 }, ['disk:data']],
    ['less of the disk of the backups is', { backups: 9.9 }, ['disk:backups']],
    ['all at once', { used: 100, data: 0, backups: 0 }, ['connections', 'disk:data', 'disk:backups']],
  ])('%s: it is named, and nobody is turned away', async (_, state, parts) => {
    expect(await seen(state)).toEqual(parts);
  });
});

test('the queue is away', async () => {
  const api = await testApi({
    backend: (databaseUrl) => openBackend({ redisUrl: 'redis://127.0.0.1:1', databaseUrl, name: 'test' }),
  });
  await allUp(api);
  await expectDown(api, ['queue']);
  await api.close();
});

test('the disk cannot be written', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'no-folder-')), 'file');
  writeFileSync(file, '');
  const api = await testApi({ settings: { FLEET_DATA_DIR: join(file, 'data') } });
  await allUp(api);
  await expectDown(api, ['disk']);
  await api.close();
});

test('the database is away: so is what only it knows, and live goes on', async () => {
  let gate: Gate | undefined;
  const api = await testApi({
    via: async (databaseUrl) => {
      gate = await openGate(databaseUrl);
      return gate.url;
    },
  });
  await allUp(api);
  await expectDown(api, []);
  await gate?.shut();
  await expectDown(api, [
    'database',
    'schema',
    'scheduler',
    'telegram',
    'channel:telegram',
    'channel:email',
    'clock',
    'connections',
    'backups',
    'alarms',
    ...workers,
  ]);
  expect((await request(api.url, 'GET', '/health/live', {})).status).toBe(200);
  await api.close();
});
