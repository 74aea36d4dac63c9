import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { EVERYTHING } from '../../sql/auth/whose.ts';
import { listSteps, stepsOf } from '../../sql/belts/steps.ts';
import { sql } from '../../sql/database/database.ts';
import { today } from '../support/days.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { academy } from './stage.ts';

let api: TestApi;
let place: ReturnType<typeof academy>;
beforeAll(async () => {
  api = await testApi();
  place = academy(api);
});
afterAll(() => api.close());

const day = today();
const stepTo = async (student: number, belt: string, on = day) =>
  (await stepsOf(api.db, student, on)).find((step) => step.to_belt === belt);

test('the belts of jiu-jitsu are there, with what each asks (R1)', async () => {
  const { items } = (await api.get('/api/belts?limit=100')).body as Json;
  const told = (path: string) =>
    items
      .filter((one: Json) => one.program === 'BJJ' && one.path === path)
      .map(({ name, min_age, max_age, months, young_months, max_stripes, stripe_months, becomes }: Json) =>
        [name, min_age, max_age, months, young_months, max_stripes, stripe_months.join(), becomes].join(' '),
      );
  /** The last number is the place of the highest adult belt that it may become (R5): white, blue, purple. */
  const child = (from: number, colour: string, becomes: number) =>
    ['/White', '', '/Black'].map((more) => `${colour}${more} ${from} 15 0  4  ${becomes}`);
  expect(told('kids')).toEqual([
    'White 4 15 0  4  1',
    ...child(4, 'Grey', 2),
    ...child(7, 'Yellow', 2),
    ...child(10, 'Orange', 2),
    ...child(13, 'Green', 3),
  ]);
  expect(told('adult')).toEqual([
    'White 16  0  4  ',
    'Blue 16  24 0 4  ',
    'Purple 16  18 24 4  ',
    'Brown 18  12  4  ',
    'Black 19  0  6 36,36,36,60,60,60 ',
  ]);
});

test('an award is entered, mirrored and voided; what was before stands again', async () => {
  const student = await place.student();
  const [white, blue] = [await place.belt('White'), await place.belt('Blue')];
  await api.db.query(sql.unsafe`update students set current_belt = 'белый' where id = ${student}`);
  expect((await place.award(student, white, '2024-01-31', { reason: null })).status).toBe(201);
  const second = await place.award(student, blue, '2024-06-01', { reason: null });
  expect(second).toMatchObject({ status: 201, body: { belt: 'Blue', stripes: 0, skip_reason: null, voided_at: null } });
  expect(await place.currentBelt(student)).toBe('Blue');
  const first = (await api.get(`/api/students/${student}/belts`)).body.awards[1].id;
  expect((await api.post(`/api/belt-awards/${first}/void`, { reason: 'ошибка' })).status).toBe(409);
  const voided = await api.post(`/api/belt-awards/${second.body.id}/void`, { reason: 'ошибка' });
  expect(voided.body).toMatchObject({ award: { void_reason: 'ошибка' }, current: { belt: 'White' } });
  expect((await api.post(`/api/belt-awards/${second.body.id}/void`, { reason: 'ещё раз' })).body).toEqual(voided.body);
  expect(await place.currentBelt(student)).toBe('White');
  await api.post(`/api/belt-awards/${first}/void`, { reason: 'ошибка' });
  expect(await place.currentBelt(student)).toBe('белый');
});

test('an award is not changed and not entered back, ahead or without a reason', async () => {
  const student = await place.student();
  const [white, blue, purple] = [await place.belt('White'), await place.belt('Blue'), await place.belt('Purple')];
  expect((await place.award(student, white, '2024-01-10', { reason: null })).status).toBe(201);
  const wrong = async (belt: number, on: string, options = {}) => {
    const { status, body } = await place.award(student, belt, on, { reason: null, ...options });
    return [status, body.errors?.[0].path];
  };
  expect(await wrong(blue, addDays(day, 2))).toEqual([422, 'awarded_on']);
  expect(await wrong(blue, '2024-01-09')).toEqual([422, 'awarded_on']);
  expect(await wrong(purple, '2024-02-10')).toEqual([409, undefined]);
  expect((await place.award(student, purple, '2024-02-10', { reason: 'чемпион' })).body).toMatchObject({
    skip_reason: 'чемпион',
  });
  await expect(api.db.query(sql.unsafe`update belt_awards set stripes = 3 where student_id = ${student}`)).rejects.toThrow();
});

test('two awards at once are one', async () => {
  const student = await place.student();
  const [white, blue] = [await place.belt('White'), await place.belt('Blue')];
  await place.award(student, white, '2024-01-10', { reason: null });
  const answers = await Promise.all([1, 2].map(() => place.award(student, blue, '2024-05-01', { reason: null })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
});

test.each([
  ['2026-02-27', ['months']],
  ['2026-02-28', []],
])('a month from 31 January is over on 28 February: on %s', async (on, missing) => {
  const student = await place.student();
  const belt = (
    await api.post('/api/belts', {
      program: 'Дзюдо',
      path: 'adult',
      position: on === '2026-02-28' ? 1 : 3,
      name: `A ${on}`,
      months: 1,
    })
  ).body;
  await api.post('/api/belts', { program: 'Дзюдо', path: 'adult', position: belt.position + 1, name: `B ${on}` });
  await place.award(student, belt.id, '2026-01-31');
  expect(await stepTo(student, `B ${on}`, on)).toMatchObject({ ready_on: '2026-02-28', missing });
});

test('trainings of the program after the award count by their day, not those marked back', async () => {
  const student = await place.student();
  const first = (await api.post('/api/belts', { program: 'BJJ', path: 'adult', position: 20, name: 'Trial', trainings: 2 })).body;
  await api.post('/api/belts', { program: 'BJJ', path: 'adult', position: 21, name: 'Next' });
  await place.award(student, first.id, '2026-03-10');
  for (const on of ['2026-03-09', '2026-03-10']) await place.came(student, on);
  await place.came(student, '2026-03-13', { program: 'Yoga' });
  await place.came(student, '2026-03-12', { status: 'ABSENT' });
  const marks = [await place.came(student, '2026-03-11'), await place.came(student, '2026-03-15')];
  expect(await stepTo(student, 'Next', '2026-03-14')).toMatchObject({ attended: 1, missing: ['trainings'] });
  expect(await stepTo(student, 'Next', '2026-03-15')).toMatchObject({ attended: 2, missing: [] });
  for (const [n, mark] of marks.entries()) {
    await api.db.query(sql.unsafe`update real_training_students set status = 'ABSENT' where id = ${mark}`);
    expect(await stepTo(student, 'Next', '2026-03-15')).toMatchObject({ attended: 1 - n, missing: ['trainings'] });
  }
});

test.each([
  [16, 0],
  [17, 0],
  [18, 24],
])('a blue belt of %i years waits %i months', async (age, months) => {
  const student = await place.student(`${Number(day.slice(0, 4)) - age}-12-31`);
  await place.award(student, await place.belt('Blue'), day);
  expect(await stepTo(student, 'Purple')).toMatchObject({ age, months, missing: months > 0 ? ['months'] : [] });
});

test('black belts wait three and five years for their stripes', async () => {
  const student = await place.student('1960-01-01');
  const black = await place.belt('Black');
  await place.award(student, black, '2000-01-01');
  const waits: number[] = [];
  for (let stripes = 1; stripes <= 6; stripes += 1) {
    waits.push((await stepTo(student, 'Black'))?.months ?? 0);
    await place.award(student, black, '2000-01-01', { stripes, reason: null });
  }
  expect(waits).toEqual([36, 36, 36, 60, 60, 60]);
  expect(await stepTo(student, 'Black')).toBeUndefined();
});

test('in the year of turning 16 a trainer decides what a kids’ belt becomes', async () => {
  const born = `${Number(day.slice(0, 4)) - 16}-12-31`;
  const student = await place.student(born);
  const green = await place.belt('Green', 'kids');
  await place.award(student, green, `${Number(day.slice(0, 4)) - 1}-12-31`);
  const steps = await stepsOf(api.db, student, day);
  expect(steps).toMatchObject([{ kind: 'transition', belt: 'Green', missing: [], to_belt: null }]);
  expect(steps[0]?.may_become.map(({ name }) => name)).toEqual(['White', 'Blue', 'Purple']);
  expect((await place.award(student, await place.belt('Green/Black', 'kids'), day)).status).toBe(409);
  expect((await place.award(student, await place.belt('Blue'), day, { reason: null })).status).toBe(201);
});

test('a deferred student is hidden until the day, and the count says as many as the list', async () => {
  const student = await place.student();
  await place.award(student, await place.belt('Brown'), '2010-01-01');
  const listed = async (on: string) => {
    const rows = await listSteps(api.db, { today: on, isReady: true, whose: EVERYTHING, limit: 200 });
    return rows.some((row) => row.student_id === student && row.kind === 'belt');
  };
  const counted = async () => {
    const { body } = await api.get('/api/belts/ready?limit=200');
    const students = new Set(body.items.map((row: Json) => `${row.student_id} ${row.program}`));
    return [students.size, body.ready_count, body.items.some((row: Json) => row.student_id === student)];
  };
  const before = await counted();
  expect(before).toEqual([before[1], before[1], true]);
  const until = addDays(day, 17);
  await api.ask('PUT', `/api/students/${student}/belts/deferral`, { body: { program: 'BJJ', until, reason: 'лето' } });
  const after = await counted();
  expect(after).toEqual([Number(before[0]) - 1, Number(before[1]) - 1, false]);
  expect(await listed(addDays(until, -1))).toBe(false);
  expect(await listed(until)).toBe(true);
  expect((await stepsOf(api.db, student, day))[0]?.missing).toEqual(['deferred']);
  await api.ask('PUT', `/api/students/${student}/belts/deferral`, { body: { program: 'BJJ', until: null } });
  expect(await counted()).toEqual(before);
});

test('a certificate is a picture without anything that runs; a voided award has none', async () => {
  const student = await place.student();
  await api.db.query(sql.unsafe`update users set first_name = '<script>alert(1)</script>' where id = ${student}`);
  const made = await place.award(student, await place.belt('White'), day, { reason: null });
  const shown = await api.get(`/api/belt-awards/${made.body.id}/certificate.svg`);
  expect(shown.status).toBe(200);
  expect(shown.headers.get('content-type')).toBe('image/svg+xml; charset=utf-8');
  expect(shown.text).toContain('&lt;script&gt;');
  expect(shown.text).not.toContain('<script');
  expect(shown.text).not.toMatch(/href|url\(/);
  await api.post(`/api/belt-awards/${made.body.id}/void`, { reason: 'ошибка' });
  expect((await api.get(`/api/belt-awards/${made.body.id}/certificate.svg`)).status).toBe(409);
});
