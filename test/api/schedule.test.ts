import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { nextTicks } from '../../queues/timetable/ticks.ts';
import { timetable } from '../../queues/timetable/timetable.ts';
import { sql } from '../../sql/database/database.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi({ settings: { STUDIO_TZ: 'America/New_York' } });
});
afterAll(() => api.close());

const generation = async () => (await api.get('/schedule')).body.items.find((item: Json) => item.name === 'generation');

test('the timetable tells every schedule, its rule and its next ticks in the studio’s zone', async () => {
  const { body } = await api.get('/schedule');
  expect(body.items.map((item: Json) => item.name)).toEqual(timetable.map(({ name }) => name));
  const [first] = timetable;
  const next = nextTicks(first!.pattern, 'America/New_York', new Date(), 3).map((tick) => tick.toISOString());
  expect(body.items[0]).toMatchObject({
    name: 'generation',
    pattern: '0 21 * * 0',
    time_zone: 'America/New_York',
    process_type: 'generation',
    misfire: 'latest',
    catch_up_window_hours: 144,
    deadline_minutes: 60,
    paused: false,
    next_ticks: next,
    last_tick: null,
  });
});

test('pausing says who and since when; pausing twice keeps the first; resuming ends it', async () => {
  const [anna, boris] = [await api.key('schedule:write'), await api.key('schedule:write')];
  const paused = (await api.post('/schedule/generation/pause', undefined, { key: anna })).body;
  expect(paused).toMatchObject({ paused: true, paused_by: 'key-2', paused_at: expect.stringMatching(/Z$/) });
  expect((await api.post('/schedule/generation/pause', undefined, { key: boris })).body).toEqual(paused);
  expect(await generation()).toEqual(paused);
  const resumed = await api.post('/schedule/generation/resume');
  expect(resumed).toMatchObject({ status: 200, body: { paused: false, paused_at: null, paused_by: null } });
  expect(await api.post('/schedule/generation/resume')).toMatchObject({ status: 200, body: { paused: false } });
});

test('ticks that passed during a pause stay skipped, in the ledger with their reason', async () => {
  await api.db.query(sql.unsafe`
    insert into schedules (name, known_since, paused_at, paused_by) values ('generation', now() - interval '15 days', now() - interval '15 days', 'anna')
    on conflict (name) do update set known_since = excluded.known_since, paused_at = excluded.paused_at, paused_by = excluded.paused_by`);
  await api.post('/schedule/generation/resume');
  const { items } = (await api.get('/schedule/ticks')).body;
  expect(items.length).toBeGreaterThanOrEqual(2);
  for (const tick of items)
    expect(tick).toMatchObject({ schedule: 'generation', outcome: 'skipped', reason: 'paused', run_id: null });
  expect((await generation()).last_tick).toEqual(items[0]);
});

test('the ledger in pages, between instants, with what became of the runs', async () => {
  await api.db.query(sql.unsafe`delete from schedule_ticks`);
  const { run } = await requestRun(api.db, {
    process_type: 'generation',
    run_key: 'generation:2026-W45',
    process_date: '2026-11-02',
    params: {},
  });
  const ticks = ['2026-10-26T01:00:00.000Z', '2026-11-02T02:00:00.000Z', '2026-11-09T02:00:00.000Z'];
  for (const [i, tick] of ticks.entries())
    await api.db.query(sql.unsafe`
      insert into schedule_ticks (schedule, nominal_at, outcome, reason, run_id)
      values ('generation', ${tick}::timestamptz, ${i === 0 ? 'skipped' : 'enqueued'}, ${i === 0 ? 'superseded' : null}, ${i === 2 ? run.id : null})`);
  const list = async (query: string) => (await api.get(`/schedule/ticks?${query}`)).body;
  const range = 'from=2026-10-26T01:00:00Z&to=2026-11-10T00:00:00Z';
  const all = await list(range);
  expect(all.items.map((tick: Json) => tick.nominal_at)).toEqual([...ticks].reverse());
  expect(all.items[0]).toMatchObject({ outcome: 'enqueued', run_id: run.id, run_status: 'queued' });
  const first = await list(`${range}&limit=2`);
  const second = await list(`${range}&limit=2&cursor=${first.next_cursor}`);
  expect([...first.items, ...second.items]).toEqual(all.items);
  expect(second.next_cursor).toBeNull();
  const until = await list(
    `from=2026-10-26T01:00:00.001Z&to=${encodeURIComponent('2026-11-09T05:00:00+03:00')}&schedule=generation`,
  );
  expect(until.items.map((tick: Json) => tick.nominal_at)).toEqual([ticks[1]]);
});
