import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { eventually } from '../support/eventually.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';

let api: TestApi;
let owner: TestPerson;
beforeAll(async () => {
  api = await testApi();
  owner = await personOf(api, 'owner');
});
afterAll(() => api.close());

const isOut = (person: TestPerson) => eventually(async () => (await person.ask('GET', '/me')).status === 401);
const take = (by: TestPerson, from: TestPerson, role: string) => by.ask('DELETE', `/api/people/${from.id}/roles/${role}`);

test('a role is taken away once, and the sessions end with it', async () => {
  const trainer = await personOf(api, 'trainer');
  expect((await trainer.ask('GET', '/me')).status).toBe(200);
  expect((await take(owner, trainer, 'trainer')).status).toBe(204);
  await isOut(trainer);
  expect((await take(owner, trainer, 'trainer')).status).toBe(404);
  expect((await take(owner, trainer, 'sensei')).status).toBeGreaterThanOrEqual(400);
});

test('an unused invitation to the role ends as well', async () => {
  const admin = await personOf(api, 'admin');
  await api.db.query(sql.unsafe`
    insert into sign_in_links (token_hash, purpose, user_id, role, created_by, expires_at)
    values (sha256('an invitation'), 'invitation', ${admin.id}, 'admin', 'test', now() + interval '1 day')`);
  expect((await take(owner, admin, 'admin')).status).toBe(204);
  expect(await api.db.exists(sql.unsafe`select from sign_in_links where user_id = ${admin.id}`)).toBe(false);
});

test('the last active owner keeps the role, whoever asks; of two who take it from one another one stays', async () => {
  expect(await take(owner, owner, 'owner')).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('last owner') },
  });
  const other = await personOf(api, 'owner');
  await api.db.query(sql.unsafe`update users set is_active = false where id = ${other.id}`);
  expect((await take(owner, owner, 'owner')).status).toBe(409);
  const [one, two] = [await personOf(api, 'owner'), owner];
  const answers = await Promise.all([take(one, two, 'owner'), take(two, one, 'owner')]);
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  const owners = sql.unsafe`select user_id from user_roles join users on users.id = user_id where role = 'owner' and is_active`;
  const [left] = await api.db.anyFirst(owners);
  owner = [one, two].find(({ id }) => id === left) as TestPerson;
  expect(owner).toBeDefined();
});

test('somebody’s devices are signed out, the one that asks stays', async () => {
  const trainer = await personOf(api, 'trainer');
  expect(await owner.ask('DELETE', `/api/people/${trainer.id}/sessions`)).toMatchObject({ status: 200, body: { ended: 1 } });
  await isOut(trainer);
  expect(await owner.ask('DELETE', `/api/people/${trainer.id}/sessions`)).toMatchObject({ status: 200, body: { ended: 0 } });
  expect(await owner.ask('DELETE', `/api/people/${owner.id}/sessions`)).toMatchObject({ body: { ended: 0 } });
  expect((await owner.ask('GET', '/me')).status).toBe(200);
  expect((await owner.ask('DELETE', '/api/people/2147483647/sessions')).status).toBe(404);
});

test('an admin takes no role and ends no devices', async () => {
  const [admin, trainer] = [await personOf(api, 'admin'), await personOf(api, 'trainer')];
  expect((await take(admin, trainer, 'trainer')).status).toBe(403);
  expect((await admin.ask('DELETE', `/api/people/${trainer.id}/sessions`)).status).toBe(403);
});
