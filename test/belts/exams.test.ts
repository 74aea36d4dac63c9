import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { takeReady } from '../../sql/belts/steps.ts';
import { sql } from '../../sql/database/database.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { changeExam } from '../../workers/belts/exams.ts';
import { SHEET_ROWS } from '../../workers/belts/print.ts';
import { findings } from '../../workers/notifier/reminders/remind.ts';
import { dayAt, today } from '../support/days.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { academy } from './stage.ts';

let api: TestApi;
let place: ReturnType<typeof academy>;
beforeAll(async () => {
  api = await testApi();
  place = academy(api);
});
afterAll(() => api.close());

const HOUR = 3_600_000;
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();
const clock = { zone: 'Europe/Moscow', by: 'test' };
const change = (exam: number, to: Parameters<typeof changeExam>[2], at: string) =>
  api.db.transaction((transaction) => changeExam(transaction, exam, to, { ...clock, now: new Date(at) }));

async function plan(student: number, at: string, more = {}) {
  return api.post(`/api/students/${student}/exams`, { belt_id: await place.belt('Blue'), exam_at: at, ...more });
}
/** Somebody with a white belt, and an exam for the blue one at an instant, with whoever is told of it. */
async function planned(at: string) {
  const [student, payer, examiner] = [await place.student(), await place.make.student(), await place.make.trainer()];
  await api.db.query(sql.unsafe`update students set payer_id = ${payer} where id = ${student}`);
  await place.award(student, await place.belt('White'), '2020-01-01', { reason: null });
  const exam = await plan(student, at, { examiner_id: examiner });
  expect(exam.status).toBe(201);
  return { student, payer, examiner, exam: Number(exam.body.id) };
}
const told = (exam: number) =>
  api.db.any(sql.type(z.object({ template: z.string(), user_id: z.int(), student: z.string().nullable() }))`
    select template, user_id, params ->> 'student' as student from notifications
    where (params ->> 'exam_id')::int = ${exam} order by id`);
/** Templates of messages about an exam that a look at an instant adds. */
async function remindedAt(exam: number, at: string) {
  const before = (await told(exam)).length;
  for (const name of ['belt_exams', 'belt_exams_tomorrow'])
    await api.db.transaction(async (transaction) => {
      await notifyPeople(transaction, await findings[name]!(transaction, new Date(at), api.fleet.settings));
    });
  return (await told(exam)).slice(before).map(({ template }) => template);
}
const standing = (student: number) =>
  api.db.any(sql.type(z.object({ belt: z.string(), is_voided: z.boolean() }))`
    select belts.name as belt, voided_at is not null as is_voided from belt_awards award join belts on belts.id = belt_id
    where student_id = ${student} order by award.id`);

test('passed twice is one award; corrected to failed it is voided, and the belt is as before', async () => {
  const at = inHours(1);
  const { student, exam } = await planned(at);
  await expect(change(exam, { status: 'passed' }, new Date(Date.parse(at) - 1).toISOString())).rejects.toThrow('at or after');
  await change(exam, { status: 'passed' }, inHours(48));
  await change(exam, { status: 'passed' }, inHours(48));
  expect(await standing(student)).toEqual([
    { belt: 'White', is_voided: false },
    { belt: 'Blue', is_voided: false },
  ]);
  expect(await place.currentBelt(student)).toBe('Blue');
  await change(exam, { status: 'failed', reason: 'не тот ученик' }, inHours(49));
  expect((await standing(student)).map(({ is_voided }) => is_voided)).toEqual([false, true]);
  expect(await place.currentBelt(student)).toBe('White');
  await change(exam, { status: 'passed' }, inHours(50));
  expect((await standing(student)).map(({ is_voided }) => is_voided)).toEqual([false, true, false]);
});

test('a result comes at the very instant of the exam', async () => {
  const at = inHours(1);
  const { student, exam } = await planned(at);
  await change(exam, { status: 'passed' }, at);
  expect(await place.currentBelt(student)).toBe('Blue');
});

test('a result that a later award stands on is not corrected', async () => {
  const { student, exam } = await planned(inHours(1));
  const passed = await change(exam, { status: 'passed' }, inHours(48));
  await api.db.query(sql.unsafe`
    insert into belt_awards (student_id, program, belt_id, stripes, awarded_on, awarded_by)
    values (${student}, 'BJJ', ${passed.belt_id}, 1, ${passed.exam_at}::date + 2, 'test')`);
  await expect(change(exam, { status: 'failed' }, inHours(72))).rejects.toThrow('a later award stands on it');
  await api.db.query(sql.unsafe`update belt_exams set exam_at = exam_at - interval '2 hours' where id = ${exam}`);
  expect(await api.patch(`/api/exams/${exam}`, { status: 'failed' })).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('a later award stands on it') },
  });
  expect(await standing(student)).toHaveLength(3);
});

test('passed at once by two is one award', async () => {
  const { student, exam } = await planned(inHours(1));
  await Promise.allSettled([1, 2, 3].map(() => change(exam, { status: 'passed' }, inHours(48))));
  expect(await standing(student)).toHaveLength(2);
});

test('an exam of a student who is not ready is refused with what is missing, and planned with a reason', async () => {
  const student = await place.student();
  await place.award(student, await place.belt('Blue'), today());
  const wish = { belt_id: await place.belt('Purple') };
  const refused = await plan(student, inHours(240), wish);
  expect(refused).toMatchObject({ status: 409, body: { missing: ['months'], months: 24 } });
  expect(await plan(student, inHours(240), { ...wish, belt_id: await place.belt('Brown') })).toMatchObject({
    status: 409,
    body: { missing: ['step'] },
  });
  expect(await plan(student, inHours(240), { ...wish, override_reason: 'чемпион' })).toMatchObject({
    status: 201,
    body: { override_reason: 'чемпион', status: 'planned', program: 'BJJ' },
  });
  expect(await plan(student, inHours(300), { ...wish, override_reason: 'ещё раз' })).toMatchObject({
    status: 409,
    body: { detail: 'an exam of this program is planned for the student already' },
  });
});

test('student, payer and examiner are told seven days and a day before, each once', async () => {
  const at = new Date(Date.now() + 400 * HOUR);
  const { student, payer, examiner, exam } = await planned(at.toISOString());
  const before = (ms: number) => new Date(at.getTime() - ms).toISOString();
  const three = ['belt_exam', 'belt_exam', 'belt_exam'];
  expect(await remindedAt(exam, before(7 * 24 * HOUR + 1))).toEqual([]);
  expect(await remindedAt(exam, before(7 * 24 * HOUR))).toEqual(three);
  expect(await remindedAt(exam, before(24 * HOUR + 1))).toEqual([]);
  expect(await remindedAt(exam, before(24 * HOUR))).toEqual(three);
  expect(await remindedAt(exam, before(HOUR))).toEqual([]);
  const readers = (await told(exam)).slice(0, 3).map(({ user_id, student: named }) => [user_id, named === null]);
  expect(readers).toEqual([
    [student, true],
    [payer, false],
    [examiner, false],
  ]);
});

test('an exam that is planned within the last day is announced once', async () => {
  const { exam } = await planned(inHours(20));
  expect(await remindedAt(exam, inHours(0))).toHaveLength(3);
  expect(await remindedAt(exam, inHours(1))).toEqual([]);
});

test('moved and cancelled are told at once, the move being the announcement; results as well', async () => {
  const { exam } = await planned(inHours(400));
  const templates = async () => [...new Set((await told(exam)).map(({ template }) => template))];
  await change(exam, { examAt: inHours(100) }, inHours(0));
  expect(await templates()).toEqual(['belt_exam_changed']);
  expect(await remindedAt(exam, inHours(1))).toEqual([]);
  expect(await remindedAt(exam, inHours(80))).toHaveLength(3);
  await change(exam, { status: 'cancelled' }, inHours(81));
  expect((await told(exam)).filter(({ template }) => template === 'belt_exam_changed')).toHaveLength(6);
  await expect(change(exam, { examAt: inHours(200) }, inHours(82))).rejects.toThrow('not moved');
  const other = await planned(inHours(1));
  await change(other.exam, { status: 'failed' }, inHours(2));
  expect((await told(other.exam)).map(({ template }) => template)).toEqual(Array(3).fill('belt_exam_result'));
});

test('moved there and back is told each time', async () => {
  const [first, second] = [inHours(300), inHours(320)];
  const { exam } = await planned(first);
  for (const at of [second, first, second]) await change(exam, { examAt: at }, inHours(0));
  expect((await told(exam)).filter(({ template }) => template === 'belt_exam_changed')).toHaveLength(9);
});

test('readiness is told once per student and step, to administrators and those who train them', async () => {
  const student = await place.student();
  const owner = await place.make.user('Хозяйка', 'owner');
  await place.award(student, await place.belt('Brown'), '2010-01-01');
  await place.came(student, today());
  const trainer = await api.db.oneFirst(sql.unsafe`select max(trainer_id) from real_trainings`);
  const ready = async () =>
    (await api.db.transaction((transaction) => takeReady(transaction, today()))).filter((row) => row.student_id === student);
  expect((await ready()).map(({ reader_id }) => reader_id).sort()).toEqual([owner, trainer].map(Number).sort());
  expect(await ready()).toEqual([]);
});

test('upcoming exams, and the sheet of a day', async () => {
  const { student, exam } = await planned(inHours(500));
  const { body } = await api.get(`/api/exams?upcoming=true&student_id=${student}`);
  expect(body.items).toMatchObject([{ id: exam, student_id: student, belt: 'Blue', status: 'planned' }]);
  const sheet = await api.get(`/api/exam-sheets/${dayAt(inHours(500))}`);
  expect(sheet.text).toContain('Blue');
  await change(exam, { status: 'cancelled' }, inHours(0));
  expect((await api.get(`/api/exams?upcoming=true&student_id=${student}`)).body.items).toEqual([]);
});

test('on the second page of a sheet stand those whom the first has no room for', async () => {
  const at = inHours(900);
  const names = Array.from({ length: SHEET_ROWS + 1 }, (_, n) => `Ученица${n + 1}я`);
  for (const name of names) {
    const student = await place.student();
    await api.db.query(sql.unsafe`update users set first_name = ${name}, last_name = '' where id = ${student}`);
    await place.award(student, await place.belt('White'), '2020-01-01', { reason: null });
    expect((await plan(student, at)).status).toBe(201);
  }
  const page = async (n: number) => {
    const { text } = await api.get(`/api/exam-sheets/${dayAt(at)}?page=${n}`);
    return names.filter((name) => text.includes(`>${name}<`));
  };
  expect([await page(1), await page(2), await page(3)]).toEqual([names.slice(0, SHEET_ROWS), names.slice(SHEET_ROWS), []]);
});
