import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { linesOfErasure } from '../../sql/people/erasures.ts';
import { erasureActOf } from '../../workers/people/act.ts';
import { eraseAgain } from '../../workers/people/erase.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { studio } from '../support/studio.ts';

let api: TestApi;
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'acts-'));
  api = await testApi({ settings: { BACKUP_DIR: folder, FLEET_DATA_DIR: folder } });
});
afterAll(() => api.close());

test('each erasure is an act that can be printed, with the extract of the log, and names nobody but who did it (R30)', async () => {
  const make = studio(api.db);
  const owner = await personOf(api, 'owner');
  await api.db.query(sql.unsafe`update users set first_name = 'Вера', last_name = 'Начальникова' where id = ${owner.id}`);
  await api.ask('PUT', '/api/company', { body: { name: 'Студия «Река»' } });
  const erased: number[] = [];
  for (const name of ['Первая', 'Вторая', 'Третья']) {
    const id = await make.student();
    await api.db.query(sql.unsafe`update users set first_name = ${name}, notes = 'любит чай' where id = ${id}`);
    await api.db.query(sql.unsafe`update students set health_note = 'астма' where id = ${id}`);
    expect((await owner.ask('POST', `/api/people/${id}/erase`, {})).status).toBe(200);
    erased.unshift(id);
  }
  const first = (await api.get('/api/erasures?limit=2')).body as Json;
  const second = (await api.get(`/api/erasures?limit=2&cursor=${encodeURIComponent(first.next_cursor)}`)).body as Json;
  const acts = [...first.items, ...second.items];
  expect(acts.map(({ user_id }: Json) => user_id)).toEqual(erased);
  expect(acts[0]).toMatchObject({ erased_by: `person:${owner.id}`, counts: { users: 1 } });

  const act = await api.get(`/api/erasures/${erased[0]}/act.svg`);
  expect([act.status, act.headers.get('content-type')]).toEqual([200, 'image/svg+xml; charset=utf-8']);
  for (const words of [
    `№ ${erased[0]}`,
    'Студия «Река»',
    'Вера Начальникова',
    'users: 1',
    'students: 1',
    `person:${owner.id} changed `,
  ])
    expect(act.text).toContain(words);
  for (const words of ['Третья', 'чай', 'астма', '<script', '<image', 'href']) expect(act.text).not.toContain(words);
  expect((await api.get(`/api/erasures/${owner.id}/act.svg`)).status).toBe(404);
  for (const role of ['trainer', 'client'] as const) {
    const { ask } = await personOf(api, role);
    for (const path of ['/api/erasures', `/api/erasures/${erased[0]}/act.svg`]) expect((await ask('GET', path)).status).toBe(403);
  }
});

test('done again after a restore, the act has the day it was done and the log of doing it again', async () => {
  const id = await studio(api.db).student();
  await api.db.query(sql.unsafe`update users set notes = 'любит чай' where id = ${id}`);
  const act = { user_id: id, erased_at: '2026-03-01T07:00:00.000Z', erased_by: 'key-1' };
  await api.db.transaction((transaction) => eraseAgain(transaction, act));
  const { text } = await api.get(`/api/erasures/${id}/act.svg`);
  expect(text).toContain('10:00');
  expect(text).toContain(` changed person ${id}`);
});

test('a log of more lines than the page has is read no further, and the page says how much longer it is', async () => {
  const id = await studio(api.db).student();
  for (let n = 0; n < 40; n += 1) await api.post(`/api/people/${id}/notes`, { note: `строка ${n}` });
  expect((await api.post(`/api/people/${id}/erase`, {})).status).toBe(200);
  const [short, long] = [await linesOfErasure(api.db, id, 5), await linesOfErasure(api.db, id, 1_000)];
  expect([short.lines.length, short.count]).toEqual([5, long.lines.length]);
  expect(short.lines).toEqual(long.lines.slice(0, 5));
  const { counts } = ((await api.get('/api/erasures?limit=1')).body as Json).items[0];
  const more = Object.keys(counts).length + long.count - 34;
  expect(more).toBeGreaterThan(5);
  expect((await api.get(`/api/erasures/${id}/act.svg`)).text).toMatch(new RegExp(`[^0-9]${more} (строк|рядк|line)`));
});

test.each(['ru', 'uk', 'en'] as const)('a log that is longer than the page says how much longer it is, in %s', (locale) => {
  const line = { at: '2026-03-01T10:00:00.000Z', actor: 'person:1', record: 'payment', record_id: 7, action: 'changed' };
  const act = { user_id: 12, erased_at: line.at, erased_by: 'person:1', counts: { users: 1 } };
  const of = { studio: 'A & B', by: null, zone: 'Europe/Moscow', locale };
  const printed = (count: number) =>
    erasureActOf(act, { ...of, lines: Array.from({ length: Math.min(count, 34) }, () => line), count });
  expect(printed(33).match(/payment 7/g)).toHaveLength(33);
  expect(printed(33)).not.toMatch(/ 1 (строка|рядок|line)/);
  expect(printed(34)).toMatch(/ 1 (строка|рядок|line)/);
  const heights = [...printed(60).matchAll(/ y="([\d.]+)"/g)].map(([, y]) => Number(y));
  expect(Math.max(...heights)).toBeLessThan(290);
  const ofLog = [...printed(60).matchAll(/ y="([\d.]+)"[^>]*>[^<]*payment/g)].map(([, y]) => Number(y));
  expect(Math.max(...ofLog)).toBeLessThan(276);
});
