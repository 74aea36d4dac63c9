import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { drainOthers } from '../../workers/notifier/outbox/drain-others.ts';
import { type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

let told = 0;
/** Somebody whom no channel reaches is told something. */
async function tell(userId: number) {
  told += 1;
  const training = { real_training_id: told, training_date: '2026-11-25', start_time: '18:00', training_type: `Yoga ${told}` };
  const params = { ...training, reason: '', places: [], balance_minor: null };
  await notifyPeople(api.db, [{ userId, template: 'training_cancelled', dedupe: `call:${told}`, params }]);
  const settings = { ...api.fleet.settings, quietHours: null, telegramToken: '1:a-bot' };
  await drainOthers({ db: api.db, settings }, new AbortController().signal);
}
const open = async () => (await api.get('/api/tasks?kind=call&status=open')).body.items;

test('the list "to call" is worked off by hand; one that is taken back does not stand beside a newer one', async () => {
  const person = await api.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into users (first_name, phone, locale) values ('Анна', '+79990000001', 'en') returning id`);
  await tell(person);
  const [task] = await open();
  expect(task).toMatchObject({
    kind: 'call',
    title: expect.stringContaining('Анна, +79990000001'),
    details: { person_id: person, messages: [{ text: expect.stringContaining('Yoga 1') }] },
    done_at: null,
  });
  expect(await api.post(`/api/tasks/${task.id}/done`, {})).toMatchObject({ status: 200, body: { done_at: expect.any(String) } });
  expect(await open()).toEqual([]);
  expect(await api.post(`/api/tasks/${task.id}/reopen`, {})).toMatchObject({ status: 200, body: { done_at: null } });
  await api.post(`/api/tasks/${task.id}/done`, {});
  await tell(person);
  const [newer, ...others] = await open();
  expect([others, newer.id === task.id]).toEqual([[], false]);
  expect(await api.post(`/api/tasks/${task.id}/reopen`, {})).toMatchObject({
    status: 200,
    body: { done_at: expect.any(String) },
  });
  expect((await open()).map(({ id }: { id: number }) => id)).toEqual([newer.id]);
});
