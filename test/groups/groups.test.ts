import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays, dayOf, mondayAfter } from '../../queues/time/calendar.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { buildWindow, initialWeek } from '../../sql/generation/week.ts';
import { renewNext } from '../../sql/renewal/renew.ts';
import { night } from '../finance/acts.ts';
import { emptyStudio, emptyTables } from '../support/emptying.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { registrations, studio } from '../support/studio.ts';
import { beforehand } from '../support/weeks.ts';

/** The week after next: all of it is to come. Tuesday is its day 2. */
const TODAY = dayOf(new Date(), 'Europe/Moscow');
const START = addDays(mondayAfter(TODAY), 7);
const day = (n: number) => addDays(START, n - 1);

let api: TestApi;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  api = await testApi();
  make = studio(api.db);
});
afterEach(async () => {
  await emptyStudio(api.db);
  await emptyTables(api.db, 'notifications');
});
afterAll(() => api.close());

let runs = 0;
async function build() {
  runs += 1;
  const week = beforehand({ start: START, zone: 'Europe/Moscow', graceDays: 7 });
  let progress = initialWeek;
  while (!progress.done) progress = await api.db.transaction((transaction) => buildWindow(transaction, week, progress, runs));
  return progress;
}
/** Who is seated, as `day:student`. */
const seated = async () =>
  (await registrations(api.db))
    .filter(({ status }) => status === 'REGISTERED')
    .map(({ training_date, student }) => `${training_date}:${student}`);
const reasons = async () => (await build()).warnings.map(({ reason }) => reason);
async function template(of: { day?: number; places?: number; group?: number; trainer?: number } = {}) {
  const type = await make.type({ places: of.places ?? 10 });
  const id = await make.template({ type, trainer: of.trainer ?? (await make.trainer()), day: of.day ?? 2 });
  if (of.group) expect((await api.patch(`/api/training-templates/${id}`, { group_id: of.group })).status).toBe(200);
  return id;
}
async function group(trainer?: number) {
  const made = await api.post('/api/groups', { name: 'Вечерняя', trainer_id: trainer ?? (await make.trainer()) });
  expect(made.status).toBe(201);
  return Number(made.body.id);
}
const member = (groupId: number, student: number, of: { from?: string; to?: string | null } = {}) =>
  api.post(`/api/groups/${groupId}/members`, { student_id: student, from: addDays(TODAY, -30), ...of });

describe("a group's members (R10)", () => {
  test.each([
    ['from the day on', { from: 2 }, true],
    ['from the day after', { from: 3 }, false],
    ['to the day', { from: 1, to: 2 }, true],
    ['to the day before', { from: 1, to: 1 }, false],
  ])('are seated by its template: %s %j', async (_, { from, to }: { from: number; to?: number }, isSeated) => {
    const groupId = await group();
    await template({ group: groupId });
    const student = await make.student();
    expect(await member(groupId, student, { from: day(from), to: to === undefined ? null : day(to) })).toMatchObject({
      status: 201,
    });
    await build();
    await build();
    expect(await seated()).toEqual(isSeated ? [`${day(2)}:${student}`] : []);
  });

  test('a student with a place of their own and one by the group is seated once, in the order of who came first', async () => {
    const groupId = await group();
    const id = await template({ group: groupId, places: 2 });
    const [one, other, third] = [await make.student(), await make.student(), await make.student()];
    await make.link(id, one, { since: addDays(TODAY, -5) });
    await member(groupId, one, { from: addDays(TODAY, -20) });
    await member(groupId, other, { from: addDays(TODAY, -10) });
    await member(groupId, third, { from: addDays(TODAY, -3) });
    expect(await reasons()).toEqual(['full']);
    expect(await seated()).toEqual([`${day(2)}:${one}`, `${day(2)}:${other}`]);
  });

  test('cannot be members twice at a time, and again once they have left', async () => {
    const groupId = await group();
    const student = await make.student();
    await member(groupId, student, { to: addDays(TODAY, 5) });
    expect(await member(groupId, student, { from: addDays(TODAY, 5) })).toMatchObject({ status: 409 });
    expect(await member(groupId, student, { from: addDays(TODAY, 6) })).toMatchObject({ status: 201 });
    const { body } = await api.get(`/api/groups/${groupId}/members?on=${TODAY}`);
    expect(body.items).toMatchObject([{ student_id: student, to_date: addDays(TODAY, 5) }]);
  });

  test('are not seated by a group that is not active', async () => {
    const groupId = await group();
    await template({ group: groupId });
    await member(groupId, await make.student());
    await api.patch(`/api/groups/${groupId}`, { is_active: false });
    await build();
    expect(await seated()).toEqual([]);
  });
});

describe('leaving a group', () => {
  test('releases later places safely, gives back what was charged, and lets in who waits', async () => {
    const groupId = await group();
    await template({ group: groupId, day: 2, places: 1 });
    await template({ group: groupId, day: 4, places: 1 });
    const [student, waiting] = [await make.student(), await make.student()];
    await member(groupId, student);
    await build();
    await night(api.db, day(7));
    const ids = (await api.get(`/real-trainings?from=${day(1)}&to=${day(7)}`)).body.items.map((one: { id: number }) => one.id);
    expect(await api.post(`/real-trainings/${ids[1]}/waitlist`, { student_id: waiting })).toMatchObject({
      status: 200,
      body: { place: 1 },
    });
    const left = await api.post(`/api/groups/${groupId}/members/${student}/leave`, { last_day: day(3) });
    expect(left).toMatchObject({
      status: 200,
      body: { released: [{ training_date: day(4) }], returned: { cancelled_minor: 50_000 } },
    });
    expect(await seated()).toEqual([`${day(2)}:${student}`, `${day(4)}:${waiting}`]);
    expect(await api.post(`/api/groups/${groupId}/members/${student}/leave`, { last_day: day(3) })).toMatchObject({
      status: 404,
    });
    const told = await api.db.anyFirst(
      sql.unsafe`select template from notifications where user_id = ${student} order by id desc limit 1`,
    );
    expect(told).toEqual(['places_released']);
    expect(await auditBooks(api.db, TODAY)).toEqual([]);
    await build();
    expect(await seated()).toEqual([`${day(2)}:${student}`, `${day(4)}:${waiting}`]);
  });

  test('leaves a place alone that a link accounts for, or that was taken by hand', async () => {
    const groupId = await group();
    const linked = await template({ group: groupId, day: 2 });
    const byHand = await template({ group: groupId, day: 4 });
    const student = await make.student();
    await member(groupId, student, { to: day(3) });
    await make.link(linked, student);
    await build();
    const training = await api.db.oneFirst(sql.type(z.object({ id: z.int() }))`
      select id from real_trainings where training_template_id = ${byHand}`);
    expect(await api.post(`/real-trainings/${training}/students`, { student_id: student })).toMatchObject({ status: 200 });
    const left = await api.post(`/api/groups/${groupId}/members/${student}/leave`);
    expect(left).toMatchObject({ status: 200, body: { released: [] } });
    expect(await seated()).toEqual([`${day(2)}:${student}`, `${day(4)}:${student}`]);
  });
});

describe('the schedule of a subscription (R11)', () => {
  const schedule = (held: number, ...ids: number[]) =>
    api.ask('PUT', `/api/student-subscriptions/${held}/schedule`, { body: { training_template_ids: ids } });

  test.each([
    ['within its days', 2, 4, [2, 4]],
    ['only to its last day', 1, 3, [2]],
    ['only from its first day', 3, 7, [4]],
  ])('gives a place in its trainings, %s', async (_, from, to, days) => {
    const [tuesday, thursday] = [await template({ day: 2 }), await template({ day: 4 })];
    const student = await make.student();
    const held = await make.subscription({ student, from: day(from), to: day(to) });
    expect(await schedule(held, tuesday, thursday)).toMatchObject({ status: 200, body: { released: [] } });
    await build();
    expect(await seated()).toEqual(days.map((n) => `${day(n)}:${student}`));
  });

  test('seats no more than the sessions that are left and not spoken for, also by another week', async () => {
    const ids = [await template({ day: 1 }), await template({ day: 3 }), await template({ day: 5 })];
    const student = await make.student();
    const held = await make.subscription({ student, from: addDays(TODAY, -3), to: day(30), left: 2 });
    await schedule(held, ...ids);
    expect(await reasons()).toEqual(['no_sessions']);
    expect(await reasons()).toEqual(['no_sessions']);
    expect(await seated()).toEqual([`${day(1)}:${student}`, `${day(3)}:${student}`]);
  });

  test('is suspended by a freeze', async () => {
    const id = await template();
    const student = await make.student();
    const held = await make.subscription({ student, from: addDays(TODAY, -3), to: day(30), frozen: [day(1), day(2)] });
    await schedule(held, id);
    await build();
    expect(await seated()).toEqual([]);
  });

  test('is inherited by what renews it', async () => {
    const id = await template();
    const student = await make.student();
    const held = await make.subscription({ student, from: addDays(START, -20), to: addDays(START, -1), autoRenew: true });
    await schedule(held, id);
    await api.db.transaction((transaction) => renewNext(transaction, addDays(START, -1), null, 10, 1));
    await build();
    expect(await seated()).toEqual([`${day(2)}:${student}`]);
  });

  test('that loses a training releases its places; so does the end of the subscription, and a dry run of it does not', async () => {
    const [tuesday, thursday] = [await template({ day: 2 }), await template({ day: 4 })];
    const student = await make.student();
    const sold = await api.post('/api/subscriptions', {
      name: 'Восемь',
      price_minor: 80_000,
      number_of_sessions: 8,
      validity_days: 90,
    });
    const bought = await api.post(`/api/students/${student}/subscriptions`, { subscription_id: sold.body.id });
    const held = Number(bought.body.id);
    await schedule(held, tuesday, thursday);
    await build();
    await night(api.db, day(7));
    expect(await schedule(held, thursday)).toMatchObject({
      body: { released: [{ training_date: day(2) }], returned: { sessions: 1 } },
    });
    expect(await seated()).toEqual([`${day(4)}:${student}`]);
    const end = (dry_run: boolean) => api.post(`/api/student-subscriptions/${held}/cancel`, { reason: 'переезд', dry_run });
    const dry = await end(true);
    expect(dry).toMatchObject({ status: 200, body: { released: [{ training_date: day(4) }], used_units: 0 } });
    expect(await seated()).toEqual([`${day(4)}:${student}`]);
    expect((await end(false)).body).toEqual({ ...dry.body, dry_run: false });
    expect(await seated()).toEqual([]);
    expect(await auditBooks(api.db, TODAY)).toEqual([]);
  });
});
