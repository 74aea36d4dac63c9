import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { countErasures, keepPart } from '../../sql/exports/parts.ts';
import { handlers } from '../../workers/cleanup/handlers.ts';
import { operations } from '../../workers/cleanup/operations.ts';
import { zipInto } from '../../workers/exports/zip.ts';
import { erase } from '../../workers/people/erase.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { inDays, today } from '../support/days.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { night } from '../support/night.ts';
import { personOf } from '../support/people.ts';
import { studio } from '../support/studio.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const count = sql.type(z.object({ count: z.int() }));
const parts = () => api.db.oneFirst(count`select count(*)::int as count from export_parts`);
const made = async (onChunk?: (chunks: number) => unknown, day = today()) => {
  await night(api.db, handlers.export, 'export', day, {
    settings: { DATABASE_URL: api.database.url },
    ...(onChunk ? { onChunk } : {}),
  });
  return api.db.oneFirst(
    sql.type(z.object({ id: z.int() }))`
      select max(id) as id from automated_process_history where process_type = 'export' and process_date = ${day}::date`,
  );
};
const fetched = async (id: number, headers: Record<string, string> = { 'X-API-Key': api.all }) => {
  const response = await fetch(`${api.url}/api/exports/everything/${id}`, { headers });
  return { status: response.status, headers: response.headers, bytes: new Uint8Array(await response.arrayBuffer()) };
};

test('a run makes a file of everything in parts, says how far it is, and the owner fetches it; it is noted both times', async () => {
  const make = salon(api.db);
  await make.type();
  await make.training({ trainer: await make.trainer(), at: inHours(30) });
  // Nothing that packs well: more than one part.
  await api.db.query(sql.unsafe`
    insert into users (first_name, last_name, notes)
    select 'Ряд', n::text, (select string_agg(md5(random()::text), '') from generate_series(1, 60) where n > 0) from generate_series(1, 1500) n`);
  const seen: Json[] = [];
  const id = await made(() => seen.push(1));
  expect(seen.length).toBeGreaterThan(50);
  const run = (await api.get(`/process-history/${id}`)).body as Json;
  expect(run.status).toBe('success');
  expect(await parts()).toBeGreaterThan(1);

  const owner = await personOf(api, 'owner');
  const { status, headers, bytes } = await fetched(id, { Cookie: owner.cookie });
  expect([status, headers.get('content-type')]).toEqual([200, 'application/zip']);
  expect(headers.get('content-disposition')).toBe(`attachment; filename="studio-${today()}.zip"`);
  expect([bytes.length, headers.get('content-length')]).toEqual([run.result.bytes, String(run.result.bytes)]);
  const files = unzipSync(bytes);
  const text = (name: string) => new TextDecoder().decode(files[name]);
  expect(text('audit.txt')).toBe('all square\n');
  expect(text('users.csv').match(/^\d+,Ряд,/gm)).toHaveLength(1_500);
  expect(text('studio.sql')).toMatch(/insert into public\."users"/);
  expect(Object.keys(files).some((name) => /^calendars\/trainer-\d+-\d{4}\.ics$/.test(name))).toBe(true);
  expect(Object.keys(files)).not.toContain('passwords.csv');
  expect(Object.keys(files)).not.toContain('export_parts.csv');
  const notes = (await api.get('/api/changes?record=export&limit=2')).body as Json;
  expect(notes.items.map(({ actor, after }: Json) => [actor, after.what])).toEqual([
    [`person:${owner.id}`, 'everything'],
    [run.created_by, 'everything'],
  ]);
});

test('an admin, a trainer and a client neither make it nor fetch it', async () => {
  for (const role of ['admin', 'trainer', 'client'] as const) {
    const { cookie, ask } = await personOf(api, role);
    expect((await fetched(1, { Cookie: cookie })).status).toBe(403);
    expect((await ask('POST', '/cron/export', {})).status).toBe(403);
  }
});

test('one that was stopped has no file and begins anew; the next one replaces it', async () => {
  const stop = (chunks: number) => {
    if (chunks === 40) throw new Error('stopped');
  };
  await expect(made(stop)).rejects.toThrow('stopped');
  const stopped = await api.db.oneFirst(
    sql.type(z.object({ id: z.int() }))`select max(id) as id from automated_process_history where process_type = 'export'`,
  );
  expect((await fetched(stopped)).status).toBe(404);
  const { status, progress } = (await api.get(`/process-history/${stopped}`)).body as Json;
  expect({ status, ...progress }).toMatchObject({
    status: 'running',
    tables: expect.any(Number),
    tables_done: expect.any(Number),
  });
  expect(progress.tables_done).toBeGreaterThan(30);
  expect(progress.tables).toBeGreaterThan(progress.tables_done);
  const before = await made();
  expect((await fetched(before)).status).toBe(200);
  await expect(made(stop)).rejects.toThrow('stopped');
  expect((await fetched(before)).status).toBe(404);
});

test('it has the name of the day it was made for, also when it is fetched the day after', async () => {
  const id = await made(undefined, inDays(-1));
  expect((await fetched(id)).headers.get('content-disposition')).toBe(`attachment; filename="studio-${inDays(-1)}.zip"`);
});

describe('an erased person is in no file', () => {
  const NAME = 'Забываемая';
  const erasable = async () => {
    const id = await studio(api.db).student();
    await api.db.query(sql.unsafe`update users set first_name = ${NAME} where id = ${id}`);
    return id;
  };
  const erased = async (id: number) => expect((await api.post(`/api/people/${id}/erase`, {})).status).toBe(200);

  test('erased after the run, the file is gone, and the run says so', async () => {
    const [person, id] = [await erasable(), await made()];
    const kept = async () => ((await api.get(`/process-history/${id}`)).body as Json).result.kept_until;
    expect(Date.parse(await kept()) - Date.now()).toBeGreaterThan(23 * 3_600_000);
    await erased(person);
    expect([await parts(), (await fetched(id)).status, await kept()]).toEqual([0, 404, undefined]);
  });

  test('erased between two chunks, nothing is left of what was made so far, and the run begins anew', async () => {
    const person = await erasable();
    let left = 0;
    const once = async () => {
      if (left > 0 || (await parts()) === 0) return;
      left = await parts();
      await erased(person);
    };
    await expect(made(once)).rejects.toThrow('somebody was erased meanwhile');
    expect([left > 0, await parts()]).toEqual([true, 0]);
    const files = unzipSync((await fetched(await made())).bytes);
    expect(Object.values(files).some((bytes) => new TextDecoder().decode(bytes).includes(NAME))).toBe(false);
  });

  test('erased when all of it was made, the run begins anew too', async () => {
    const person = await erasable();
    let isErased = false;
    await made();
    const size = await parts();
    const atLast = async () => {
      if (isErased || (await parts()) < size) return;
      isErased = true;
      await erased(person);
    };
    await expect(made(atLast)).rejects.toThrow('somebody was erased meanwhile');
    expect(await parts()).toBe(0);
  });

  test('an erasure that is under way keeps a part waiting, and the part is not kept', async () => {
    const erasures = await countErasures(api.db);
    const runId = await made();
    const person = await erasable();
    let keeping: Promise<unknown> = Promise.resolve();
    await api.db.transaction(async (transaction) => {
      await erase(transaction, person, { by: 'key-1', now: new Date() });
      keeping = api.db.transaction((other) => keepPart(other, { runId, n: 99, bytes: Buffer.from('PK'), erasures }));
      keeping.catch(() => undefined);
      await setTimeout(200);
    });
    await expect(keeping).rejects.toThrow('somebody was erased meanwhile');
    expect(await parts()).toBe(0);
  });
});

const lastRun = () =>
  api.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    select max(id) as id from automated_process_history where process_type = 'export' and status = 'success'`);

test('a file that is not whole is none', async () => {
  const id = await made();
  await api.db.query(sql.unsafe`delete from export_parts where run_id = ${id} and n = 1`);
  await api.db.query(sql.unsafe`insert into export_parts (run_id, n, bytes) values (${id}, 999, 'PK')`);
  expect((await fetched(id)).status).toBe(404);
});

test('all of it is kept until 24 hours after its last part', async () => {
  await api.db.query(sql.unsafe`delete from export_parts`);
  const runId = await lastRun();
  await api.db.query(sql.unsafe`
    insert into export_parts (run_id, n, bytes, made_at) values (${runId}, 1, 'PK', now() - interval '1 hour'), (${runId}, 2, 'PK', now())`);
  const operation = operations.find(({ name }) => name === 'export_parts');
  if (!operation || !('batch' in operation)) throw new Error('the night forgets no files');
  const at = async (hours: number) => {
    const now = new Date(Date.now() + hours * 3_600_000);
    await api.db.transaction((transaction) => operation.batch(transaction, { now } as never, null, 100));
    return parts();
  };
  expect([await at(23.1), await at(23.9)]).toEqual([2, 2]);
  expect(await at(24.1)).toBe(0);
});

test('nothing is packed beyond what a ZIP can count', async () => {
  const zip = zipInto(async () => undefined);
  async function* huge() {
    yield { length: 0xffff_ffff + 1 } as Uint8Array;
  }
  await expect(zip.take('huge.csv', huge())).rejects.toThrow(/npm run export/);
});
