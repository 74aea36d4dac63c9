import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import type { Json } from '../support/front-door.ts';
import { at, type ByHand, byHand, dayIn } from './scene.ts';

let scene: ByHand;
beforeAll(async () => {
  scene = await byHand();
});
afterAll(() => scene.close());

/** A person who is signed in; what they ask is asked with their token. */
async function signedIn(userId: number) {
  const token = randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(token).digest('hex');
  await scene.db.query(sql.unsafe`
    insert into sessions (user_id, token_hash, opened_by, expires_at) values (${userId}, decode(${hash}, 'hex'), 'password', now() + interval '1 hour')`);
  return (method: string, path: string, body?: object) =>
    scene.api.ask(method, path, { key: null, headers: { Authorization: `Bearer ${token}` }, body });
}

test('a trainer writes notes of own trainings and nothing else; a client reads no notes; an admin takes anybody’s change back', async () => {
  const student = await scene.make.student();
  const [own, other] = [
    await scene.training({ starts_at: at(dayIn(5), '10:00'), notes: 'for staff', student_ids: [student] }),
    await scene.training({ starts_at: at(dayIn(5), '10:00') }),
  ];
  const trainer = await signedIn(own.trainer_id);
  const path = `/real-trainings/${own.id}`;
  const written = await trainer('PATCH', path, { notes: 'bring bands', version: 1 });
  expect(written).toMatchObject({ status: 200, body: { notes: 'bring bands', version: 2 } });
  expect((await trainer('PATCH', path, { starts_at: at(dayIn(6), '10:00'), version: 2 })).status).toBe(403);
  expect((await trainer('PATCH', `/real-trainings/${other.id}`, { notes: 'x', version: 1 })).status).toBe(404);
  for (const [method, at_] of [
    ['POST', '/real-trainings'],
    ['DELETE', path],
    ['POST', `${path}/copy`],
    ['POST', '/real-trainings/series'],
  ] as const)
    expect((await trainer(method, at_, {})).status).toBe(403);

  const client = await signedIn(student);
  const list = await client('GET', `/real-trainings?from=${dayIn(5)}&to=${dayIn(5)}`);
  expect(list.body.items.map(({ id, notes, version, kind }: Json) => [id, notes, version, kind])).toEqual([
    [own.id, null, 2, 'group'],
  ]);
  expect((await client('GET', path)).body.notes).toBeNull();
  expect((await client('PATCH', path, { notes: 'x', version: 2 })).status).toBe(403);
  expect((await client('POST', written.body.undo.href)).status).toBe(404);

  const admin = await signedIn(await scene.make.user('Admin', 'admin'));
  expect((await admin('POST', written.body.undo.href)).status).toBe(200);
  expect((await trainer('GET', path)).body).toMatchObject({ notes: 'for staff', version: 3 });
});
