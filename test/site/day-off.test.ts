import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { buildWeek } from '../generation/fixtures.ts';
import { dayAt, monday } from '../support/days.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { beforehand } from '../support/weeks.ts';
import { formsOf, smallSite, startsOn, yoga } from './salon-site.ts';

let api: TestApi;
let shop: Awaited<ReturnType<typeof smallSite>>;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  shop = await smallSite(api);
});
afterAll(() => api.close());

test('on a day off the site offers no start and no class', async () => {
  const { get } = formsOf(api);
  const start = monday();
  const off = addDays(start, 2);
  const offered = async () => {
    const page = await get(`/?service=${shop.service}&day=${off}`);
    expect(page.status).toBe(200);
    return startsOn(page).filter((instant) => dayAt(instant) === off).length;
  };
  expect(await offered()).toBe(96);
  expect((await api.post('/api/calendar-days', { date: off, kind: 'off', name: 'Holiday' })).status).toBe(201);
  expect(await offered()).toBe(0);

  const type = await yoga(api, shop.make);
  for (const day of [2, 3]) await shop.make.template({ type, trainer: await shop.make.trainer(), day, time: '12:00' });
  await buildWeek(api.db, beforehand({ start, zone: 'Europe/Moscow', graceDays: 7 }));
  const listed = [...(await get('/classes')).text.matchAll(/href="\/classes\/(\d+)/g)].map(([, id]) => Number(id));
  const days = await api.db.anyFirst(
    sql.unsafe`select training_date from real_trainings where id = any(${sql.array(listed, 'int4')})`,
  );
  expect(days).toEqual([addDays(start, 1)]);
});
