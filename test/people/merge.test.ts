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
