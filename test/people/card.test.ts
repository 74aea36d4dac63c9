import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { soldPackage } from '../bookings/sold.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
});
afterAll(() => api.close());

const card = async (id: number) => (await api.get(`/api/people/${id}/card`)).body as Json;
const timeline = async (id: number, query = '') => (await api.get(`/api/people/${id}/timeline${query}`)).body as Json;
const bill = (payer: number, student: number, amount: number) =>
  api.db.query(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor) values (${payer}, ${student}, 'SUBSCRIPTION', ${amount})`);

test('a child’s card says who pays, and what is in that wallet and owed by it; the parent’s names the child', async () => {
  const [parent, child] = [await make.client(), await make.student()];
  await api.db.query(sql.unsafe`update students set payer_id = ${parent} where id = ${child}`);
  await make.money(parent, 5_000);
  await bill(parent, child, 7_000);
  expect(await card(child)).toMatchObject({
    is_student: true,
    payer: { id: parent },
    balance_minor: 5_000,
    owed_minor: 7_000,
    owed_invoices: 1,
    children: [],
  });
  expect(await card(parent)).toMatchObject({ is_student: false, payer: { id: parent }, children: [{ id: child }] });
  expect((await api.get('/api/people/2147483647/card')).status).toBe(404);
});

test('a card needs both the scope of money and that of records', async () => {
  const id = await make.student();
  for (const scope of ['money:read', 'records:read'])
    expect((await api.get(`/api/people/${id}/card`, { key: await api.key(scope) })).status).toBe(403);
  expect((await api.get(`/api/people/${id}/card`, { key: await api.key('money:read', 'records:read') })).status).toBe(200);
});

test('the time line holds what there was of every kind once, page by page, or only the kinds that are asked for', async () => {
  const [student, admin] = [await make.student(), await personOf(api, 'admin')];
  const service = await make.service();
  await make.type();
  const specialist = await make.specialist([service]);
  const training = await make.training({ trainer: specialist, at: inHours(30) });
  await api.db.query(
    sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${training}, ${student})`,
  );
  await make.booking({ client: student, specialist, service, at: inHours(40) });
  await make.money(student, 5_000);
  await bill(student, student, 9_000);
  await make.subscription({ student, from: '2026-01-01', to: '2026-12-31' });
  const noted = await admin.ask('POST', `/api/people/${student}/notes`, { note: 'likes the morning' });
  expect(noted).toMatchObject({ status: 201, body: { author: `person:${admin.id}` } });
  expect(await admin.ask('POST', `/api/people/${student}/messages`, { text: 'Your glove is here' })).toMatchObject({
    status: 202,
    body: { queued: true },
  });

  const all = (await timeline(student)).items;
  expect(all.map(({ kind }: Json) => kind).sort()).toEqual(
    ['booking', 'invoice', 'message', 'note', 'payment', 'subscription', 'visit'].sort(),
  );
  expect(all.map(({ at }: Json) => at)).toEqual(
    all
      .map(({ at }: Json) => at)
      .toSorted()
      .reverse(),
  );
  expect(all.find(({ kind }: Json) => kind === 'message').text).toContain('Your glove is here');
  expect(all.find(({ kind }: Json) => kind === 'note')).toMatchObject({
    text: 'likes the morning',
    who: 'Somebody (admin) Тестов',
  });

  const seen: Json[] = [];
  for (let cursor = ''; ; ) {
    const part = await timeline(student, `?limit=2${cursor && `&cursor=${cursor}`}`);
    seen.push(...part.items);
    if (!part.next_cursor) break;
    cursor = part.next_cursor;
  }
  expect(seen).toEqual(all);
  expect((await timeline(student, '?kinds=money,notes')).items.map(({ kind }: Json) => kind).sort()).toEqual([
    'invoice',
    'note',
    'payment',
  ]);
  expect((await api.get(`/api/people/${student}/timeline?kinds=gossip`)).status).toBe(422);
});

test('an invoice of a package names it, in the time line and in why', async () => {
  const { client_id, invoice } = await soldPackage(api, make, { isPaid: false });
  const { items } = await timeline(client_id, '?kinds=money');
  expect(items).toMatchObject([{ kind: 'invoice', what: `Пакет ${client_id}`, person: null }]);
  expect((await api.get(`/api/why?of=invoice&id=${invoice}`)).body).toMatchObject({
    name: `Пакет ${client_id}`,
    person: expect.any(String),
  });
});

test('the card shows no secret of a message', async () => {
  const student = await make.student();
  await api.db.query(sql.unsafe`
    insert into notifications (user_id, template, params, dedupe_key)
    values (${student}, 'password_link', '{"url":"https://studio.example/join?token=secret"}', 'a-link')`);
  const { items } = await timeline(student);
  expect(items).toMatchObject([{ kind: 'message', what: 'password_link', text: null }]);
  expect(JSON.stringify(items)).not.toContain('secret');
});

test('a note is deleted once, and only from the card it is on', async () => {
  const [one, other] = [await make.student(), await make.student()];
  const { id } = (await api.post(`/api/people/${one}/notes`, { note: 'x' })).body as Json;
  expect((await api.ask('DELETE', `/api/people/${other}/notes/${id}`)).status).toBe(404);
  expect((await api.ask('DELETE', `/api/people/${one}/notes/${id}`)).status).toBe(204);
  expect((await api.ask('DELETE', `/api/people/${one}/notes/${id}`)).status).toBe(404);
  const { items } = (await api.get(`/api/changes?record=note&record_id=${one}`)).body as Json;
  expect(items.map(({ action }: Json) => action)).toEqual(['deleted', 'created']);
});

test('all bookings to come are cancelled at once, each by its own rules; a dry run says the same and changes nothing', async () => {
  const [client, other] = [await make.client(), await make.client()];
  const service = await make.service();
  const specialist = await make.specialist([service]);
  const book = async (who: number, hours: number) =>
    (await api.post('/bookings', { client_id: who, service_id: service, specialist_id: specialist, starts_at: inHours(hours) }))
      .body.id as number;
  const [soon, late, foreign] = [await book(client, 5), await book(client, 30), await book(other, 50)];
  const past = await make.booking({ client, specialist, service, at: inHours(-20) });
  const cancel = (body: Json) => api.post(`/api/people/${client}/bookings/cancel`, { reason: 'moves away', ...body });
  const consequences = { bookings: 2, late: 1, cancelled_minor: 100_000, refunded_minor: 0 };
  expect(await cancel({ dry_run: true })).toMatchObject({ status: 200, body: { ...consequences, dry_run: true } });
  expect((await card(client)).future_bookings).toBe(2);
  expect(await cancel({ dry_run: true, by: 'studio' })).toMatchObject({ body: { late: 0, cancelled_minor: 200_000 } });
  expect(await cancel({})).toMatchObject({ status: 200, body: consequences });
  expect(await cancel({})).toMatchObject({ status: 200, body: { bookings: 0 } });
  const states = await Promise.all(
    [soon, late, foreign, past].map(async (id) => (await api.get(`/bookings/${id}`)).body.status as string),
  );
  expect(states).toEqual(['CANCELLED', 'CANCELLED', 'CONFIRMED', 'CONFIRMED']);
});

test('a cancellation of several is taken back as a whole, or not at all where one place is taken since', async () => {
  const client = await make.client();
  const service = await make.service();
  const specialist = await make.specialist([service]);
  const book = (who: number, hours: number) =>
    api.post('/bookings', { client_id: who, service_id: service, specialist_id: specialist, starts_at: inHours(hours) });
  const ids = [(await book(client, 30)).body.id, (await book(client, 40)).body.id];
  const states = async () => Promise.all(ids.map(async (id) => (await api.get(`/bookings/${id}`)).body.status as string));
  const { body } = await api.post(`/api/people/${client}/bookings/cancel`, { reason: 'moves away' });
  const [first, ...others] = body.items.map(({ undo }: Json) => undo.href as string);
  const also = others.map((href: string) => Number(href.split('/').at(-1)));
  const taken = await book(await make.client(), 40);
  expect(taken.status).toBe(201);
  expect(await api.post(first, { also })).toMatchObject({ status: 409 });
  expect(await states()).toEqual(['CANCELLED', 'CANCELLED']);
  await api.post(`/bookings/${taken.body.id}/cancel`, { reason: 'ill' });
  expect(await api.post(first, { also: [2_000_000_000] })).toMatchObject({ status: 404 });
  expect(await states()).toEqual(['CANCELLED', 'CANCELLED']);
  expect(await api.post(first, { also })).toMatchObject({ status: 200, body: { kind: 'booking_cancelled' } });
  expect(await states()).toEqual(['CONFIRMED', 'CONFIRMED']);
});

test('whom a trainer trained lately or will train, each once, and nobody else’s', async () => {
  const [trainer, other] = [await personOf(api, 'trainer'), await make.specialist([])];
  await make.type();
  const [came, comes, foreign] = [await make.student(), await make.student(), await make.student()];
  const seat = (training: number, student: number, status = 'REGISTERED') =>
    api.db.query(sql.unsafe`
      insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, ${status})`);
  await seat(await make.training({ trainer: trainer.id, at: inHours(-50) }), came, 'PRESENT');
  const next = await make.training({ trainer: trainer.id, at: inHours(50) });
  for (const student of [came, comes]) await seat(next, student);
  await seat(await make.training({ trainer: other, at: inHours(50) }), foreign);
  const { body } = await trainer.ask('GET', `/api/specialists/${trainer.id}/clients`);
  expect(body.items.map(({ id, visits }: Json) => [id, visits])).toEqual([
    [came, 1],
    [comes, 0],
  ]);
  expect((await trainer.ask('GET', `/api/specialists/${other}/clients`)).status).toBe(404);
});
