import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { auditBooks } from '../../sql/audit/audit.ts';
import { type Database, openDatabase, sql } from '../../sql/database/database.ts';
import { findMerge } from '../../sql/people/merge.ts';
import { chargeNight } from '../../workers/finance/charge-night.ts';
import { remind } from '../../workers/notifier/reminders/remind.ts';
import { merge as mergeWithin } from '../../workers/people/merge.ts';
import { renewNight } from '../../workers/renewal/renew-night.ts';
import { balanceOf, inHours, salon } from '../bookings/salon.ts';
import { signIn } from '../sign-in/account.ts';
import { inDays, today } from '../support/days.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { holdOpen, waitingForLock } from '../support/ledger.ts';
import { night } from '../support/night.ts';
import { personOf } from '../support/people.ts';

let api: TestApi;
let db: Database;
let other: Database;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  db = api.db;
  other = await openDatabase(api.database.url, { name: 'other' });
  make = salon(db);
  await make.type({ price: 50_000 });
});
afterAll(async () => {
  await other.end();
  await api.close();
});

const run = (query: ReturnType<typeof sql.unsafe>) => db.query(query);
const merge = async (kept: number, gone: number, body: Json = {}) => {
  const answer = await api.post(`/api/clients/${kept}/merge`, { other_id: gone, ...body });
  expect([answer.status, answer.body.obstacles ?? []]).toEqual([200, []]);
  return answer.body;
};
const pair = async () => [await make.student(), await make.student()] as const;
const one = z.object({ id: z.int() });
const count = z.object({ count: z.int() });
const counts = (query: ReturnType<typeof sql.fragment>) => db.oneFirst(sql.type(count)`select count(*)::int as count ${query}`);
const trainingAt = async (at: string) => make.training({ trainer: await make.specialist([]), at });
const seat = (training: number, student: number, status = 'REGISTERED') =>
  db.oneFirst(sql.type(one)`
    insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, ${status}) returning id`);
const square = async (day = today()) => expect(await auditBooks(db, day)).toEqual([]);

/** Merges in a transaction that stays open until it is let go. */
async function mergeHeld(kept: number, gone: number) {
  let letGo = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let begun = () => {};
  const isDone = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const ended = other.transaction(async (transaction) => {
    await mergeWithin(
      transaction,
      { keptId: kept, mergedId: gone, signIn: undefined, chat: undefined },
      { by: 'test', now: new Date(), zone: 'Europe/Moscow' },
    );
    begun();
    await gate;
  });
  await isDone;
  return {
    async commit() {
      letGo();
      await ended;
    },
  };
}

test('a write for the merged record while merging goes on is refused, and leaves nothing', async () => {
  const [kept, gone] = await pair();
  await make.money(gone, 9_000);
  const training = await trainingAt(inHours(50));
  const held = await mergeHeld(kept, gone);
  const asked = [
    () => api.post('/api/payments', { payer_id: gone, amount_minor: 500 }),
    () => api.post(`/real-trainings/${training}/students`, { student_id: gone }),
    () => api.post(`/api/people/${gone}/notes`, { note: 'x' }),
    () => api.post(`/api/people/${gone}/messages`, { text: 'x' }),
  ].map((ask) => ask());
  await waitingForLock(db, 2);
  await held.commit();
  for (const answer of await Promise.all(asked))
    expect(answer).toMatchObject({ status: 409, body: { detail: `person ${gone} was merged into person ${kept}` } });
  expect([await balanceOf(db, kept), await balanceOf(db, gone)]).toEqual([9_000, 0]);
  expect(await counts(sql.fragment`from payments where payer_id = ${gone}`)).toBe(0);
  await square(inDays(-1));
});

test('a write under way when merging begins is waited for, and moves', async () => {
  const [kept, gone] = await pair();
  const writing = await holdOpen(
    api.database.url,
    `insert into payments (id, payer_id, amount_minor) overriding system value values (700001, ${gone}, 700);
     insert into wallet_transactions (user_id, amount_minor, kind, payment_id) values (${gone}, 700, 'deposit', 700001);
     insert into person_notes (user_id, note, author) values (${gone}, 'x', 'desk')`,
  );
  const merging = merge(kept, gone);
  await waitingForLock(db);
  await writing.commit();
  expect((await merging).becomes).toMatchObject({ balance_minor: 700, payments: 1, notes: 1 });
  await square(inDays(-1));
});

test('a night of charges that meets a merging charges once, and the kept one pays', async () => {
  const [kept, gone] = await pair();
  await make.money(gone, 60_000);
  const training = await trainingAt(inHours(20));
  await run(sql.unsafe`update real_trainings set price_minor = 50000 where id = ${training}`);
  await seat(training, gone);
  const merging = await mergeHeld(kept, gone);
  const running = night(db, chargeNight, 'daily_finance', inDays(1));
  await waitingForLock(db);
  await merging.commit();
  await running;
  // What it had found for the old number is found for the new one, now or by the next run.
  await night(db, chargeNight, 'daily_finance', inDays(1));
  expect(await counts(sql.fragment`from invoices where payer_id = ${gone} or student_id = ${gone}`)).toBe(0);
  expect(await counts(sql.fragment`from invoices where payer_id = ${kept} and type = 'TRAINING' and status = 'PAID'`)).toBe(1);
  expect([await balanceOf(db, kept), await balanceOf(db, gone)]).toEqual([10_000, 0]);
  await square();
});

test('a night of renewals that meets a merging renews once, for the kept one', async () => {
  const [kept, gone] = await pair();
  await make.money(gone, 500_000);
  const held = await make.subscription({ student: gone, from: inDays(-40), to: inDays(0), left: 0, autoRenew: true });
  const merging = await mergeHeld(kept, gone);
  const running = night(db, renewNight, 'subscription_renewal', today());
  await waitingForLock(db);
  await merging.commit();
  await running;
  await night(db, renewNight, 'subscription_renewal', today());
  expect(await counts(sql.fragment`from student_subscriptions where renewed_from_id = ${held} and student_id = ${kept}`)).toBe(1);
  expect(await counts(sql.fragment`from invoices where payer_id = ${kept} and student_id = ${kept} and status = 'PAID'`)).toBe(1);
  expect([await balanceOf(db, kept), await balanceOf(db, gone)]).toEqual([100_000, 0]);
  await square();
});

test('a reminder that one record got is not sent again, and messages for the old chat go to the new one', async () => {
  const [kept, gone] = await pair();
  await run(sql.unsafe`update users set telegram_id = ${990_000 + kept} where id = ${kept}`);
  await run(sql.unsafe`update users set telegram_id = ${990_000 + gone} where id = ${gone}`);
  const parent = await make.client();
  await run(sql.unsafe`update students set payer_id = ${parent} where id = ${gone}`);
  const starts = inHours(1);
  await seat(await trainingAt(starts), gone);
  const reminding = async () => {
    const settings = api.fleet.settings;
    await remind(
      { id: 1, progress: null, params: { at: new Date().toISOString() } } as never,
      {
        settings,
        db,
        backend: undefined as never,
        now: new Date(),
        chunk: (step: never) => db.transaction(step as never),
      } as never,
    );
  };
  const reminders = () =>
    db.any(sql.type(z.object({ user_id: z.int(), chat_id: z.int().nullable() }))`
      select user_id, chat_id from notifications where template = 'training_reminder' order by user_id`);
  await reminding();
  expect(await reminders()).toHaveLength(2);
  await api.post(`/api/people/${gone}/messages`, { text: 'одно и то же' });
  await api.post(`/api/people/${kept}/messages`, { text: 'одно и то же' });
  await merge(kept, gone, { chat: 'own' });
  await reminding();
  expect((await reminders()).toSorted((a, b) => a.user_id - b.user_id)).toEqual(
    [
      { user_id: kept, chat_id: 990_000 + kept },
      { user_id: parent, chat_id: null },
    ].toSorted((a, b) => a.user_id - b.user_id),
  );
  const texts = await db.anyFirst(sql.type(z.object({ status: z.string() }))`
    select status from notifications where user_id = ${kept} and template = 'studio_wrote' order by status`);
  expect(texts).toEqual(['pending', 'skipped']);
});

test('both calendar links show the kept one’s days, and an entry keeps its uid', async () => {
  const [kept, gone] = [await personOf(api, 'client'), await personOf(api, 'client')];
  const linkOf = async (person: typeof kept) =>
    api.url + new URL((await person.ask('POST', '/me/calendar-link')).body.url).pathname;
  const links = [await linkOf(kept), await linkOf(gone)];
  await seat(await trainingAt(inHours(33)), gone.id);
  await make.booking({ client: kept.id, specialist: await make.specialist([]), service: await make.service(), at: inHours(44) });
  const uids = async (link: string) => {
    const text = await (await fetch(link)).text();
    return [...text.matchAll(/^UID:(.+?)\r?$/gm)].map(([, uid]) => uid as string).toSorted();
  };
  const before = [...(await uids(links[0]!)), ...(await uids(links[1]!))].toSorted();
  expect(before).toHaveLength(2);
  await merge(kept.id, gone.id);
  for (const link of links) expect(await uids(link)).toEqual(before);
});

test('a file that knows the old phone, e-mail or number means the kept one, and changes nothing', async () => {
  const [kept, gone] = await pair();
  await run(
    sql.unsafe`update users set first_name = 'Мира', last_name = 'Котова', phone = '+79161110001', email = 'mira@example.com' where id = ${kept}`,
  );
  await run(
    sql.unsafe`update users set first_name = 'Мира', last_name = 'Кот', phone = '+79161110002', email = 'kot@example.com' where id = ${gone}`,
  );
  await merge(kept, gone);
  const file = (...lines: string[]) => `${lines.join('\r\n')}\r\n`;
  const upload = (raw: string) =>
    api.ask('POST', '/api/imports/students?overwrite=true', { raw, headers: { 'Content-Type': 'text/csv' } });
  for (const line of [
    ';Кот;Мира;+79161110002;',
    ';Кот;Мира;;kot@example.com',
    `${gone};Котова;Мира;;`,
    ';Котова;Мира;+79161110001;',
  ]) {
    const { status, body } = await upload(file('id;Фамилия;Имя;Телефон;Email', line));
    expect(status).toBe(201);
    expect((await api.get(`/api/imports/${body.id}`)).body.items).toMatchObject([{ person_id: kept, notes: [] }]);
  }
});

test('signing in with the old phone opens the kept record, which can take that phone', async () => {
  const { hashPassword } = await import('../../workers/sign-in/hash.ts');
  const [kept, gone] = await pair();
  await run(sql.unsafe`update users set phone = '+79162220001' where id = ${kept}`);
  await run(sql.unsafe`update users set phone = '+79162220002' where id = ${gone}`);
  await run(sql.unsafe`insert into passwords (user_id, hash) values (${gone}, ${await hashPassword('a password of tests')})`);
  await merge(kept, gone);
  for (const phone of ['+79162220001', '+79162220002'])
    expect((await signIn(api, phone)).body).toMatchObject({ user: { id: kept } });
  const change = (id: number, body: Json) => api.ask('PATCH', `/api/clients/${id}`, { body });
  expect((await change(gone, { is_active: true })).status).toBe(409);
  expect((await change(gone, { phone: '+79162220003' })).status).toBe(409);
  expect(await change(kept, { phone: '+79162220002' })).toMatchObject({ status: 200, body: { phone: '+79162220002' } });
  expect((await api.get(`/api/clients/${gone}`)).body.phone).toBeNull();
});

test('belts are awarded anew where the kept one has them not, groups are one membership, guardians and children are the kept one’s', async () => {
  const [kept, gone] = await pair();
  const [parent, child] = [await make.client(), await make.student()];
  await run(sql.unsafe`insert into guardians (guardian_id, student_id) values (${parent}, ${gone})`);
  await run(sql.unsafe`update students set payer_id = ${gone} where id = ${child}`);
  const belts = await db.anyFirst(sql.type(one)`select id from belts where path = 'adult' order by position limit 2`);
  const award = (id: number, belt: number, days: number) =>
    run(
      sql.unsafe`insert into belt_awards (student_id, program, belt_id, awarded_on, awarded_by) select ${id}, program, id, ${inDays(days)}::date, 'x' from belts where id = ${belt}`,
    );
  await award(kept, belts[0]!, -300);
  await award(gone, belts[0]!, -200);
  await award(gone, belts[1]!, -100);
  const group = await db.oneFirst(
    sql.type(one)`insert into groups (name, trainer_id) values ('Утренняя', ${await make.specialist([])}) returning id`,
  );
  const member = (id: number, from: number, to: number | null) =>
    run(sql.unsafe`insert into group_members (group_id, student_id, from_date, to_date)
      values (${group}, ${id}, ${inDays(from)}::date, ${to === null ? null : inDays(to)}::date)`);
  await member(kept, -90, -30);
  await member(gone, -40, null);
  await member(gone, -200, -150);
  await run(sql.unsafe`insert into consents (user_id, kind, text_version, given_by, given_at) values
    (${gone}, 'marketing', '1', 'x', now() - interval '9 days'), (${gone}, 'photos', '1', 'x', now() - interval '9 days')`);
  await run(sql.unsafe`insert into consents (user_id, kind, text_version, given_by, given_at, withdrawn_at)
    values (${kept}, 'marketing', '1', 'x', now() - interval '10 days', now() - interval '2 days')`);
  await merge(kept, gone);
  const held = await db.any(sql.type(z.object({ belt_id: z.int(), student_id: z.int(), is_void: z.boolean() }))`
    select belt_id, student_id, voided_at is not null as is_void from belt_awards where student_id in (${kept}, ${gone}) order by id`);
  expect(held).toEqual([
    { belt_id: belts[0], student_id: kept, is_void: false },
    { belt_id: belts[0], student_id: gone, is_void: true },
    { belt_id: belts[1], student_id: gone, is_void: true },
    { belt_id: belts[1], student_id: kept, is_void: false },
  ]);
  const members = await db.any(sql.type(z.object({ student_id: z.int(), from_date: z.string(), to_date: z.string().nullable() }))`
    select student_id, from_date, to_date from group_members where group_id = ${group} order by from_date`);
  expect(members).toEqual([
    { student_id: kept, from_date: inDays(-200), to_date: inDays(-150) },
    { student_id: kept, from_date: inDays(-90), to_date: null },
  ]);
  const card = (await api.get(`/api/people/${kept}/card`)).body;
  expect(card.guardians.map(({ id }: Json) => id)).toEqual([parent]);
  expect(card.children.map(({ id }: Json) => id)).toEqual([child]);
  const consents = (await api.get(`/api/people/${kept}/consents`)).body.items;
  expect(consents.map(({ kind, withdrawn_at }: Json) => `${kind} ${withdrawn_at === null}`).toSorted()).toEqual([
    'marketing false',
    'marketing false',
    'photos true',
  ]);
});

test('own data names both numbers, and erasing erases both, also where a dump of before comes back', async () => {
  const [kept, gone] = [await make.client(), await make.client()];
  await run(
    sql.unsafe`update users set first_name = 'Севастьяна', last_name = 'Перваякова', phone = '+79163330001' where id = ${kept}`,
  );
  await run(
    sql.unsafe`update users set first_name = 'Севастьяна', last_name = 'Втораякова', phone = '+79163330002' where id = ${gone}`,
  );
  await make.money(gone, 3_000);
  const refund = (await db.oneFirst(sql.type(one)`select id from payments where payer_id = ${gone}`)) as number;
  expect((await api.post(`/api/payments/${refund}/refunds`, { amount_minor: 3_000, reason: 'x' })).status).toBe(201);
  await api.post(`/api/people/${kept}/messages`, { text: 'Втораякова Севастьяна, здравствуйте' });
  await merge(kept, gone);
  const data = (await api.get(`/api/people/${kept}/data`)).body.tables;
  expect(data.users.map(({ id }: Json) => id).toSorted()).toEqual([kept, gone].toSorted());
  expect(data.payment_refunds).toMatchObject([{ payer_id: gone, amount_minor: 3_000 }]);
  expect(data.merges).toMatchObject([{ merged_id: gone, kept_id: kept }]);
  expect(await api.post(`/api/people/${gone}/erase`)).toMatchObject({ status: 409, body: { merged_into: kept } });
  expect((await api.post(`/api/people/${kept}/erase`)).status).toBe(200);
  for (const word of ['ПЕРВАЯКОВА', 'ВТОРАЯКОВА', '79163330001', '79163330002'])
    for (const table of ['users', 'notifications', 'changes_log', 'admin_tasks'])
      expect([
        table,
        word,
        await counts(sql.fragment`from ${sql.identifier([table])} as line where line::text ~* ${word}`),
      ]).toEqual([table, word, 0]);
  expect(await counts(sql.fragment`from erasures where user_id in (${kept}, ${gone})`)).toBe(2);
  expect(await findMerge(db, gone)).toMatchObject({ kept_id: kept });
  await square(inDays(-1));
});

/** Whether chance says so, more often than not. */
const dice = (seed: number) => {
  let state = seed * 2_654_435_761;
  return (sides: number) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_507) + 0x9e3779b9) | 0;
    return Math.abs((state >>> 8) % sides);
  };
};

test.each(Array.from({ length: 12 }, (_, n) => [Number(process.env.PROPERTY_SEED ?? 0) * 100 + n]))(
  'two random people merged have what both had, and the audit is square (%i)',
  async (seed) => {
    const roll = dice(seed + 1);
    const specialist = await make.specialist([]);
    const services = [await make.service({ price: 0 })];
    for (const service of services)
      await run(sql.unsafe`insert into specialist_services (specialist_id, service_id) values (${specialist}, ${service})`);
    const ids = [await (roll(3) ? make.student() : make.client()), await (roll(3) ? make.student() : make.client())] as const;
    const trainings = [];
    for (let n = 0; n < 6; n++) {
      const at = inHours(-24 * (seed * 7 + n + 2) + roll(3));
      const training = await make.training({ trainer: await make.specialist([]), at, minutes: 60 + 30 * roll(2) });
      await run(
        sql.unsafe`update real_trainings set status = 'completed', completed_at = ends_at, price_minor = 10000 where id = ${training}`,
      );
      trainings.push(training);
    }
    for (const id of ids) {
      const isStudent = await db.exists(sql.unsafe`select from students where id = ${id}`);
      if (roll(2)) await make.money(id, 1_000 * (1 + roll(90)));
      if (roll(2))
        await run(
          sql.unsafe`update users set phone = ${`+7905${String(seed).padStart(3, '0')}${String(id).padStart(4, '0')}`} where id = ${id}`,
        );
      if (roll(2))
        await run(sql.unsafe`update users set email = ${`p${id}@example.com`}, birth_date = '1990-01-01' where id = ${id}`);
      for (let n = roll(3); n > 0; n--) await api.post(`/api/people/${id}/notes`, { note: `заметка ${n}` });
      for (let n = roll(3); n > 0; n--) await api.post(`/api/people/${id}/messages`, { text: `письмо ${n} для ${id}` });
      for (let n = roll(3); n > 0; n--)
        await make.booking({
          client: id,
          specialist,
          service: services[0]!,
          at: inHours(300 + 3 * (roll(1_000) * 2 + ids.indexOf(id))),
          minutes: 30,
        });
      if (!isStudent) continue;
      for (let n = roll(3); n > 0; n--)
        await make.subscription({ student: id, from: inDays(-roll(9)), to: inDays(9), left: roll(2) ? 8 : null });
      const statuses = ['PRESENT', 'ABSENT', 'CANCELLED_SAFE'];
      for (const training of trainings)
        if (roll(2))
          await run(sql.unsafe`
            insert into real_training_students (real_training_id, student_id, status, cancelled_at)
            values (${training}, ${id}, ${statuses[roll(3)]!}, now()) on conflict do nothing`);
    }
    await night(db, chargeNight, 'daily_finance', today());
    await square();
    const sideOf = async (id: number) => {
      const answer = await api.post(`/api/clients/${id}/merge`, { other_id: ids.find((one) => one !== id), dry_run: true });
      expect([answer.status, answer.body.obstacles]).toEqual([200, []]);
      return answer.body.kept;
    };
    const [one, two] = [await sideOf(ids[0]), await sideOf(ids[1])];
    const done = await merge(ids[0], ids[1]);
    const summed = [
      'balance_minor',
      'owed_minor',
      'payments',
      'subscriptions',
      'sessions_left',
      'packages',
      'visits',
      'trainings_ahead',
      'bookings',
      'bookings_ahead',
      'messages',
      'notes',
    ];
    for (const figure of summed) expect([figure, done.becomes[figure]]).toEqual([figure, one[figure] + two[figure]]);
    expect(done.becomes.phones.toSorted()).toEqual([...one.phones, ...two.phones].toSorted());
    await square();
    await night(db, chargeNight, 'daily_finance', today());
    await square();
    const wallet = (await api.get(`/api/people/${ids[0]}/wallet?limit=200`)).body;
    const total = wallet.items.reduce((sum: number, entry: Json) => sum + entry.amount_minor, 0);
    expect(total).toBe((await balanceOf(db, ids[0])) ?? 0);
  },
);
