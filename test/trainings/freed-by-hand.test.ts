import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { at, byHandForEach, dayIn } from './scene.ts';

const scene = byHandForEach();

const statuses = (id: number) =>
  scene.db.any(sql.type(z.object({ student_id: z.int(), status: z.string() }))`
    select student_id, status from real_training_students where real_training_id = ${id} order by id`);
const invoices = () =>
  scene.db.any(sql.type(z.object({ student_id: z.int(), amount_minor: z.int() }))`
    select student_id, amount_minor from invoices where type = 'TRAINING' and status <> 'CANCELLED' order by id`);

/** A full training of one place two days ahead, for which two wait; whoever holds it is elsewhere at 18:00. */
async function waitedFor() {
  const training = await scene.training({ starts_at: at(dayIn(2), '10:00'), max_participants: 1 });
  const [holder, first, second] = [await scene.make.student(), await scene.make.student(), await scene.make.student()];
  await scene.seat(training.id, holder);
  for (const student of [first, second]) {
    const { status } = await scene.api.post(`/real-trainings/${training.id}/waitlist`, { student_id: student });
    expect(status).toBe(200);
  }
  const other = await scene.training({ starts_at: at(dayIn(2), '18:00') });
  await scene.seat(other.id, holder);
  await scene.timePasses();
  const { body } = await scene.api.get(`/real-trainings/${training.id}`);
  return { training: body, holder, first, second };
}
const line = (...of: [number, string][]) => of.map(([student_id, status]) => ({ student_id, status }));

/** Two changes that free a place: one for whoever is first in line, or, taken back in time, for nobody. */
const changes = [
  ['a move that releases its holder', { starts_at: at(dayIn(2), '18:00'), release: true }, 'CANCELLED_SAFE'],
  ['one place more', { max_participants: 2 }, 'REGISTERED'],
] as const;

test.each(changes)('%s lets the first in line in once nobody can take it back (R15, D49)', async (_, body, holds) => {
  const { training, holder, first, second } = await waitedFor();
  const changed = await scene.api.patch(`/real-trainings/${training.id}`, { version: training.version, ...body });
  expect(changed.status).toBe(200);
  expect(await statuses(training.id)).toEqual(line([holder, holds], [first, 'WAITLIST'], [second, 'WAITLIST']));

  await scene.timePasses();
  await scene.timePasses();
  expect(await statuses(training.id)).toEqual(line([holder, holds], [first, 'REGISTERED'], [second, 'WAITLIST']));
  expect((await scene.notes('waitlist_promoted')).map(({ user_id }) => user_id)).toEqual([first]);
  expect(await invoices()).toEqual([]);
  expect(await scene.audit()).toEqual([]);
});

test.each(changes)('%s, taken back, lets nobody in', async (_, body, __) => {
  const { training, holder, first, second } = await waitedFor();
  const changed = await scene.api.patch(`/real-trainings/${training.id}`, { version: training.version, ...body });
  expect((await scene.api.post(changed.body.undo.href)).status).toBe(200);
  await scene.timePasses();
  expect(await statuses(training.id)).toEqual(line([holder, 'REGISTERED'], [first, 'WAITLIST'], [second, 'WAITLIST']));
  expect(await scene.notes('waitlist_promoted')).toEqual([]);
});
