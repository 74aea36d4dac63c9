import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { nextTicks } from '../../queues/timetable/ticks.ts';
import { sql } from '../../sql/database/database.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { rowCounts } from '../support/row-counts.ts';
import { studio } from '../support/studio.ts';

let api: TestApi;
let make: ReturnType<typeof studio>;
/** The day that the next night charges. */
let charged: string;
/** The day of the renewals that come next: the same, but for the hours in which one of both is over already. */
let renewed: string;
beforeAll(async () => {
  api = await testApi();
  make = studio(api.db);
  const { zone } = api.fleet.settings;
  charged = addDays(dayOf(nextTicks('0 23 * * *', zone, new Date(), 1)[0] as Date, zone), 1);
  renewed = dayOf(nextTicks('0 1 * * *', zone, new Date(), 1)[0] as Date, zone);
});
afterAll(() => api.close());

/** A training on the day with these students in it. */
async function training(day: string, ...students: number[]) {
  const [type, trainer] = [await make.type({ price: 50_000 }), await make.trainer()];
  const id = Number(
    await api.db.oneFirst(sql.unsafe`
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      values (${type}, ${trainer}, ${day}::date, '10:00', ${day}::date + time '10:00', ${day}::date + time '11:00', 10, 50000) returning id`),
  );
  for (const student of students)
    await api.db.query(sql.unsafe`
      insert into real_training_students (real_training_id, student_id, status) values (${id}, ${student}, 'REGISTERED')`);
  return id;
}

test('tonight says who is charged by what, who is short, and what is renewed; nothing of it stays', async () => {
  const [held, rich, poor, later, loyal] = [
    await make.student(),
    await make.student(),
    await make.student(),
    await make.student(),
    await make.student(),
  ];
  await make.subscription({ student: held, from: '2020-01-01', to: addDays(charged, 30), left: 3 });
  expect((await api.post(`/api/students/${rich}/payments`, { amount_minor: 70_000 })).status).toBe(201);
  expect((await api.post(`/api/students/${poor}/payments`, { amount_minor: 10_000 })).status).toBe(201);
  const id = await training(charged, held, rich, poor);
  await training(addDays(charged, 1), later);
  // A subscription for 4,000 that ends on the night's day.
  await make.subscription({ student: loyal, from: '2020-01-01', to: renewed, left: 0, autoRenew: true });
  const before = await rowCounts(api.db);
  const { status, body } = await api.get('/api/tonight');
  expect({ status, detail: body.detail }).toEqual({ status: 200, detail: undefined });
  expect(await rowCounts(api.db)).toEqual(before);
  expect(body).toMatchObject({ sessions: 1, invoices: 2, invoiced_minor: 100_000, not_renewed: [], unfrozen: [] });
  const shown = body.charges.map(
    ({ student_id, training_id, amount_minor, is_paid, sessions_left }: Record<string, unknown>) => ({
      student_id,
      training_id,
      amount_minor,
      is_paid,
      sessions_left,
    }),
  );
  expect(shown[0]).toEqual({ student_id: poor, training_id: id, amount_minor: 50_000, is_paid: false, sessions_left: null });
  expect(shown).toContainEqual({ student_id: rich, training_id: id, amount_minor: 50_000, is_paid: true, sessions_left: null });
  expect(shown).toContainEqual({ student_id: held, training_id: id, amount_minor: null, is_paid: true, sessions_left: 2 });
  const seat = body.charges.find(({ student_id }: Record<string, unknown>) => student_id === held).seat_id;
  expect((await api.get(`/api/why?of=visit&id=${seat}`)).body).toMatchObject({ rules: ['D12', 'D13'] });
  expect(body.short).toEqual([
    expect.objectContaining({ payer_id: loyal, tonight_minor: 400_000, missing_minor: 400_000 }),
    expect.objectContaining({ payer_id: poor, tonight_minor: 50_000, missing_minor: 40_000 }),
  ]);
  expect(body.renewals).toEqual([
    expect.objectContaining({ student_id: loyal, start_date: addDays(renewed, 1), amount_minor: 400_000, is_paid: false }),
  ]);
  // Looked at again, it is the same.
  expect((await api.get('/api/tonight')).body).toEqual(body);
});

test('a paused schedule does not run tonight, and keeps its reason until it is resumed', async () => {
  expect((await api.post('/schedule/daily/pause', { reason: 'holidays' })).body).toMatchObject({ paused_reason: 'holidays' });
  const { body } = await api.get('/api/tonight');
  expect(body).toMatchObject({ sessions: 0, invoices: 0, charges: [], marked: 0 });
  const pausedOf = (name: string) => body.steps.find((step: { process_type: string }) => step.process_type === name).is_paused;
  expect([pausedOf('daily'), pausedOf('auto_renewal')]).toEqual([true, false]);
  expect((await api.post('/schedule/daily/resume')).body).toMatchObject({ paused: false, paused_reason: null });
  expect((await api.get('/api/tonight')).body.invoices).toBe(2);
});

test('messages are listed by what became of them, without what they say', async () => {
  const person = await make.student();
  const note = (status: string, error: string | null) =>
    api.db.query(sql.unsafe`
      insert into notifications (user_id, template, params, dedupe_key, status, error)
      values (${person}, 'sign_in_code', '{"code":"123456"}', ${`of a test: ${status}`}, ${status}, ${error})`);
  await note('sent', null);
  await note('undeliverable', 'no channel');
  const { items } = (await api.get('/api/messages?status=undeliverable')).body;
  expect(items).toEqual([
    expect.objectContaining({ person_id: person, template: 'sign_in_code', status: 'undeliverable', error: 'no channel' }),
  ]);
  const all = await api.get('/api/messages?limit=1');
  expect(all.body.items).toEqual(items);
  expect((await api.get(`/api/messages?limit=1&cursor=${all.body.next_cursor}`)).body.items[0].status).toBe('sent');
  expect(JSON.stringify(all.body)).not.toContain('123456');
});
