import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
});
afterAll(() => api.close());

const today = () => dayOf(new Date(), api.fleet.settings.zone);
const list = async (query = '', key?: string) => (await api.get(`/api/people${query}`, key ? { key } : {})).body as Json;
const called = (id: number, first: string, last: string) =>
  api.db.query(sql.unsafe`update users set first_name = ${first}, last_name = ${last} where id = ${id}`);
/** Somebody with a last name of the test's own, so that one list is theirs alone. */
async function student(last: string, first = 'Анна') {
  const id = await make.student();
  await called(id, first, last);
  await api.db.query(sql.unsafe`update students set registration_date = ${today()}::date - 400 where id = ${id}`);
  await api.db.query(sql.unsafe`update users set created_at = now() - interval '400 days' where id = ${id}`);
  return id;
}
const seen = async (who: number, training: number, status: string) =>
  api.db.query(
    sql.unsafe`insert into real_training_students (real_training_id, student_id, status) values (${training}, ${who}, ${status})`,
  );
/** Ids that a list of a kind has of this last name. */
const ids = async (which: string, last: string) =>
  ((await list(`?which=${which}&q=${encodeURIComponent(last)}`)).items as Json[]).map(({ id }) => id);

test('a line says what somebody holds and owes, when they came last and come next, and who pays', async () => {
  const [mother, child] = [await make.client(), await student('Строкина')];
  await called(mother, 'Мама', 'Строкина');
  await api.db.query(sql.unsafe`update students set payer_id = ${mother} where id = ${child}`);
  await make.money(mother, 5_000);
  await api.db.query(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor) values (${mother}, ${child}, 'SUBSCRIPTION', 7000)`);
  const held = await make.subscription({ student: child, from: today(), to: addDays(today(), 10), left: 3 });
  await make.subscription({ student: child, from: today(), to: addDays(today(), 20), left: 8 });
  await make.type();
  const trainer = await make.specialist([]);
  const [past, next] = [await make.training({ trainer, at: inHours(-50) }), await make.training({ trainer, at: inHours(50) })];
  await seen(child, past, 'PRESENT');
  await seen(child, next, 'REGISTERED');
  const items = (await list(`?q=${encodeURIComponent('Строкина')}`)).items as Json[];
  expect(items).toMatchObject([
    {
      id: child,
      name: 'Анна Строкина',
      is_student: true,
      payer: { id: mother, name: 'Мама Строкина' },
      subscription: { id: held, sessions_left: 3, is_frozen: false },
      last_visit: inHours(-50),
      next_visit: inHours(50),
      balance_minor: 0,
      owed_minor: 0,
    },
    { id: mother, is_student: false, payer: null, subscription: null, last_visit: null, balance_minor: 5_000, owed_minor: 7_000 },
  ]);
});

test('each kind holds whoever belongs to it, on both sides of its day', async () => {
  await make.type();
  const trainer = await make.specialist([]);
  const [present, ends, owes, fresh, gone] = [
    await student('Видова', 'А'),
    await student('Видова', 'Б'),
    await student('Видова', 'В'),
    await student('Видова', 'Г'),
    await student('Видова', 'Д'),
  ];
  const at = (days: number) => new Date(Date.parse(`${addDays(today(), -days)}T09:00:00Z`)).toISOString();
  await seen(present, await make.training({ trainer, at: at(30) }), 'PRESENT');
  await seen(ends, await make.training({ trainer, at: at(31) }), 'PRESENT');
  await make.subscription({ student: present, from: addDays(today(), -9), to: today() });
  await make.subscription({ student: ends, from: addDays(today(), -9), to: addDays(today(), -1) });
  const bill = (payer: number, due: number) =>
    api.db.query(sql.unsafe`
      insert into invoices (payer_id, student_id, type, amount_minor, due_date)
      values (${payer}, ${payer}, 'SUBSCRIPTION', 100, ${addDays(today(), due)}::date)`);
  await bill(owes, -1);
  await bill(present, 0);
  const first = `${today().slice(0, 8)}01`;
  await api.db.query(sql.unsafe`update students set registration_date = ${first}::date where id = ${fresh}`);
  await api.db.query(sql.unsafe`update students set registration_date = ${first}::date - 1 where id = ${owes}`);
  await api.db.query(sql.unsafe`update users set is_active = false where id = ${gone}`);
  expect(await ids('all', 'Видова')).toEqual([present, ends, owes, fresh]);
  expect(await ids('former', 'Видова')).toEqual([gone]);
  expect(await ids('students', 'Видова')).toEqual([present, ends, owes, fresh]);
  expect(await ids('debtors', 'Видова')).toEqual([owes]);
  expect(await ids('without_subscription', 'Видова')).toEqual([ends, owes, fresh]);
  expect(await ids('new', 'Видова')).toEqual([fresh]);
  expect((await ids('away', 'Видова')).slice(0, 1)).toEqual([ends]);
  expect(await ids('away', 'Видова')).not.toContain(present);
});

test('pages follow one another by name, and lose and double nobody', async () => {
  const made = [];
  for (const first of ['В', 'А', 'Б', 'А', 'Г']) made.push(await student('Листова', first));
  const found: number[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const body: Json = await list(`?limit=2&q=${encodeURIComponent('Листова')}${cursor ? `&cursor=${cursor}` : ''}`);
    found.push(...body.items.map((item: Json) => item.id));
    cursor = body.next_cursor;
  }
  expect(found).toEqual([made[1], made[3], made[2], made[0], made[4]]);
  expect((await list('?q=%3F%3F')).items).toEqual([]);
  expect((await api.get('/api/people?which=nobody')).status).toBe(422);
});

test('money is for the scope of money: without it a line has none, and who owes is not said', async () => {
  const id = await student('Тихая');
  await make.money(id, 5_000);
  const key = await api.key('records:read');
  const { items } = await list(`?q=${encodeURIComponent('Тихая')}`, key);
  expect(items).toMatchObject([{ id }]);
  expect(items[0]).not.toHaveProperty('balance_minor');
  expect((await api.get('/api/people?which=debtors', { key })).status).toBe(403);
});

test('a trainer sees their own, without contacts, payer and money; nobody by the digits of a phone', async () => {
  await make.type();
  const trainer = await personOf(api, 'trainer');
  await api.db.query(sql.unsafe`insert into specialists (id) values (${trainer.id}) on conflict do nothing`);
  const [own, other] = [await student('Чужова', 'Своя'), await student('Чужова', 'Иная')];
  await api.db.query(sql.unsafe`update users set phone = '+79031230077' where id = ${own}`);
  await seen(own, await make.training({ trainer: trainer.id, at: inHours(20) }), 'REGISTERED');
  const mine = await trainer.ask('GET', '/api/people');
  expect(mine.body.items).toMatchObject([{ id: own, phone: null, payer: null, next_visit: inHours(20) }]);
  expect(mine.text).not.toContain('minor');
  expect(mine.body.items.map(({ id }: Json) => id)).not.toContain(other);
  expect((await trainer.ask('GET', '/api/people?q=1230077')).body.items).toEqual([]);
  expect((await trainer.ask('GET', '/api/people?which=debtors')).status).toBe(403);
});

test('whom nothing is known of any more is in no list', async () => {
  const id = await student('Забытая');
  await api.db.query(
    sql.unsafe`insert into erasures (user_id, known_since, erased_by, counts) values (${id}, now(), 'test', '{}')`,
  );
  for (const which of ['all', 'former']) expect(await ids(which, 'Забытая')).toEqual([]);
});
