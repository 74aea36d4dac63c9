import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { render } from '../../workers/notifier/templates/render.ts';
import { nightShift, register, trainingIn } from './night.ts';

let shift: Awaited<ReturnType<typeof nightShift>>;
let api: typeof shift.api;
let make: typeof shift.make;
beforeAll(async () => {
  shift = await nightShift();
  ({ api, make } = shift);
});
afterAll(() => shift.close());

const studio = { locale: 'en', zone: 'Europe/Moscow', currency: 'RUB' } as const;
const note = z.object({ user_id: z.int(), template: z.string(), params: z.record(z.string(), z.unknown()) });
/** Who was notified of a training, and in which words. */
async function notified(training: number) {
  const rows = await api.db.any(sql.type(note)`
    select user_id, template, params from notifications where params->>'real_training_id' = ${String(training)} order by id`);
  return rows.map(({ user_id, template, params }) => ({
    to: user_id,
    template,
    text: render({ template, params, locale: 'en' }, studio).text.replaceAll(/[\u00a0\u202f]/g, ' '),
  }));
}
const trainerOf = (training: number) =>
  api.db.oneFirst(sql.type(z.object({ trainer_id: z.int() }))`select trainer_id from real_trainings where id = ${training}`);
const paidBy = (student: number, payer: number) =>
  api.db.query(sql.unsafe`update students set payer_id = ${payer} where id = ${student}`);
const charge = (day: string) =>
  api.post(
    '/real-trainings/process-daily-operations',
    { date: addDays(day, -1), again: true },
    { headers: { Prefer: 'wait=20' } },
  );
const lines = (text: string) => text.split('\n').slice(1);

describe('a cancelled training says what happened to each one (D43)', () => {
  test('the session that came back and what is left, the money and what the wallet holds, or that nothing was taken', async () => {
    const training = await trainingIn(shift, 20);
    const [holder, payer, fresh] = [await make.student(), await make.student(), await make.student()];
    await make.subscription({ student: holder, from: '2020-01-01', to: '2099-01-01', left: 3 });
    await api.post(`/api/students/${payer}/payments`, { amount_minor: 100_000 });
    for (const student of [holder, payer]) await register(api, training.id, student);
    await charge(training.training_date);
    await api.db.query(sql.unsafe`
      insert into real_training_students (real_training_id, student_id) values (${training.id}, ${fresh})`);
    await api.post(`/real-trainings/${training.id}/cancel`, { reason: 'burst pipe' });
    const told = (await notified(training.id)).filter(({ template }) => template === 'training_cancelled');
    const to = (id: number) => told.filter((message) => message.to === id).map(({ text }) => lines(text));
    expect(to(holder)).toEqual([
      ['Reason: burst pipe', expect.stringMatching(/^The session is back in “Абонемент \d+”\. 3 sessions are left\.$/)],
    ]);
    expect(to(payer)).toEqual([
      ['Reason: burst pipe', 'RUB 700 went back to your account.', 'Your account now holds RUB 1,000.'],
    ]);
    expect(to(fresh)).toEqual([['Reason: burst pipe', 'Nothing had been charged for it.']]);
    expect(to(await trainerOf(training.id))).toEqual([['Reason: burst pipe']]);
    expect(told).toHaveLength(4);
  });

  test('a payer of two children is notified once, of both; the children of no balance', async () => {
    const training = await trainingIn(shift, 20);
    const [parent, one, other] = [await make.student(), await make.student(), await make.student()];
    for (const child of [one, other]) await paidBy(child, parent);
    await api.post(`/api/students/${parent}/payments`, { amount_minor: 100_000 });
    for (const child of [one, other]) await register(api, training.id, child);
    await charge(training.training_date);
    await api.post(`/real-trainings/${training.id}/cancel`, { reason: 'burst pipe' });
    const told = (await notified(training.id)).filter(({ template }) => template === 'training_cancelled');
    const [toParent, ...more] = told.filter(({ to }) => to === parent);
    expect(more).toEqual([]);
    expect(toParent!.text).toMatch(
      /\nУченик \d+ Тестов\nRUB 700 went back to your account\.\nУченик \d+ Тестов\nThe invoice over RUB 700 is cancelled\.\nYour account now holds RUB 1,000\.$/,
    );
    const [first] = told.filter(({ to }) => to === one);
    expect(lines(first!.text)).toEqual(['Reason: burst pipe', 'RUB 700 went back to the account of the one who pays.']);
    expect(told).toHaveLength(4);
  });
});

describe('a place taken or given up is reported to the student and the payer, each once; to the trainer how full it is (D43)', () => {
  test.each([
    [20, 'is no longer booked'],
    [3, 'cancelled less than 12 hours before the start'],
  ])('%i h before the start', async (hours, words) => {
    const training = await trainingIn(shift, hours);
    const [parent, child] = [await make.student(), await make.student()];
    await paidBy(child, parent);
    await api.post(`/real-trainings/${training.id}/students`, { student_id: child });
    await api.post(`/real-trainings/${training.id}/students/${child}/cancel`, { reason: 'ill' });
    const told = await notified(training.id);
    for (const template of ['training_joined', 'participation_cancelled']) {
      expect(told.filter((message) => message.template === template).map(({ to }) => to)).toEqual([child, parent]);
    }
    const [toChild, toParent] = told.filter(({ template }) => template === 'participation_cancelled');
    expect(toChild!.text).not.toContain('Тестов');
    expect(toParent!.text).toMatch(new RegExp(`^Ученик \\d+ Тестов ${words}`));
  });

  test('twice asked is once told', async () => {
    const training = await trainingIn(shift, 20);
    const student = await make.student();
    await register(api, training.id, student);
    for (let n = 0; n < 2; n += 1) await api.post(`/real-trainings/${training.id}/students/${student}/cancel`, { reason: 'ill' });
    const told = (await notified(training.id)).filter(({ template }) => template === 'participation_cancelled');
    expect(told.map(({ to }) => to)).toEqual([student]);
  });
});
