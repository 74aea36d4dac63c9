import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { kindNames } from '../../sql/notifications/catalog.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { studio } from '../support/studio.ts';

let api: TestApi;
let person: string;
beforeAll(async () => {
  api = await testApi();
  person = `/api/people/${await studio(api.db).student()}/notifications`;
});
afterAll(() => api.close());
const put = (path: string, body: unknown, key = api.all) => api.ask('PUT', path, { body, key });
const allOn = Object.fromEntries(kindNames.map((kind) => [kind, true]));

test('at first everything is on and the quiet hours are the studio’s', async () => {
  expect((await api.get(person)).body).toEqual({ quiet_hours: null, kinds: allOn, children: [], reachable: false });
  expect((await api.get('/api/notification-kinds')).body).toEqual(allOn);
});

test.each([['23:00-09:30'], ['off'], ['13:00-14:00'], [null]])('quiet hours %s are kept', async (quiet_hours) => {
  const body = { quiet_hours, kinds: { belt_exam: false } };
  const expected = { quiet_hours, kinds: { ...allOn, belt_exam: false }, children: [], reachable: false };
  for (let time = 0; time < 2; time += 1) expect(await put(person, body)).toMatchObject({ status: 200, body: expected });
  expect((await api.get(person)).body).toEqual(expected);
});

test('a person’s kinds that are not named are on again', async () => {
  await put(person, { quiet_hours: null, kinds: { belt_exam: false, payment_reminder: false } });
  const { body } = await put(person, { quiet_hours: null, kinds: { payment_reminder: false } });
  expect(body.kinds).toEqual({ ...allOn, payment_reminder: false });
});

test('the studio’s kinds that are not named stay as they are', async () => {
  await put('/api/notification-kinds', { schedule_digest: false });
  const { body } = await put('/api/notification-kinds', { missed_classes: false });
  expect(body).toEqual({ ...allOn, schedule_digest: false, missed_classes: false });
  expect((await put('/api/notification-kinds', { schedule_digest: true, missed_classes: true })).body).toEqual(allOn);
});

test.each([
  [{ quiet_hours: '22-8', kinds: {} }, 'quiet_hours'],
  [{ quiet_hours: '24:00-08:00', kinds: {} }, 'quiet_hours'],
  [{ quiet_hours: '22:00-22:00', kinds: {} }, 'quiet_hours'],
  [{ kinds: {} }, 'quiet_hours'],
  [{ quiet_hours: null, kinds: { belt_exam: 'no' } }, 'kinds.belt_exam'],
  [{ quiet_hours: null, kinds: { spam: false } }, 'kinds'],
  [{ quiet_hours: null }, 'kinds'],
])('%j is refused, naming %s', async (body, path) => {
  const { status, headers, body: problem } = await put(person, body);
  expect(status).toBe(422);
  expect(headers.get('content-type')).toContain('application/problem+json');
  expect(problem.errors.map((error: { path: string }) => error.path).join()).toContain(path);
});

describe('a payer', () => {
  test('says of whom they do not want to be told, and who is not named is told of again', async () => {
    const make = studio(api.db);
    const [payer, child, other, stranger] = [
      await make.student(),
      await make.student(),
      await make.student(),
      await make.student(),
    ];
    await api.db.query(sql.unsafe`update students set payer_id = ${payer} where id in (${child}, ${other})`);
    const own = `/api/people/${payer}/notifications`;
    const shown = async () => (await api.get(own)).body.children.map((one: { is_on: boolean }) => one.is_on);
    expect((await api.get(own)).body.children).toEqual([
      { student_id: child, name: expect.any(String), is_on: true },
      { student_id: other, name: expect.any(String), is_on: true },
    ]);
    const set = (children: unknown) => put(own, { quiet_hours: null, kinds: {}, children });
    expect((await set([{ student_id: child, is_on: false }])).status).toBe(200);
    expect(await shown()).toEqual([false, true]);
    expect((await set([{ student_id: stranger, is_on: false }])).status).toBe(422);
    expect((await set([{ student_id: payer, is_on: false }])).status).toBe(422);
    expect(await shown()).toEqual([false, true]);
    await put(own, { quiet_hours: null, kinds: {} });
    expect(await shown()).toEqual([true, true]);
  });
});

test('nobody has no wishes, and a key needs its scope', async () => {
  expect((await api.get('/api/people/999999/notifications')).status).toBe(404);
  expect((await put('/api/people/999999/notifications', { quiet_hours: null, kinds: {} })).status).toBe(404);
  const reader = await api.key('records:read');
  expect((await put('/api/notification-kinds', {}, reader)).status).toBe(403);
});
