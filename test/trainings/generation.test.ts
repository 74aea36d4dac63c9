import { describe, expect, test } from '@jest/globals';
import { addDays, mondayAfter } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { buildWindow, initialWeek } from '../../sql/generation/week.ts';
import type { Json } from '../support/front-door.ts';
import { at, byHandForEach, dayIn, ZONE } from './scene.ts';

const scene = byHandForEach();

/** The Monday after next: the week is to come still when midnight passes. */
const MONDAY = addDays(mondayAfter(dayIn(0)), 7);
const day = (n: number) => addDays(MONDAY, n - 1);
const NEXT = day(8);

async function build(start: string) {
  let progress = initialWeek;
  const week = { start, zone: ZONE, graceDays: 7, now: new Date() };
  while (!progress.done) progress = await scene.db.transaction((db) => buildWindow(db, week, progress, null));
  return progress;
}
/** A weekly template on Monday at ten with one student, and its training of the week. */
async function weekly() {
  const trainer = await scene.make.trainer();
  const template = await scene.make.template({ type: await scene.make.type(), trainer, day: 1, time: '10:00' });
  const student = await scene.make.student();
  await scene.make.link(template, student, { since: '2020-01-01' });
  const { created } = await build(MONDAY);
  const [training] = (await scene.trainings([...created])) as [Json];
  return { training, trainer, template, student };
}
const move = async (training: Json, startsAt: string) => {
  const [{ version }] = (await scene.trainings([training.id])) as [Json];
  const reply = await scene.api.patch(`/real-trainings/${training.id}`, { version, starts_at: startsAt });
  expect([200, 409]).toContain(reply.status);
  return reply;
};
const made = async () =>
  (await scene.db.anyFirst(sql.unsafe`
    select training_date || ' ' || left(start_time::text, 5) from real_trainings where status <> 'cancelled' order by starts_at`)) as string[];

test.each([
  ['to another hour', at(day(1), '18:00'), [`${day(1)} 18:00`, `${NEXT} 10:00`]],
  ['to another day', at(day(3), '10:00'), [`${day(3)} 10:00`, `${NEXT} 10:00`]],
  ['over midnight', at(day(1), '23:30'), [`${day(1)} 23:30`, `${NEXT} 10:00`]],
  ['into the week after', at(addDays(NEXT, 2), '10:00'), [`${NEXT} 10:00`, `${addDays(NEXT, 2)} 10:00`]],
  ['to the day of its template’s next one, at another hour', at(NEXT, '12:00'), [`${NEXT} 10:00`, `${NEXT} 12:00`]],
])('moved %s: generation before and after makes no twin, and none is missing', async (_, startsAt, all) => {
  const { training, student } = await weekly();
  expect((await move(training, startsAt)).status).toBe(200);
  for (const start of [MONDAY, NEXT, MONDAY, NEXT]) expect((await build(start)).conflicts).toEqual([]);
  expect(await made()).toEqual(all);
  const seats = await scene.db.anyFirst(
    sql.unsafe`select count(*)::int from real_training_students where student_id = ${student} group by real_training_id`,
  );
  expect(seats).toEqual([1, 1]);
  expect(await scene.audit()).toEqual([]);
});

test('onto the very place of its template’s next one: refused where that is made, else that one is a conflict and is made later', async () => {
  const { training } = await weekly();
  expect((await move(training, at(NEXT, '10:00'))).status).toBe(200);
  const { conflicts } = await build(NEXT);
  expect(conflicts).toMatchObject([{ reason: 'trainer_busy', real_training_id: training.id, training_date: NEXT }]);
  expect((await move(training, at(day(1), '10:00'))).status).toBe(200);
  expect((await build(NEXT)).created).toHaveLength(1);
  expect((await move(training, at(NEXT, '10:30'))).body.obstacles).toMatchObject([{ what: 'trainer' }]);
  expect(await made()).toEqual([`${day(1)} 10:00`, `${NEXT} 10:00`]);
});

test('cancelled by hand and taken back, generation between both makes no twin', async () => {
  const { training } = await weekly();
  const { body } = await scene.api.post(`/real-trainings/${training.id}/cancel`, { reason: 'x' });
  await build(MONDAY);
  expect((await scene.api.post(body.undo.href)).status).toBe(200);
  await build(MONDAY);
  expect(await made()).toEqual([`${day(1)} 10:00`]);
});

describe('a copy and a single training are of no template', () => {
  test('generation makes its own beside them', async () => {
    const { training, student } = await weekly();
    const copy = await scene.api.post(`/real-trainings/${training.id}/copy`, {
      starts_at: at(day(2), '10:00'),
      with_students: true,
    });
    expect(copy).toMatchObject({
      status: 201,
      body: { training_template_id: null, registered: 1, training_date: day(2), undo: { href: expect.any(String) } },
    });
    expect(copy.headers.get('location')).toBe(`/real-trainings/${copy.body.id}`);
    const empty = await scene.api.post(`/real-trainings/${training.id}/copy`, { starts_at: at(day(3), '10:00') });
    expect(empty.body).toMatchObject({ registered: 0, trainer_id: training.trainer_id });
    expect(
      await scene.api.post(`/real-trainings/${training.id}/copy`, { starts_at: at(day(2), '10:30'), with_students: true }),
    ).toMatchObject({
      status: 409,
      body: { obstacles: [{ what: 'trainer' }], busy: [{ student_id: student }] },
    });
    await build(MONDAY);
    expect(await made()).toEqual([`${day(1)} 10:00`, `${day(2)} 10:00`, `${day(3)} 10:00`]);
  });
});
