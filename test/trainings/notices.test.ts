import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { findings } from '../../workers/notifier/reminders/remind.ts';
import { render } from '../../workers/notifier/templates/render.ts';
import type { Json } from '../support/front-door.ts';
import { at, byHandForEach, dayIn, FAR } from './scene.ts';

const scene = byHandForEach();
const group = (students = 1, of: Record<string, unknown> = {}) => scene.group(students, of);
const move = async (training: Json, body: Record<string, unknown>) => {
  const [{ version }] = (await scene.trainings([training.id])) as [Json];
  const reply = await scene.api.patch(`/real-trainings/${training.id}`, { version, ...body });
  expect(reply.status).toBe(200);
  return reply.body;
};
const to = (day: number, time: string) => ({ starts_at: at(dayIn(day), time) });
const waiting = async () => (await scene.notes('training_moved')).filter(({ status }) => status === 'pending');
const of = (notes: Json[], user: number) => notes.filter(({ user_id }) => user_id === user);

test('students, payers and both trainers are told once, and not before it can no longer be taken back', async () => {
  const training = await group(2);
  const [student, child] = training.students;
  const parent = await scene.make.student();
  const trainer = await scene.make.trainer();
  await scene.reach(parent, trainer);
  await scene.db.query(sql.unsafe`update students set payer_id = ${parent} where id = ${child}`);
  const moved = await move(training, { ...to(FAR + 1, '18:30'), trainer_id: trainer });
  const notes = await waiting();
  expect(notes.map(({ user_id }) => user_id).sort((a, b) => Number(a) - Number(b))).toEqual(
    [training.trainer_id, student, child, parent, trainer].sort((a, b) => a - b),
  );
  expect(notes.every(({ is_held }) => is_held)).toBe(true);
  const [due] = (await scene.db.any(sql.unsafe`
    select bool_and(send_after = undos.until and held_until = undos.until) as waits from notifications join undos on undos.id = undo_id`)) as [
    Json,
  ];
  expect(due.waits).toBe(true);
  expect(Date.parse(moved.undo.until) - Date.now()).toBeGreaterThan(5_000);
  expect(of(notes, student)[0]!.text).toMatch(
    /^Training moved: Тип \d+ is now .*18:30, it was to be .*10:00\.\nAnother trainer holds it: Тренер \d+ Тестов\.\nYou can cancel free of charge until .*06:30\.$/,
  );
  expect(of(notes, parent)[0]!.text).toMatch(/\nFor: Ученик \d+ Тестов\n/);
  expect(of(notes, training.trainer_id)[0]!.text).toMatch(
    /^You do not give this training any more: .*10:00 Тип \d+\. Тренер \d+ Тестов does\.$/,
  );
  expect(of(notes, trainer)[0]!.text).toMatch(/^You give this training now: .*18:30 Тип \d+\.$/);
});

test('the reminders do not tell it a second time', async () => {
  const training = await group(1);
  await move(training, to(FAR, '12:00'));
  const settings = scene.api.fleet.settings;
  expect(await scene.db.transaction((db) => findings.trainings_changed!(db, new Date(), settings))).toEqual([]);
});

describe('first old and last new state (R13)', () => {
  test('dragged twice: one message from the first to the last, which replaces the other', async () => {
    const training = await group(1);
    await move(training, to(FAR + 1, '10:00'));
    await move(training, to(FAR + 2, '11:00'));
    const [student] = training.students;
    const [note, ...more] = of(await waiting(), student);
    expect(more).toEqual([]);
    expect(note!.params).toMatchObject({
      was: { training_date: dayIn(FAR), start_time: '10:00:00' },
      now: { training_date: dayIn(FAR + 2) },
    });
  });

  test.each(['at once', 'held by quiet hours'])('dragged back untold, %s: nothing', async (how) => {
    const training = await group(1);
    await move(training, to(FAR + 1, '10:00'));
    if (how !== 'at once') {
      await scene.timePasses();
      await scene.db.query(sql.unsafe`update notifications set send_after = now() + interval '8 hours'`);
    }
    await move(training, to(FAR, '10:00'));
    expect(await waiting()).toEqual([]);
    expect(await scene.trainings([training.id])).toMatchObject([{ version: training.version + 2 }]);
  });

  test('dragged back when they were told: they are told again', async () => {
    const training = await group(1);
    await move(training, to(FAR + 1, '10:00'));
    await scene.db.query(sql.unsafe`update notifications set status = 'sent', sent_at = now()`);
    await move(training, to(FAR, '10:00'));
    expect(of(await waiting(), training.students[0])[0]!.params).toMatchObject({ was: { training_date: dayIn(FAR + 1) } });
  });

  test('a student who joined in between hears of the second change only', async () => {
    const training = await group(1);
    await move(training, to(FAR + 1, '10:00'));
    const late = await scene.make.student();
    await scene.reach(late);
    await scene.seat(training.id, late);
    await move(training, to(FAR + 2, '10:00'));
    expect(of(await waiting(), late)[0]!.params).toMatchObject({ was: { training_date: dayIn(FAR + 1) } });
  });

  test('given to a second trainer and on to a third: the first and the third hear of it', async () => {
    const training = await group(0);
    const [second, third] = [await scene.make.trainer(), await scene.make.trainer()];
    await scene.reach(second, third);
    await move(training, { trainer_id: second });
    await move(training, { trainer_id: third });
    const notes = await waiting();
    expect(notes.map(({ user_id, params }) => [user_id, params.as])).toEqual(
      expect.arrayContaining([
        [third, 'trainer'],
        [training.trainer_id, 'former_trainer'],
      ]),
    );
    expect(of(notes, second)).toEqual([]);
    await move(training, { trainer_id: training.trainer_id });
    expect(await waiting()).toEqual([]);
  });

  test('undone, the message before it waits again', async () => {
    const training = await group(1);
    await move(training, to(FAR + 1, '10:00'));
    const { undo } = await move(training, to(FAR + 2, '10:00'));
    expect((await scene.api.post(undo.href)).status).toBe(200);
    expect(of(await waiting(), training.students[0]).map(({ params }) => params.now)).toMatchObject([
      { training_date: dayIn(FAR + 1) },
    ]);
  });

  test('a reminder that is outdated by the move is there again when it is undone', async () => {
    const training = await group(1);
    const [student] = training.students;
    const params = JSON.stringify({
      real_training_id: training.id,
      training_type: 'Yoga',
      training_date: dayIn(FAR),
      start_time: '10:00:00',
      location: null,
      room: null,
      trainer: null,
    });
    await scene.db.query(sql.unsafe`
      insert into notifications (user_id, chat_id, template, params, dedupe_key, subjects, send_after)
      values (${student}, 1, 'training_reminder', ${params}::jsonb, 'reminder', array[${`training:${training.id}`}], now() + interval '1 hour')`);
    const { undo } = await move(training, to(FAR + 1, '10:00'));
    expect(await scene.notes('training_reminder')).toMatchObject([{ status: 'skipped', error: 'superseded' }]);
    await scene.api.post(undo.href);
    expect(await scene.notes('training_reminder')).toMatchObject([{ status: 'pending', error: null }]);
  });
});

test('a message about the same training meanwhile waits behind it', async () => {
  const training = await group(1);
  await move(training, to(FAR + 1, '10:00'));
  const student = await scene.make.student();
  await scene.reach(student);
  // Whoever pays takes part as well, and is told of both.
  const payer = await scene.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    update students set payer_id = seat.student_id from real_training_students seat
    where seat.real_training_id = ${training.id} and students.id = ${student} returning seat.student_id as id`);
  await scene.api.post(`/real-trainings/${training.id}/students`, { student_id: student });
  const held = (await scene.db.any(sql.unsafe`
    select template, send_after >= (select until from undos order by id desc limit 1) as waits from notifications where user_id = ${payer} order by id`)) as Json[];
  expect(held).toEqual([
    { template: 'training_moved', waits: true },
    { template: 'training_joined', waits: true },
  ]);
});

test.each([
  [
    'ru',
    /^Тренировка перенесена: Йога, теперь .*18:30, раньше была назначена на .*10:00\.\nТеперь она длится 90 минут\.\nЗанятие вернулось в абонемент «Восемь»: в этот день он не действует\.\nЗа неё выставлен счёт на 500.*\.\nОтменить запись можно бесплатно до самого начала\.$/,
  ],
  [
    'uk',
    /^Тренування перенесено: Йога, тепер .*18:30, раніше було призначене на .*10:00\.\nТепер воно триває 90 хвилин\.\nЗаняття повернулося до абонемента «Восемь»: цього дня він не діє\.\nЗа нього виставлено рахунок на 500.*\.\nСкасувати запис можна безкоштовно до самого початку\.$/,
  ],
  [
    'en',
    /^Training moved: Йога is now .*18:30, it was to be .*10:00\.\nIt lasts 90 minutes now\.\nThe session is back in “Восемь”, which is not valid on that day\.\nAn invoice over RUB 500 was written for it\.\nYou can cancel free of charge until it begins\.$/,
  ],
] as const)('in %s it says what it means for the session and for cancelling', (locale, expected) => {
  const placed = { minutes: 60, trainer_id: 1, trainer: 'Anna', room_id: null, room: null };
  const params = {
    real_training_id: 1,
    training_type: 'Йога',
    training_date: '2031-05-13',
    start_time: '18:30:00',
    was: { ...placed, training_date: '2031-05-12', start_time: '10:00:00' },
    now: { ...placed, minutes: 90, training_date: '2031-05-13', start_time: '18:30:00' },
    as: 'student',
    students: [],
    free_until: { day: '2031-05-13', time: '18:30:00', is_start: true },
    seats: [
      {
        seat_id: 1,
        student: null,
        is_payer: true,
        was: { subscription_id: 1, subscription: 'Восемь', amount_minor: null },
        now: { subscription_id: null, subscription: null, amount_minor: 50_000 },
      },
    ],
  };
  const { text } = render({ template: 'training_moved', params, locale }, { locale, zone: 'Europe/Moscow', currency: 'RUB' });
  expect(text.replaceAll(/[\u00a0\u202f]/g, ' ')).toMatch(expected);
});
