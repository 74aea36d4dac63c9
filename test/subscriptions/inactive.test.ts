import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { at, salon } from '../bookings/salon.ts';
import { ask } from '../finance/acts.ts';
import { today } from '../support/days.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { club } from './studio.ts';

let api: TestApi;
let make: ReturnType<typeof club>;
let shop: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi();
  make = club(api.db);
  shop = salon(api.db);
});
afterAll(() => api.close());

/** What can be had, asked for somebody. */
async function offers() {
  const service_id = await shop.service();
  const specialist_id = await shop.specialist([service_id]);
  const offer = { name: `Пакет ${service_id}`, composition: [{ service_id, units: 3 }], price_minor: 0 };
  const service_package_id = (await api.post('/api/service-packages', offer)).body.id;
  const subscription_id = await make.item({ price: 0 });
  const trainer = await make.trainer();
  const template = await make.template({ type: await make.type(), trainer });
  const group = (await api.post('/api/groups', { name: `Группа ${template}`, trainer_id: trainer })).body.id;
  return {
    'a subscription': (id: number) => api.post(`/api/students/${id}/subscriptions`, { subscription_id }),
    'a package': (id: number) => api.post(`/api/clients/${id}/packages`, { service_package_id }),
    'a booking': (id: number) => api.post('/bookings', { client_id: id, service_id, specialist_id, starts_at: at(2, '10:00') }),
    'a standing place': (id: number) => api.post(`/api/training-templates/${template}/students`, { student_id: id }),
    'a place in a group': (id: number) => api.post(`/api/groups/${group}/members`, { student_id: id, from: today() }),
  };
}

test.each(['a subscription', 'a package', 'a booking', 'a standing place', 'a place in a group'] as const)(
  'an inactive student gets no %s (409), an active one does',
  async (what) => {
    const get = (await offers())[what];
    const [away, here] = [await make.student({ isActive: false }), await make.student()];
    const who = what === 'a package' || what === 'a booking' ? 'client' : 'student';
    expect(await get(away)).toMatchObject({ status: 409, body: { detail: `the ${who} ${away} is not active` } });
    expect(await get(here)).toMatchObject({ status: 201 });
  },
);

test('nor a seat by hand', async () => {
  const training = await make.training({ startsAt: new Date(Date.now() + 3 * 86_400_000).toISOString() });
  const [away, here] = [await make.student({ isActive: false }), await make.student()];
  const now = Date.now();
  expect(await ask(api.db, 'add_student', { training, student: away, at: now })).toMatchObject({
    refused: { kind: 'conflict', detail: `the student ${away} is not active` },
  });
  expect(await ask(api.db, 'add_student', { training, student: here, at: now })).toMatchObject({
    answer: { status: 'REGISTERED' },
  });
});

test('nor a place on a waitlist', async () => {
  const training = await make.training({ startsAt: new Date(Date.now() + 3 * 86_400_000).toISOString() });
  await api.db.query(sql.unsafe`update real_trainings set max_participants = 1 where id = ${training}`);
  const [away, here, seated] = [await make.student({ isActive: false }), await make.student(), await make.student()];
  await ask(api.db, 'add_student', { training, student: seated, at: Date.now() });
  const wait = (student_id: number) => api.post(`/real-trainings/${training}/waitlist`, { student_id });
  expect(await wait(away)).toMatchObject({ status: 409, body: { detail: `the student ${away} is not active` } });
  expect((await wait(here)).status).toBe(200);
});

test('nor a standing place back that was frozen', async () => {
  const template = await make.template({ type: await make.type(), trainer: await make.trainer() });
  const student = await make.student({ isActive: false });
  await make.link(template, student, { isFrozen: true });
  const path = `/api/training-templates/${template}/students/${student}`;
  expect(await api.patch(path, { is_frozen: false })).toMatchObject({ status: 409 });
  expect(await api.patch(path, { is_frozen: true })).toMatchObject({ status: 200 });
});

test('an unknown client of a package is still a 404', async () => {
  const get = (await offers())['a package'];
  expect(await get(999_999)).toMatchObject({ status: 404 });
});
