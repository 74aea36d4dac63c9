import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { personOf } from '../support/people.ts';
import { at, type ByHand, byHand, dayIn } from '../trainings/scene.ts';

let scene: ByHand;
beforeAll(async () => {
  scene = await byHand({ TELEGRAM_BOT_TOKEN: '1:test' });
});
afterEach(async () => {
  await emptyStudio(scene.db);
  await scene.emptyOutbox();
});
afterAll(() => scene.close());

/** A training with two adults, one of whom nothing reaches, and a child whose mother pays. */
async function people() {
  const training = await scene.training({ starts_at: at(dayIn(3), '10:00') });
  const [adult, unreached, child, mother] = [
    await scene.make.student(),
    await scene.make.student(),
    await scene.make.student(),
    await scene.make.user('Mother', 'client'),
  ];
  await scene.db.query(sql.unsafe`update students set payer_id = ${mother} where id = ${child}`);
  await scene.seat(training.id, adult, unreached, child);
  await scene.reach(adult, mother, child);
  await scene.timePasses();
  await scene.emptyOutbox();
  return { training: training.id as number, adult, unreached, child, mother };
}
const write = (training: number, body: object, headers: Record<string, string> = {}) =>
  scene.api.post(`/real-trainings/${training}/messages`, body, { headers });
const wrote = async () => (await scene.notes('studio_wrote')).map(({ user_id }) => user_id).sort();
const ids = (list: { id: number }[]) => list.map(({ id }) => id).sort();

test('a dry run counts who is written to and names who is not reached; nothing is written', async () => {
  const { training, adult, unreached, child, mother } = await people();
  const { status, body } = await write(training, { text: '-', dry_run: true });
  expect({ status, count: body.count, dry_run: body.dry_run }).toEqual({ status: 200, count: 4, dry_run: true });
  expect(ids(body.people)).toEqual([adult, unreached, child, mother].sort());
  expect(ids(body.not_reached)).toEqual([unreached]);
  expect(await wrote()).toEqual([]);
});

test('each is written to once, whoever pays for a child as well; the same Idempotency-Key writes nothing twice', async () => {
  const { training, adult, unreached, child, mother } = await people();
  const key = { 'Idempotency-Key': 'a-message-to-all' };
  const first = await write(training, { text: 'Bring towels' }, key);
  const again = await write(training, { text: 'Bring towels' }, key);
  expect([first.status, again.status]).toEqual([200, 200]);
  expect(again.body).toEqual(first.body);
  expect(await wrote()).toEqual([adult, unreached, child, mother].sort());
  expect((await scene.notes('studio_wrote'))[0]?.text).toContain('Bring towels');
  expect((await write(training, { text: 'Bring towels, too' }, key)).status).toBe(422);
});

test('people who gave the place back, wait for one, or switched a child off are not written to', async () => {
  const { training, adult, unreached, child, mother } = await people();
  await scene.db.query(sql.unsafe`
    update real_training_students set status = 'CANCELLED_SAFE' where real_training_id = ${training} and student_id = ${adult}`);
  await scene.db.query(
    sql.unsafe`update real_training_students set status = 'WAITLIST' where real_training_id = ${training} and student_id = ${unreached}`,
  );
  await scene.db.query(
    sql.unsafe`insert into child_notifications (reader_id, student_id, is_on) values (${mother}, ${child}, false)`,
  );
  expect((await write(training, { text: 'Bring towels' })).body.count).toBe(1);
  expect(await wrote()).toEqual([child]);
});

test('a group is its members of today', async () => {
  const trainer = await scene.make.trainer();
  const { body: group } = await scene.api.post('/api/groups', { name: 'Tigers', trainer_id: trainer });
  const [now, before] = [await scene.make.student(), await scene.make.student()];
  await scene.api.post(`/api/groups/${group.id}/members`, { student_id: now });
  await scene.db.query(sql.unsafe`
    insert into group_members (group_id, student_id, from_date, to_date)
    values (${group.id}, ${before}, ${dayIn(-30)}::date, ${dayIn(-1)}::date)`);
  const { status, body } = await scene.api.post(`/api/groups/${group.id}/messages`, { text: 'No class on Friday' });
  expect({ status, people: ids(body.people) }).toEqual({ status: 200, people: [now] });
  expect(await wrote()).toEqual([now]);
});

test('nobody to write to is 409, no such training 404, and a trainer may not', async () => {
  const empty = await scene.training({ starts_at: at(dayIn(3), '10:00') });
  expect((await write(empty.id, { text: 'Hello' })).status).toBe(409);
  expect((await write(2_000_000_000, { text: 'Hello' })).status).toBe(404);
  expect((await scene.api.post('/api/groups/2000000000/messages', { text: 'Hello' })).status).toBe(404);
  const trainer = await personOf(scene.api, 'trainer');
  expect((await trainer.ask('POST', `/real-trainings/${empty.id}/messages`, { text: 'Hello' })).status).toBe(403);
});
