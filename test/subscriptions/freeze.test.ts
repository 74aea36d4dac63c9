import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { chargeChunk, initialNightProgress } from '../../sql/finance/night.ts';
import { freezeSubscription } from '../../sql/subscriptions/freeze.ts';
import { unfreezeNight } from '../../workers/unfreeze/unfreeze-night.ts';
import { buildWeek } from '../generation/fixtures.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { night } from '../support/night.ts';
import { beforehand } from '../support/weeks.ts';
import { club, entriesOf, messagesTo } from './studio.ts';

const TODAY = dayOf(new Date(), 'Europe/Moscow');
const at = (days: number) => addDays(TODAY, days);
let api: TestApi;
let make: ReturnType<typeof club>;
beforeAll(async () => {
  api = await testApi();
  make = club(api.db);
});
afterEach(async () => expect((await api.get('/api/audit?date=2020-01-01')).body).toMatchObject({ square: true }));
afterAll(() => api.close());

const freeze = (id: number, from: string, to: string) => api.post(`/api/student-subscriptions/${id}/freeze`, { from, to });
const unfreeze = (id: number) => api.post(`/api/student-subscriptions/${id}/unfreeze`);
const held = async (fields: Json = {}) => {
  const student = await make.student();
  return { student, id: await make.held({ student, item: await make.item(), from: at(-10), to: at(19), left: 5, ...fields }) };
};
const seat = async (training: number) => {
  const { students } = (await api.get(`/real-trainings/${training}`)).body;
  return students[0].status;
};

describe('a freeze', () => {
  test.each([
    ['of today', 0, 0, 1, 'frozen'],
    ['from today', 0, 6, 7, 'frozen'],
    ['to come', 1, 7, 7, 'active'],
    ['over the end', 19, 40, 22, 'active'],
  ])('%s moves the end by its days', async (_, from, to, days, status) => {
    const { id, student } = await held();
    const { status: code, body } = await freeze(id, at(from), at(to));
    expect(code).toBe(200);
    expect(body).toMatchObject({
      end_date: at(19 + days),
      freeze_start_date: at(from),
      freeze_end_date: at(to),
      status,
      released: [],
    });
    expect(body.freeze_end_date < body.end_date).toBe(true);
    expect(await messagesTo(api.db, { user: student })).toMatchObject([
      { template: 'subscription_frozen', params: { from: at(from), to: at(to), end_date: at(19 + days), released: [] } },
    ]);
  });

  test('is refused beside another, and nothing moves', async () => {
    const { id } = await held();
    expect((await freeze(id, at(3), at(5))).status).toBe(200);
    for (const [from, to] of [
      [0, 3],
      [5, 6],
      [4, 4],
      [0, 9],
    ] as const) {
      expect(await freeze(id, at(from), at(to))).toMatchObject({ status: 409 });
    }
    expect(await unfreeze(id)).toMatchObject({ status: 200, body: { end_date: at(19), days_returned: 3 } });
  });

  test.each([
    ['a day that does not exist', { from: '2027-02-29', to: '2027-03-01' }, 'from'],
    ['yesterday', { from: at(-1), to: at(3) }, 'from'],
    ['the wrong way round', { from: at(3), to: at(2) }, 'to'],
    ['no end', { from: at(3) }, 'to'],
    ['after the end', { from: at(20), to: at(21) }, 'from'],
  ])('%s is refused', async (_, body, path) => {
    const { id } = await held();
    expect(await api.post(`/api/student-subscriptions/${id}/freeze`, body)).toMatchObject({
      status: 422,
      body: { errors: [{ path }] },
    });
  });

  test('gives back the trainings inside it, first day and last day included, and no others', async () => {
    const { id, student } = await held({ left: 5 });
    const trainings = new Map<number, number>();
    for (const day of [1, 2, 4, 5]) {
      const training = await make.training({ startsAt: `${at(day)}T12:00:00Z`, date: at(day) });
      await make.register(training, student);
      trainings.set(day, training);
    }
    let progress = initialNightProgress;
    while (!progress.done) progress = await api.db.transaction((transaction) => chargeChunk(transaction, at(4), progress, null));
    expect((await entriesOf(api.db, id)).filter((entry) => entry === 'training -1')).toHaveLength(4);

    const { body } = await freeze(id, at(2), at(4));
    expect(body.released.map((place: Json) => place.real_training_id)).toEqual([trainings.get(2), trainings.get(4)]);
    expect(body).toMatchObject({ sessions_left: 3 });
    const statuses = await Promise.all([...trainings.values()].map(seat));
    expect(statuses).toEqual(['REGISTERED', 'CANCELLED_SAFE', 'CANCELLED_SAFE', 'REGISTERED']);
    const [told] = await messagesTo(api.db, { user: student });
    expect(told?.params.released).toMatchObject([{ training_date: at(2) }, { training_date: at(4) }]);
  });

  test('gives back what was paid for a training inside it, and settles with that', async () => {
    const { id, student } = await held({ left: 0 });
    await make.money(student, 70_000);
    const [inside, outside] = [
      await make.training({ startsAt: `${at(2)}T12:00:00Z`, date: at(2) }),
      await make.training({ startsAt: `${at(6)}T12:00:00Z`, date: at(6) }),
    ];
    for (const training of [inside, outside]) await make.register(training, student);
    let progress = initialNightProgress;
    while (!progress.done) progress = await api.db.transaction((transaction) => chargeChunk(transaction, at(6), progress, null));
    await freeze(id, at(2), at(3));
    const bills = await api.db.any(sql.unsafe`select status from invoices where student_id = ${student} order by id`);
    expect(bills.map((bill: Json) => bill.status)).toEqual(['CANCELLED', 'PAID']);
  });

  test('leaves what has started today, what was cancelled late, and other students alone', async () => {
    const { id, student } = await held();
    const other = await make.student();
    const started = await make.training({ startsAt: new Date(Date.now() - 61 * 60_000).toISOString(), date: TODAY });
    const soon = await make.training({ startsAt: new Date(Date.now() + 60_000).toISOString(), date: TODAY });
    const late = await make.training({ startsAt: `${at(1)}T12:00:00Z`, date: at(1) });
    await make.register(started, student);
    await make.register(soon, student);
    await make.register(late, student, 'ABSENT');
    const others = await make.training({ startsAt: `${at(1)}T13:00:00Z`, date: at(1) });
    await make.register(others, other);
    expect((await freeze(id, TODAY, at(2))).body.released).toMatchObject([{ real_training_id: soon }]);
    expect([await seat(started), await seat(soon), await seat(late), await seat(others)]).toEqual([
      'REGISTERED',
      'CANCELLED_SAFE',
      'ABSENT',
      'REGISTERED',
    ]);
  });

  test('of somebody whom generation then leaves out on its days only', async () => {
    const { id, student } = await held({ from: at(-10), to: at(40) });
    const [monday] = (await api.db.anyFirst(
      sql.unsafe`select (date_trunc('week', ${TODAY}::date) + interval '7 days')::date`,
    )) as string[];
    const [type, trainer] = [await make.type({ subscriptionOnly: true }), await make.trainer()];
    for (const day of [1, 2, 3, 4]) await make.link(await make.template({ type, trainer, day }), student);
    await freeze(id, addDays(String(monday), 1), addDays(String(monday), 2));
    const week = { start: String(monday), zone: 'Europe/Moscow', graceDays: 7 };
    await buildWeek(api.db, beforehand(week));
    const dates = await api.db.anyFirst(sql.unsafe`
      select training_date from real_training_students seat join real_trainings training on training.id = real_training_id
      where student_id = ${student} order by training_date`);
    expect(dates).toEqual([monday, addDays(String(monday), 3)]);
  });
});

describe('ending it early', () => {
  test.each([
    ['before it begins', [3, 9], 7],
    ['on its first day', [0, 6], 7],
  ])('%s returns all of it', async (_, [from, to], days) => {
    const { id, student } = await held();
    await freeze(id, at(Number(from)), at(Number(to)));
    const { status, body } = await unfreeze(id);
    expect({ status, ...body }).toMatchObject({
      status: 'active',
      end_date: at(19),
      freeze_start_date: null,
      freeze_end_date: null,
      days_returned: days,
    });
    expect((await messagesTo(api.db, { user: student })).at(-1)).toMatchObject({
      template: 'subscription_unfrozen',
      params: { end_date: at(19) },
    });
    expect((await unfreeze(id)).status).toBe(409);
  });

  test.each([
    ['in the middle', -3, 3, 4, 15],
    ['on its last day', -3, 0, 1, 18],
    ['after it', -3, -1, 0, 19],
  ])('%s returns the days from today on', async (_, from, to, days, end) => {
    const { id } = await held({ freeze: [at(from), at(to)], status: 'frozen' });
    expect((await unfreeze(id)).body).toMatchObject({ days_returned: days, end_date: at(end), status: 'active' });
  });

  test('a freeze again after that is a freeze like any other', async () => {
    const { id } = await held();
    await freeze(id, at(0), at(4));
    await unfreeze(id);
    expect((await freeze(id, at(1), at(2))).body).toMatchObject({ end_date: at(21), status: 'active' });
  });
});

test.each([
  ['2028-02-28', '2028-03-01', '2028-03-31', '2028-04-03'],
  ['2027-02-28', '2027-03-01', '2027-03-31', '2027-04-02'],
  ['2026-12-31', '2027-01-01', '2026-12-31', '2027-01-02'],
])('from %s to %s, both included, moves %s to %s', async (from, to, end, moved) => {
  const { id, student } = await held({ from: '2026-01-01', to: end });
  await api.db.transaction((transaction) =>
    freezeSubscription(transaction, {
      ...{ id, studentId: student, from, to, today: '2026-11-20', now: new Date('2026-11-20'), payers: [] },
    }),
  );
  expect(await api.db.oneFirst(sql.unsafe`select end_date from student_subscriptions where id = ${id}`)).toBe(moved);
});

test('a freeze made beforehand is frozen on its first day and active after its last', async () => {
  const { id } = await held();
  await freeze(id, at(2), at(3));
  const statuses: string[] = [];
  for (const day of [1, 2, 3, 4]) {
    await night(api.db, unfreezeNight, 'auto_unfreeze', at(day));
    statuses.push(String(await api.db.oneFirst(sql.unsafe`select status from student_subscriptions where id = ${id}`)));
  }
  expect(statuses).toEqual(['active', 'frozen', 'frozen', 'active']);
  expect(await api.db.oneFirst(sql.unsafe`select end_date from student_subscriptions where id = ${id}`)).toBe(at(21));
});
