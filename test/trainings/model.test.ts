import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import type { Json } from '../support/front-door.ts';
import { rounds } from '../support/nightly-only.ts';
import { at, type ByHand, byHand, dayIn } from './scene.ts';

let scene: ByHand;
beforeAll(async () => {
  scene = await byHand({ RATE_LIMIT_PER_MINUTE: '1000000' });
});
afterAll(() => scene.close());

/** Numbers that look random and are the same for one seed (mulberry32). */
function randomOf(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

/** A training as the plain model has it: hours from the first day's midnight, who gives it, who is in it. */
type Model = { id: number; start: number; trainer: number; students: number[]; version: number; isOff: boolean };
const meets = (one: { start: number }, other: { start: number }) => one.start < other.start + 1 && other.start < one.start + 1;

const STEPS = rounds({ daily: 50, nightly: 600 });

test.each(rounds({ daily: [7], nightly: [1, 2, 3, 4] }))(
  'moves, cancellations and undos are what a plain model says (seed %i)',
  async (seed) => {
    const random = randomOf(seed);
    const [trainers, students] = [[] as number[], [] as number[]];
    for (let n = 0; n < 3; n += 1) trainers.push(await scene.make.trainer());
    for (let n = 0; n < 6; n += 1) students.push(await scene.make.student());
    await scene.reach(...trainers, ...students);
    const base = 5 + seed * 20;
    const when = (start: number) => at(dayIn(base + Math.floor(start / 24)), `${String(start % 24).padStart(2, '0')}:00`);
    const models: Model[] = [];
    for (let n = 0; n < 6; n += 1) {
      const [trainer, own] = [trainers[n % 3] as number, [students[n] as number, students[(n + 1) % 6] as number]];
      const made = await scene.training({
        trainer_id: trainer,
        starts_at: when(8 + n * 2),
        student_ids: own,
        training_type_id: await scene.make.type({ price: 1_000 * n }),
      });
      models.push({ id: made.id, start: 8 + n * 2, trainer, students: own, version: made.version, isOff: false });
    }
    /** What can be taken back, newest last: the training as it was, and the version that was left. */
    const undos: { href: string; was: Model; left: number }[] = [];
    const isTaken = (model: Model, to: { start: number; trainer: number }) =>
      models.some(
        (other) =>
          other !== model &&
          !other.isOff &&
          meets(other, to) &&
          (other.trainer === to.trainer || other.students.some((one) => model.students.includes(one))),
      );
    const outcomes = new Map<string, number>();
    for (let step = 0; step < STEPS; step += 1) {
      const model = models[random(models.length)] as Model;
      const what = random(10);
      if (what < 6) {
        const to = { start: random(24 * 4), trainer: random(3) === 0 ? (trainers[random(3)] as number) : model.trainer };
        const reply = await scene.api.patch(`/real-trainings/${model.id}`, {
          starts_at: when(to.start),
          trainer_id: to.trainer,
          version: model.version,
        });
        const expected = model.isOff || isTaken(model, to) ? 409 : 200;
        expect([step, reply.status, reply.body.detail]).toEqual([step, expected, reply.body.detail]);
        if (expected === 200 && reply.body.undo) {
          undos.push({ href: reply.body.undo.href, was: { ...model }, left: reply.body.version });
          Object.assign(model, to, { version: reply.body.version });
        }
        outcomes.set(`move ${expected}`, (outcomes.get(`move ${expected}`) ?? 0) + 1);
      } else if (what < 7 && !model.isOff) {
        const reply = await scene.api.post(`/real-trainings/${model.id}/cancel`, { reason: 'random' });
        expect(reply.status).toBe(200);
        undos.push({ href: reply.body.undo.href, was: { ...model }, left: reply.body.version });
        Object.assign(model, { isOff: true, version: reply.body.version });
      } else {
        const undo = undos.pop();
        if (!undo) continue;
        await scene.db.query(
          sql.unsafe`update undos set until = clock_timestamp() + interval '10 seconds' where undone_at is null`,
        );
        const now = models.find(({ id }) => id === undo.was.id) as Model;
        const expected = now.version === undo.left && !isTaken(now, undo.was) ? 200 : 409;
        const reply = await scene.api.post(undo.href);
        expect([step, reply.status, reply.body.detail]).toEqual([step, expected, reply.body.detail]);
        if (expected === 200) Object.assign(now, undo.was, { version: undo.left + 1 });
        outcomes.set(`undo ${expected}`, (outcomes.get(`undo ${expected}`) ?? 0) + 1);
      }
    }
    const present = await scene.trainings(models.map(({ id }) => id));
    expect(
      present.map(({ id, starts_at, trainer_id, status, version, students: all }) => [
        id,
        starts_at,
        trainer_id,
        status,
        version,
        all.filter((one: Json) => one.status === 'REGISTERED').map((one: Json) => one.student_id),
      ]),
    ).toEqual(
      models.map(({ id, start, trainer, isOff, version, students: own }) => [
        id,
        when(start),
        trainer,
        isOff ? 'cancelled' : 'scheduled',
        version,
        isOff ? [] : own,
      ]),
    );
    expect([...outcomes.keys()].sort()).toEqual(expect.arrayContaining(['move 200', 'move 409', 'undo 200']));
    expect(await scene.audit()).toEqual([]);
    // Of each training and reader one message waits at most, and it says how things are.
    const waiting = (await scene.notes('training_moved')).filter(
      ({ status, params }) => status === 'pending' && models.some(({ id }) => id === params.real_training_id),
    );
    const keys = waiting.map(({ user_id, params }) => `${user_id}:${params.real_training_id}`);
    expect(new Set(keys).size).toBe(keys.length);
  },
);
