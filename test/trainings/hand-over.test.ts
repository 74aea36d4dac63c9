import { expect, test } from '@jest/globals';
import type { Json } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { at, byHandForEach, dayIn } from './scene.ts';

const scene = byHandForEach();

const DAY = 10;
/** A day's trainings of one trainer, each with a student who can be reached. */
async function morning(...clocks: string[]) {
  const trainer = await scene.make.trainer();
  const [trainings, students] = [[] as Json[], [] as number[]];
  for (const clock of clocks) {
    const training = await scene.training({ trainer_id: trainer, starts_at: at(dayIn(DAY), clock) });
    const student = await scene.make.student();
    await scene.seat(training.id, student);
    trainings.push(training);
    students.push(student);
  }
  await scene.reach(trainer, ...students);
  await scene.timePasses();
  await scene.emptyOutbox();
  return { trainer, trainings, students };
}
const handOver = (trainings: readonly Json[], trainer_id: number, more: object = {}) =>
  scene.api.post('/real-trainings/hand-over', {
    items: trainings.map(({ id, version }) => ({ id, version })),
    trainer_id,
    ...more,
  });
const trainersOf = async (trainings: readonly Json[]) =>
  (await scene.trainings(trainings.map(({ id }) => id))).map(({ trainer_id }) => trainer_id);

test('a dry run says of each whether it can be given, and who is told; nothing is changed', async () => {
  const { trainer, trainings, students } = await morning('10:00', '12:00');
  const other = await scene.make.trainer();
  await scene.training({ trainer_id: other, starts_at: at(dayIn(DAY), '12:30') });
  await scene.timePasses();
  await scene.emptyOutbox();
  const { status, body } = await handOver(trainings, other, { dry_run: true });
  expect({ status, undo: body.undo, dry_run: body.dry_run }).toEqual({ status: 200, undo: null, dry_run: true });
  expect(body.items).toEqual([
    expect.objectContaining({ real_training_id: trainings[0]?.id, obstacles: [] }),
    expect.objectContaining({ obstacles: [expect.objectContaining({ what: 'trainer', id: other })] }),
  ]);
  const told = body.told.people.map(({ id, as }: Json) => [id, as]);
  expect(new Set(told.map(String))).toEqual(
    new Set([[students[0], 'student'].join(), [other, 'trainer'].join(), [trainer, 'former_trainer'].join()]),
  );
  expect(await trainersOf(trainings)).toEqual([trainer, trainer]);
  expect(await scene.notes()).toEqual([]);
});

test('all of them are given in one change: everybody is told once of each, and one undo takes back all of it', async () => {
  const { trainer, trainings, students } = await morning('10:00', '12:00', '14:00');
  const other = await scene.make.trainer();
  await scene.reach(other);
  const { status, body } = await handOver(trainings, other);
  expect({ status, detail: body.detail }).toEqual({ status: 200, detail: undefined });
  expect(await trainersOf(trainings)).toEqual([other, other, other]);
  expect(body.told.count).toBe(students.length + 2);
  const notes = await scene.notes('training_moved');
  expect(notes.every(({ is_held }) => is_held)).toBe(true);
  expect(notes.filter(({ user_id }) => user_id === other).length).toBe(3);
  for (const student of students) expect(notes.filter(({ user_id }) => user_id === student).length).toBe(1);

  expect((await scene.api.post(body.undo.href)).status).toBe(200);
  expect(await trainersOf(trainings)).toEqual([trainer, trainer, trainer]);
  expect(await scene.notes()).toEqual([]);
  expect((await scene.api.post(body.undo.href)).status).toBe(200);
  expect(await scene.audit()).toEqual([]);
});

test('an obstacle to one training stops all: 409 names each, and nothing is changed', async () => {
  const { trainer, trainings } = await morning('10:00', '12:00');
  const other = await scene.make.trainer();
  await scene.training({ trainer_id: other, starts_at: at(dayIn(DAY), '10:30') });
  const { status, body } = await handOver(trainings, other);
  expect(status).toBe(409);
  expect(body.items.map(({ obstacles }: Json) => obstacles.length)).toEqual([1, 0]);
  expect(await trainersOf(trainings)).toEqual([trainer, trainer]);
});

test('a version that somebody changed meanwhile, and one that is called off, are refused', async () => {
  const { trainer, trainings } = await morning('10:00', '12:00');
  const other = await scene.make.trainer();
  const [first, second] = trainings as [Json, Json];
  await scene.api.patch(`/real-trainings/${first.id}`, { version: first.version, notes: 'bring bands' });
  expect((await handOver(trainings, other)).status).toBe(409);
  await scene.api.post(`/real-trainings/${second.id}/cancel`, { reason: 'the boiler' });
  const seen = await scene.trainings([first.id, second.id]);
  const { status, body } = await handOver(seen, other);
  expect({ status, whats: body.items.map(({ obstacles }: Json) => obstacles.map(({ what }: Json) => what)) }).toEqual({
    status: 409,
    whats: [[], ['over']],
  });
  expect(await trainersOf(trainings)).toEqual([trainer, trainer]);
});

test('of two who give the same trainings away at once one is refused', async () => {
  const { trainings } = await morning('10:00', '12:00');
  const others = [await scene.make.trainer(), await scene.make.trainer()];
  const answers = await Promise.all(others.map((other) => handOver(trainings, other)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  const winner = others[answers.findIndex(({ status }) => status === 200)];
  expect(await trainersOf(trainings)).toEqual([winner, winner]);
});

test.each([
  [[], 'no training'],
  [[{ id: 1, version: 1 }, { id: 1, version: 1 }], 'one twice'], // biome-ignore format: one case a line
])('%j is refused: %s', async (items) => {
  const { status } = await scene.api.post('/real-trainings/hand-over', { items, trainer_id: 1 });
  expect(status).toBe(422);
});

test('a trainer gives nothing away', async () => {
  const { trainings } = await morning('10:00');
  const trainer = await personOf(scene.api, 'trainer');
  const items = trainings.map(({ id, version }) => ({ id, version }));
  const { status } = await trainer.ask('POST', '/real-trainings/hand-over', { items, trainer_id: trainer.id });
  expect(status).toBe(403);
});
