import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { references } from '../../sql/people/merge-decisions.ts';
import { rowByRow } from '../../sql/people/merge-rows.ts';
import { balanceOf, inHours, salon } from '../bookings/salon.ts';
import { inDays, today } from '../support/days.ts';
import { eventually } from '../support/eventually.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
let trainer: number;
let specialist: number;
let service: number;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
  await make.type();
  trainer = await make.specialist([]);
  service = await make.service({ price: 0 });
  specialist = await make.specialist([service]);
});
afterAll(() => api.close());

const run = (query: ReturnType<typeof sql.unsafe>) => api.db.query(query);
const merge = (kept: number, other: number, body: Json = {}) =>
  api.post(`/api/clients/${kept}/merge`, { other_id: other, ...body });
const obstaclesOf = async (kept: number, other: number, body: Json = {}) => {
  const { status, body: answer } = await merge(kept, other, { dry_run: true, ...body });
  expect(status).toBe(200);
  expect(answer.becomes === null).toBe(answer.obstacles.length > 0);
  return answer.obstacles.map(({ kind }: Json) => kind);
};
const one = z.object({ id: z.int() });
const seat = (training: number, student: number, status = 'REGISTERED') =>
  api.db.oneFirst(sql.type(one)`
    insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, ${status}) returning id`);
const kind = () =>
  api.db.oneFirst(sql.type(one)`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_days)
    values (${`Абонемент ${Math.random()}`}, 800000, 8, 30) returning id`);
const hold = (student: number, subscription: number) =>
  api.db.oneFirst(sql.type(one)`
    insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left)
    values (${student}, ${subscription}, ${inDays(-3)}::date, ${inDays(20)}::date, 8) returning id`);
const owe = (payer: number, student: number, held: number, minor: number) =>
  run(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, student_subscription_id) values (${payer}, ${student}, 'SUBSCRIPTION', ${minor}, ${held})`);
const called = (id: number, first: string, last: string, phone: string | null = null) =>
  run(sql.unsafe`update users set first_name = ${first}, last_name = ${last}, phone = ${phone} where id = ${id}`);

const reference = z.object({ reference: z.string() });
test('of every reference to a person it is decided what becomes of it, and whoever writes one looks whether they were merged', async () => {
  const found = await api.db.anyFirst(sql.type(reference)`
    select conrelid::regclass::text || '.' || attname as reference from pg_constraint
    join pg_attribute on attrelid = conrelid and attnum = any(conkey)
    where contype = 'f' and confrelid in ('users'::regclass, 'students'::regclass, 'specialists'::regclass, 'wallets'::regclass)`);
  expect(Object.keys(references).toSorted()).toEqual([...found].toSorted());
  const watched = await api.db.anyFirst(sql.type(reference)`
    select tgrelid::regclass::text || '.' || encode(substring(tgargs for length(tgargs) - 1), 'escape') as reference
    from pg_trigger where tgfoid = 'refuse_the_merged'::regproc`);
  const past = ['merges.merged_id', 'merges.kept_id', 'payments.person_id', 'payment_refunds.person_id', 'pay_payouts.person_id'];
  // A wallet opens with its first transaction; a demo's links are made with the demo.
  const besides = [...past, 'users.merged_into', 'wallets.user_id', 'demo_links.user_id'];
  const written = Object.keys(references).filter((name) => references[name]!.what !== 'refused' && !besides.includes(name));
  expect([...watched].toSorted()).toEqual(written.toSorted());
  const own = Object.keys(references).filter((name) => ['by_hand', 'carried'].includes(references[name]!.what));
  expect(Object.keys(rowByRow).toSorted()).toEqual(own.toSorted());
});

/** Somebody twice: with a past, a balance, a debt, sessions, and something ahead under either number. */
async function twice() {
  const [kept, other] = [await make.student(), await make.student()];
  const phones = [`+7916${String(kept).padStart(7, '1')}`, `+7917${String(other).padStart(7, '2')}`];
  await called(kept, 'Вера', `Ильина${kept}`, phones[0]);
  await called(other, 'Вера', `Илина${kept}`, phones[1]);
  const subscription = await kind();
  const past = await make.training({ trainer, at: inHours(-30 * 24 + kept) });
  const together = await make.training({ trainer, at: inHours(-50 * 24 + kept) });
  await run(
    sql.unsafe`update real_trainings set status = 'completed', completed_at = ends_at where id in (${past}, ${together})`,
  );
  for (const id of [kept, other]) {
    await make.money(id, 5_000 + id);
    await owe(id, id, await hold(id, subscription), 700_000 + id);
    await seat(together, id, 'PRESENT');
    await run(sql.unsafe`insert into person_notes (user_id, note, author) values (${id}, ${`о ${id}`}, 'desk')`);
  }
  await run(sql.unsafe`update real_training_students set excused_at = null where student_id = ${other}`);
  const visit = await seat(past, other, 'PRESENT');
  return { kept, other, past, together, visit, subscription, phones: phones as [string, string] };
}
const FREE = sql.fragment`update real_training_students set charged_at = now() where charged_at is null`;

test('merged, everything is the kept one’s, the past is read with it, and the audit is as square as before', async () => {
  const { kept, other, visit, phones } = await twice();
  await run(sql.unsafe`${FREE}`);
  const ahead = await make.training({ trainer, at: inHours(100) });
  await seat(ahead, other);
  await run(sql.unsafe`${FREE}`);
  const booking = await make.booking({ client: other, specialist, service, at: inHours(120) });
  expect(await auditBooks(api.db, today())).toEqual([]);
  const line = async (id: number) => {
    const { body } = await api.get(`/api/people/${id}/timeline?limit=100`);
    return body.items.map(({ kind, id }: Json) => `${kind} ${id}`) as string[];
  };
  const [first, second] = [await line(kept), await line(other)];

  const dry = await merge(kept, other, { dry_run: true });
  expect(dry).toMatchObject({ status: 200, body: { dry_run: true, obstacles: [], merged: { merged_id: other, kept_id: kept } } });
  expect((await api.get(`/api/clients/${other}`)).body.merged_into).toBeNull();
  const done = await merge(kept, other);
  expect(done.status).toBe(200);
  expect({ ...done.body, dry_run: true, merged: null }).toEqual({ ...dry.body, merged: null });
  expect(done.body.becomes).toMatchObject({
    balance_minor: 10_000 + kept + other,
    owed_minor: 1_400_000 + kept + other,
    sessions_left: 16,
    subscriptions: 2,
    visits: 3,
    trainings_ahead: 1,
    bookings_ahead: 1,
    notes: 2,
    phones: [phones[0], phones[1]],
  });
  expect(await auditBooks(api.db, today())).toEqual([]);
  expect(await balanceOf(api.db, other)).toBe(0);
  // Once more is the same.
  expect((await merge(kept, other)).body.merged).toEqual(done.body.merged);

  const sorted = (lines: string[]) => [...new Set(lines)].toSorted();
  expect(sorted(await line(kept))).toEqual(sorted([...first, ...second]));
  expect((await api.get(`/api/clients/${other}`)).body).toMatchObject({ id: other, merged_into: kept, is_active: false });
  expect((await api.get(`/api/people/${other}/card`)).body.merged_into).toMatchObject({ id: kept });
  expect((await api.get(`/api/people/${kept}/card`)).body.merged).toMatchObject([{ id: other, phone: phones[1] }]);
  const listed = (await api.get('/api/students?limit=200')).body.items.map(({ id }: Json) => id);
  expect([listed.includes(kept), listed.includes(other)]).toEqual([true, false]);
  const found = (await api.get(`/api/search?q=${phones[1].slice(-7)}`)).body.people;
  expect(found.map(({ id }: Json) => id)).toEqual([kept]);
  const wallet = (await api.get(`/api/people/${kept}/wallet`)).body;
  expect(
    wallet.items
      .filter((entry: Json) => entry.kind === 'merge')
      .map((entry: Json) => entry.amount_minor)
      .toSorted(),
  ).toEqual([-5_000 - other, 5_000 + other].toSorted());
  const why = (await api.get(`/api/why?of=balance&id=${kept}`)).body;
  expect(why).toMatchObject({ amount_minor: 10_000 + kept + other });
  // What is to come is cancelled as theirs.
  expect((await api.post(`/bookings/${booking}/cancel`, { reason: 'x' })).status).toBe(200);
  expect(visit).toBeGreaterThan(0);
});

/** Each: what is so of the two, and what is said of it. `kept` and `other` are students with nothing ahead. */
const against: [string, (kept: number, other: number) => Promise<unknown>, string[], Json?][] = [
  ['nothing', async () => undefined, []],
  [
    'the other one works here',
    (_, other) => run(sql.unsafe`insert into user_roles values (${other}, 'trainer')`),
    ['works_here'],
  ],
  ['the kept one works here', (kept) => run(sql.unsafe`insert into user_roles values (${kept}, 'trainer')`), []],
  [
    'one looks after the other',
    (kept, other) => run(sql.unsafe`insert into guardians (guardian_id, student_id) values (${other}, ${kept})`),
    ['are_family'],
  ],
  [
    'one pays for the other',
    (kept, other) => run(sql.unsafe`update students set payer_id = ${kept} where id = ${other}`),
    ['are_family'],
  ],
  ['two passwords', (kept, other) => passwords(kept, other), ['two_sign_ins']],
  ['two passwords, one chosen', (kept, other) => passwords(kept, other), [], { sign_in: 'own' }],
  ['one password', (_, other) => passwords(other), []],
  ['two chats', (kept, other) => chats(kept, other), ['two_chats']],
  ['two chats, one chosen', (kept, other) => chats(kept, other), [], { chat: 'other' }],
  ['one chat', (_, other) => chats(other), []],
  ['one training to come', (kept, other) => together(inHours(30), kept, other, 'REGISTERED'), ['same_training']],
  ['one waits for it', (kept, other) => together(inHours(30), kept, other, 'WAITLIST'), ['same_training']],
  ['one has cancelled it', (kept, other) => together(inHours(30), kept, other, 'CANCELLED_SAFE'), []],
  ['one training of the past', (kept, other) => together(inHours(-30), kept, other, 'REGISTERED'), []],
  ['two trainings at one time', (kept, other) => apart(30, kept, other), ['same_time']],
  ['two trainings one after the other', (kept, other) => apart(30, kept, other, 31), []],
  ['two trainings at one time of the past', (kept, other) => apart(-30, kept, other), []],
  ['a booking in a training', (kept, other) => booked(40, kept, other), ['same_time']],
  ['a booking in a training of the past', (kept, other) => booked(-40, kept, other), []],
  ['a time is held', (_, other) => held(other, 1), ['hold']],
  ['a hold that is over', (_, other) => held(other, -1), []],
  ['an open request', (_, other) => asked(other, 'open'), ['open_requests']],
  ['a decided request', (_, other) => asked(other, 'refused'), []],
  ['two exams of one program', (kept, other) => exams(kept, other, 'planned'), ['two_exams']],
  ['one of two exams is over', (kept, other) => exams(kept, other, 'cancelled'), []],
  ['something can be undone still', (kept) => changed(kept, null), ['just_changed']],
  ['it was undone', (kept) => changed(kept, 'now'), []],
];
const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA';
const passwords = async (...ids: number[]) => {
  for (const id of ids) await run(sql.unsafe`insert into passwords (user_id, hash) values (${id}, ${`${HASH}${id}`})`);
};
const chats = async (...ids: number[]) => {
  for (const id of ids) await run(sql.unsafe`update users set telegram_id = ${880_000 + id} where id = ${id}`);
};
/** Trainings have a trainer each, so that only the two may meet. */
const trainingAt = async (at: string) => make.training({ trainer: await make.specialist([]), at });
async function together(at: string, kept: number, other: number, status: string) {
  const training = await trainingAt(at);
  await seat(training, kept);
  await seat(training, other, status);
}
async function apart(hours: number, kept: number, other: number, otherHours = hours) {
  await seat(await trainingAt(inHours(hours)), kept);
  await seat(await trainingAt(inHours(otherHours)), other);
}
async function booked(hours: number, kept: number, other: number) {
  await seat(await trainingAt(inHours(hours)), kept);
  await make.booking({ client: other, specialist: await make.specialist([service]), service, at: inHours(hours), minutes: 30 });
}
const held = async (client: number, hours: number) =>
  make.booking({ client, specialist: await make.specialist([service]), service, at: inHours(60), heldUntil: inHours(hours) });
const asked = async (student: number, status: string) =>
  run(sql.unsafe`
    insert into finance_requests (kind, real_training_id, student_id, requested_at, requested_by, status, decided_at)
    values ('add_student', ${await trainingAt(inHours(70))}, ${student}, now(), 'x', ${status}, ${status === 'open' ? null : inHours(0)}::timestamptz)`);
async function exams(kept: number, other: number, status: string) {
  for (const [id, is] of [
    [kept, 'planned'],
    [other, status],
  ] as const)
    await run(sql.unsafe`
      insert into belt_exams (student_id, belt, exam_at, program, belt_id, status, planned_by)
      select ${id}, name, now() + interval '9 days', program, id, ${is}, 'x' from belts where path = 'adult' and position = 1`);
}
const changed = (payer: number, undone: string | null) =>
  run(sql.unsafe`
    insert into undos (kind, subject_id, actor, settle_payer_ids, until, undone_at)
    values ('trainings_cancelled', 0, 'x', array[${payer}::int], now() + interval '9 seconds', ${undone}::timestamptz)`);

test.each(against)('obstacles: %s', async (_, prepare, kinds, body = {}) => {
  const [kept, other] = [await make.student(), await make.student()];
  await prepare(kept, other);
  expect(await obstaclesOf(kept, other, body)).toEqual(kinds);
  const before = await counted(kept, other);
  const done = await merge(kept, other, body);
  expect(done.status).toBe(kinds.length === 0 ? 200 : 409);
  if (kinds.length > 0) {
    expect(done.body.obstacles.map(({ kind }: Json) => kind)).toEqual(kinds);
    expect(await counted(kept, other)).toEqual(before);
  } else expect((await api.get(`/api/clients/${other}`)).body).toMatchObject({ merged_into: kept });
});
const counted = async (...ids: number[]) =>
  Promise.all(ids.map(async (id) => (await api.get(`/api/people/${id}/data`)).body.tables));

test('merging needs the scopes of records and of money', async () => {
  const [kept, other] = [await make.student(), await make.student()];
  for (const scope of ['records:write', 'money:write'])
    expect((await api.post(`/api/clients/${kept}/merge`, { other_id: other }, { key: await api.key(scope) })).status).toBe(403);
  const key = await api.key('records:write', 'money:write');
  expect((await api.post(`/api/clients/${kept}/merge`, { other_id: other }, { key })).status).toBe(200);
});

test('nobody is merged into oneself, into nobody, with somebody erased, or into a closed record', async () => {
  const [a, b, c, gone] = [await make.student(), await make.student(), await make.student(), await make.client()];
  expect((await merge(a, a)).status).toBe(409);
  expect((await merge(a, 2_147_483_647)).status).toBe(404);
  expect((await merge(2_147_483_647, a)).status).toBe(404);
  expect((await api.post(`/api/people/${gone}/erase`)).status).toBe(200);
  expect((await merge(a, gone)).body.obstacles).toMatchObject([{ kind: 'erased' }]);
  expect((await merge(gone, a)).body.obstacles).toMatchObject([{ kind: 'erased' }]);
  expect((await merge(b, a)).status).toBe(200);
  expect(await merge(a, c)).toMatchObject({ status: 409, body: { merged_into: b } });
  expect(await merge(c, a)).toMatchObject({ status: 409, body: { merged_into: b } });
  // Merged on, all of them are the last one.
  expect((await merge(c, b)).status).toBe(200);
  expect((await api.get(`/api/clients/${a}`)).body.merged_into).toBe(c);
  expect((await api.get(`/api/clients/${b}`)).body.merged_into).toBe(c);
  expect((await api.get(`/api/people/${c}/card`)).body.merged.map(({ id }: Json) => id).toSorted()).toEqual([a, b].toSorted());
});

test('of both orders at once one wins, and none waits for the other for ever', async () => {
  for (let n = 0; n < 5; n++) {
    const [a, b] = [await make.student(), await make.student()];
    for (const id of [a, b]) await make.money(id, 1_000);
    const answers = await Promise.all([merge(a, b), merge(b, a)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const kept = answers[0]!.status === 200 ? a : b;
    expect([await balanceOf(api.db, kept), await balanceOf(api.db, kept === a ? b : a)]).toEqual([2_000, 0]);
  }
});

const password = z.object({ hash: z.string() });
const hashOf = (id: number) => api.db.maybeOneFirst(sql.type(password)`select hash from passwords where user_id = ${id}`);

test('the sign-in and the chat that are chosen remain, and whoever works here takes over none', async () => {
  const pair = async () => {
    const [kept, other] = [await personOf(api, 'client'), await personOf(api, 'client')];
    await passwords(kept.id, other.id);
    await chats(kept.id, other.id);
    return { kept, other };
  };
  const own = await pair();
  expect((await merge(own.kept.id, own.other.id, { sign_in: 'own', chat: 'own' })).status).toBe(200);
  expect([await hashOf(own.kept.id), await hashOf(own.other.id)]).toEqual([`${HASH}${own.kept.id}`, null]);
  const theirs = await pair();
  expect((await merge(theirs.kept.id, theirs.other.id, { sign_in: 'other', chat: 'other' })).status).toBe(200);
  expect([await hashOf(theirs.kept.id), await hashOf(theirs.other.id)]).toEqual([`${HASH}${theirs.other.id}`, null]);
  expect((await api.get(`/api/clients/${theirs.kept.id}`)).body.telegram_id).toBe(880_000 + theirs.other.id);
  expect((await api.get(`/api/clients/${theirs.other.id}`)).body.telegram_id).toBeNull();
  // The device of the one who goes is the kept one's, the devices of a password that is no more are out.
  await eventually(async () => (await theirs.other.ask('GET', '/me')).body?.user?.id === theirs.kept.id);
  await eventually(async () => (await theirs.kept.ask('GET', '/me')).status === 401);

  const [staff, client] = [await personOf(api, 'trainer'), await personOf(api, 'client')];
  await passwords(client.id);
  await chats(client.id);
  await run(sql.unsafe`update users set phone = '+79995550011', email = 'k@example.com' where id = ${client.id}`);
  expect((await merge(staff.id, client.id)).status).toBe(200);
  expect(await hashOf(staff.id)).toBeNull();
  const card = (await api.get(`/api/people/${staff.id}/card`)).body;
  expect(card).toMatchObject({ phone: null, email: null, has_telegram: false, is_student: true });
  await eventually(async () => (await client.ask('GET', '/me')).status === 401);
});
