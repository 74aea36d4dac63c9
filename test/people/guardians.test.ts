import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { salon } from '../bookings/salon.ts';
import { eventually } from '../support/eventually.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
});
afterAll(() => api.close());

const guardians = async (child: number) => (await api.get(`/api/students/${child}/guardians`)).body.items;
const name = (child: number, adult: number, body?: object) =>
  api.ask('PUT', `/api/students/${child}/guardians/${adult}`, { body });
const dismiss = (child: number, adult: number) => api.ask('DELETE', `/api/students/${child}/guardians/${adult}`);
const born = (id: number, years: number) =>
  api.db.query(sql.unsafe`update users set birth_date = (now() - ${`${years} years`}::interval)::date where id = ${id}`);

/** Mother pays for the child; father is a client who has nothing to do with it yet. */
async function family() {
  const [child, father] = [await make.student(), await personOf(api, 'client')];
  const mother = await make.client();
  await api.db.query(sql.unsafe`update students set payer_id = ${mother} where id = ${child}`);
  return { child, mother, father };
}

/** Sessions are looked at again within a second. */
const isAnswered = (person: TestPerson, child: number, status: number) =>
  eventually(async () => (await person.ask('GET', `/api/students/${child}`)).status === status);

test('parents of one child may be several, and one pays: the second sees the child as well, not the wallet', async () => {
  const { child, mother, father } = await family();
  expect((await father.ask('GET', `/api/students/${child}`)).status).toBe(404);
  const made = await name(child, father.id);
  expect(made).toMatchObject({ status: 200, body: { guardian_id: father.id, allowed_after_18: false, is_in_force: true } });
  expect(await name(child, father.id)).toMatchObject({ status: 200, body: made.body });
  expect(await guardians(child)).toMatchObject([
    { guardian_id: mother, is_payer: true },
    { guardian_id: father.id, is_payer: false },
  ]);
  await isAnswered(father, child, 200);
  expect((await father.ask('GET', `/api/students/${child}/wallet`)).status).toBe(404);
});

test('a guardian who is taken away is out at once; a payer stays one until another pays', async () => {
  const { child, mother, father } = await family();
  await name(child, father.id);
  await isAnswered(father, child, 200);
  expect((await dismiss(child, father.id)).status).toBe(204);
  await isAnswered(father, child, 404);
  expect((await dismiss(child, father.id)).status).toBe(404);
  expect(await dismiss(child, mother)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('pays') } });
  await api.db.query(sql.unsafe`update students set payer_id = ${father.id} where id = ${child}`);
  expect((await dismiss(child, mother)).status).toBe(204);
  expect((await guardians(child)).map((one: { guardian_id: number }) => one.guardian_id)).toEqual([father.id]);
});

test('at 18 it ends, unless it is allowed longer; what it was before is in the log of changes', async () => {
  const { child, father } = await family();
  await born(child, 18);
  expect((await name(child, father.id)).body).toMatchObject({ allowed_after_18: false, is_in_force: false });
  expect((await name(child, father.id, { allowed_after_18: true })).body).toMatchObject({
    allowed_after_18: true,
    is_in_force: true,
  });
  await isAnswered(father, child, 200);
  await born(child, 17);
  expect((await name(child, father.id, { allowed_after_18: false })).body).toMatchObject({ is_in_force: true });
  const log = await api.get(`/api/changes?record=guardian&record_id=${child}`);
  const his = log.body.items.filter((one: { before?: object; after?: object }) =>
    JSON.stringify([one.before, one.after]).includes(`"guardian_id":${father.id}`),
  );
  expect(his.map((one: { action: string }) => one.action).sort()).toEqual([
    'created',
    'created',
    'created',
    'deleted',
    'deleted',
  ]);
});

test.each([
  ['a student that nobody is', 404, async () => name(2_147_483_647, await make.client())],
  ['a person that nobody is', 404, async () => name(await make.student(), 2_147_483_647)],
  ['oneself', 409, () => make.student().then((id) => name(id, id))],
  ['the guardians of nobody', 404, () => api.get('/api/students/2147483647/guardians')],
])('%s is a %i', async (_, status, ask) => {
  expect((await ask()).status).toBe(status);
});

test('it is for staff: a guardian names no other, a trainer and a key that only reads do not either', async () => {
  const { child, father } = await family();
  const mother = await personOf(api, 'guardian', { children: [child] });
  const trainer = await personOf(api, 'trainer');
  for (const one of [mother, trainer, father])
    expect((await one.ask('PUT', `/api/students/${child}/guardians/${father.id}`, {})).status).toBe(403);
  const key = await api.key('records:read');
  expect((await api.ask('PUT', `/api/students/${child}/guardians/${father.id}`, { key, body: {} })).status).toBe(403);
});
