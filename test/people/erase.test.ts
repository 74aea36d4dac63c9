import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { columnsIn, nobodys, personTables, searched } from '../../sql/people/own-columns.ts';
import { fileErasures, replayErasures } from '../../workers/backups/erasures.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { inDays, today } from '../support/days.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';

const backupDir = mkdtempSync(join(tmpdir(), 'erasures-'));
let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi({ settings: { BACKUP_DIR: backupDir, FLEET_DATA_DIR: backupDir } });
  make = salon(api.db);
});
afterAll(() => api.close());

const erase = (id: number, body: Json = {}) => api.post(`/api/people/${id}/erase`, body);
const own = async (id: number) => (await api.get(`/api/people/${id}/data`)).body.tables as Record<string, Json[]>;
const run = (query: ReturnType<typeof sql.unsafe>) => api.db.query(query);

const column = z.object({ table: z.string(), column: z.string(), is_wordy: z.boolean() });
/** Every column; `is_wordy`: it can hold words, bytes, lists or Telegram's numbers, or names somebody. */
const allColumns = () =>
  api.db.any(sql.type(column)`
    select relname::text as table, attname::text as column,
      typname ~ '^(text|varchar|bpchar|name|json|jsonb|bytea|citext|inet|uuid|xml|xid8)$' or typcategory in ('A', 'U')
        or (typname = 'int8' and attname !~ '_(minor|milli)$')
        or exists (select from pg_constraint where contype = 'f' and conrelid = attrelid and attnum = any(conkey)
          and confrelid in ('users'::regclass, 'students'::regclass, 'specialists'::regclass)) as is_wordy
    from pg_attribute join pg_class on pg_class.oid = attrelid join pg_type on pg_type.oid = atttypid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped
    order by 1, attnum`);

test('of every column of every table it is decided what it says of people, and of no column twice', async () => {
  const all = await allColumns();
  const tables = new Set(all.map(({ table }) => table));
  const missing = all.filter(({ table, column, is_wordy }) => {
    const mine = personTables[table];
    if (mine) return ![mine.kept, mine.emptied, mine.withheld].flatMap(columnsIn).includes(column);
    return is_wordy && ![nobodys[table], searched[table]].flatMap(columnsIn).includes(column);
  });
  expect(missing.map(({ table, column }) => `${table}.${column}`)).toEqual([]);
  const decided = [
    ...Object.entries(personTables).flatMap(([table, { kept, emptied, withheld }]) =>
      [kept, emptied, withheld].flatMap(columnsIn).map((column) => `${table}.${column}`),
    ),
    ...Object.entries(nobodys).flatMap(([table, list]) => columnsIn(list).map((column) => `${table}.${column}`)),
  ];
  expect(decided.filter((name, at) => decided.indexOf(name) !== at)).toEqual([]);
  const known = new Set(all.map(({ table, column }) => `${table}.${column}`));
  const looked = Object.entries(searched).flatMap(([table, list]) => columnsIn(list).map((column) => `${table}.${column}`));
  expect([...decided, ...looked].filter((name) => !known.has(name))).toEqual([]);
  expect(Object.keys(personTables).filter((table) => nobodys[table] !== undefined || !tables.has(table))).toEqual([]);
});

/** Every table whose rows still say one of these words, anywhere. */
async function whoSays(...words: string[]) {
  const found: string[] = [];
  for (const table of new Set((await allColumns()).map(({ table }) => table))) {
    const says = await api.db.exists(sql.unsafe`
      select from ${sql.identifier([table])} as line where line::text ~* ${words.join('|')}`);
    if (says) found.push(table);
  }
  return found;
}

const WORDS = 'сокровенное';
const PHONE = '+79160004455';
const EMAIL = 'zarya.s@example.com';
const CHAT = 771_000_441;
const NAMED = [WORDS, 'Стиратова', PHONE.slice(1), 'zarya', String(CHAT)];

/** Somebody with a past, and nothing ahead: words of theirs lie wherever there is room for them. */
async function withPast() {
  const { db } = api;
  const [id, trainer] = [await make.student(), await make.specialist([])];
  await run(sql.unsafe`
    update users set first_name = 'Заря', last_name = 'Стиратова', phone = ${PHONE}, email = ${EMAIL}, telegram_id = ${CHAT},
      telegram_username = 'zarya_st', birth_date = '1990-05-05', gender = 'female', notes = ${WORDS}, login = 'zarya.st' where id = ${id}`);
  await run(sql.unsafe`update students set health_note = ${WORDS} where id = ${id}`);
  await make.type();
  const training = await make.training({ trainer, at: inHours(-50) });
  const full = 'Стиратова Заря';
  await run(sql.unsafe`update real_trainings set notes = ${`с ${full} поговорить`} where id = ${training}`);
  const seat = await db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into real_training_students (real_training_id, student_id, status, mark_notes, cancellation_reason, cancelled_at)
    values (${training}, ${id}, 'CANCELLED_SAFE', ${WORDS}, ${WORDS}, now()) returning id`);
  await run(sql.unsafe`
    insert into attendance_marks (real_training_student_id, was, was_excused, status, is_excused, marked_by, author, notes, marked_at)
    values (${seat}, 'REGISTERED', false, 'ABSENT', false, 'person', 'person:1', ${WORDS}, now())`);
  await run(sql.unsafe`
    insert into trials (student_id, phone, program, real_training_student_id, created_by) values (${id}, ${PHONE}, 'BJJ', ${seat}, 'x')`);
  await api.post(`/api/people/${id}/notes`, { note: WORDS });
  await run(sql.unsafe`insert into client_discounts (client_id, kind, percent, reason) values (${id}, 'percent', 5, ${WORDS})`);
  const paid = await api.post('/api/payments', { payer_id: id, amount_minor: 5_000, description: WORDS });
  const refund = { amount_minor: 5_000, reason: WORDS };
  expect((await api.post(`/api/payments/${paid.body.payment.id}/refunds`, refund)).status).toBe(201);
  const belt = await db.oneFirst(sql.type(z.object({ id: z.int() }))`select id from belts where path = 'adult' and position = 1`);
  const award = { belt_id: belt, stripes: 2, awarded_on: inDays(-90), skip_reason: WORDS };
  expect((await api.post(`/api/students/${id}/belts`, award)).status).toBe(201);
  await run(sql.unsafe`
    insert into belt_exams (student_id, belt, exam_at, status, planned_by, notes, override_reason)
    values (${id}, 'синий', now() - interval '1 day', 'cancelled', 'x', ${WORDS}, ${WORDS})`);
  await run(sql.unsafe`insert into belt_deferrals (student_id, program, deferred_until, reason, deferred_by)
    values (${id}, 'BJJ', ${inDays(20)}::date, ${WORDS}, 'x')`);
  await run(sql.unsafe`
    insert into finance_requests (kind, real_training_id, student_id, reason, requested_at, requested_by, status, outcome, decided_at)
    values ('cancel_participation', ${training}, ${id}, ${WORDS}, now(), 'x', 'refused', ${sql.jsonb({ detail: full })}::json, now())`);
  await run(sql.unsafe`
    insert into notifications (user_id, chat_id, template, params, dedupe_key) values
      (${id}, ${CHAT}, 'studio_wrote', ${sql.jsonb({ text: WORDS })}, 'own'),
      (${id}, null, 'password_link', '{"url": "https://x.example/join?token=verysecret"}', 'link'),
      (${trainer}, null, 'studio_wrote', ${sql.jsonb({ text: `Заря Стиратова (${PHONE}) придёт` })}, ${`of another ${id}`})`);
  await run(sql.unsafe`
    insert into admin_tasks (kind, title, details, user_id) values ('call', ${`Позвонить: ${full}`}, ${sql.jsonb({ phone: PHONE })}, ${id}),
      ('by_hand', ${`Перезвонить: ${full}`}, ${sql.jsonb({ name: full, chat_id: CHAT })}, null)`);
  await run(sql.unsafe`insert into bot_updates (update_id, chat_id, payload) values (7, ${CHAT}, ${sql.jsonb({ text: WORDS })})`);
  await run(sql.unsafe`insert into idempotency_keys (api_key, key, request_hash, status, headers, body)
    values ('desk', ${`k-${id}`}, sha256('x'), 201, '{}', ${sql.jsonb({ first_name: 'Заря', email: EMAIL })}::json)`);
  await run(
    sql.unsafe`insert into consents (user_id, kind, text_version, given_by) values (${id}, 'processing', '2026-11', ${`person:${id}`})`,
  );
  const given = `Фамилия,Имя,Телефон\r\nСтиратова,Заря,${PHONE}\r\n`;
  expect((await api.ask('POST', '/api/imports/students', { raw: given, headers: { 'Content-Type': 'text/csv' } })).status).toBe(
    201,
  );
  return { id, trainer };
}

test('own data holds every table that names somebody, no secret and nothing of others', async () => {
  const { id } = await withPast();
  const other = await make.student();
  await run(sql.unsafe`update users set first_name = 'Посторонняя', phone = '+79160009988' where id = ${other}`);
  await make.money(other, 7_000);
  const data = await own(id);
  expect(Object.keys(data)).toEqual(
    expect.arrayContaining([
      'users',
      'students',
      'real_training_students',
      'payments',
      'payment_refunds',
      'person_notes',
      'consents',
      'notifications',
    ]),
  );
  expect(data.users).toMatchObject([{ first_name: 'Заря', phone: PHONE, birth_date: '1990-05-05' }]);
  const text = JSON.stringify(data);
  for (const foreign of ['Посторонняя', '79160009988', 'verysecret']) expect(text).not.toContain(foreign);
  expect((await api.get('/api/people/2147483647/data')).status).toBe(404);
  expect((await api.get(`/api/people/${id}/data`, { key: await api.key('records:read') })).status).toBe(403);
  expect((await erase(id)).status).toBe(200);
});

test('one reads one’s own data and a child’s, and nobody else’s', async () => {
  const [child, stranger] = [await make.student(), await make.student()];
  const parent = await personOf(api, 'guardian', { children: [child] });
  const mine = await parent.ask('GET', '/me/data');
  expect(mine).toMatchObject({ status: 200, body: { person_id: parent.id } });
  expect(mine.headers.get('content-disposition')).toBe(`attachment; filename="person-${parent.id}.json"`);
  const ask = async (id: number) => (await parent.ask('GET', `/api/people/${id}/data`)).status;
  expect([await ask(child), await ask(stranger)]).toEqual([200, 404]);
  const trainer = await personOf(api, 'trainer');
  expect((await trainer.ask('GET', `/api/people/${stranger}/data`)).status).toBe(404);
});

test('erased, nobody is named in any column of any table, the ledgers stay and the audit is square', async () => {
  const { id, trainer } = await withPast();
  const before = await own(id);
  expect(await whoSays(...NAMED)).toEqual(
    expect.arrayContaining(['users', 'notifications', 'changes_log', 'payment_refunds', 'import_rows']),
  );
  const dry = await erase(id, { dry_run: true });
  expect(dry).toMatchObject({ status: 200, body: { user_id: id, dry_run: true, counts: { person_notes: 1 } } });
  expect(await own(id)).toEqual(before);
  const done = await erase(id);
  expect(done).toMatchObject({ status: 200, body: { user_id: id, dry_run: false } });
  expect(await whoSays(...NAMED)).toEqual([]);
  const after = await own(id);
  expect(after.users).toMatchObject([{ first_name: `#${id}`, last_name: '', phone: null, is_active: false }]);
  for (const ledger of ['wallet_transactions', 'wallets', 'belt_steps_told']) expect(after[ledger]).toEqual(before[ledger]);
  expect(after.payments).toMatchObject([{ amount_minor: 5_000, description: null }]);
  expect(after.belt_awards).toHaveLength(1);
  const toTrainer = await api.db.oneFirst(sql.type(z.object({ text: z.string() }))`
    select params ->> 'text' as text from notifications where user_id = ${trainer} and dedupe_key = ${`of another ${id}`}`);
  expect(toTrainer).toBe(`#${id} (#${id}) придёт`);
  expect(await auditBooks(api.db, today())).toEqual([]);
  // Once more is the same act.
  expect((await erase(id)).body).toEqual(done.body);
  // The act lies outside the database, too, and says no more than a number.
  const lines = readFileSync(join(backupDir, 'erasures.jsonl'), 'utf8').trim().split('\n');
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ user_id: id, erased_by: 'key-1' });
});

test('all obstacles are named at once, and nothing is erased', async () => {
  const [id, child] = [await make.student(), await make.student()];
  await run(sql.unsafe`update students set payer_id = ${id} where id = ${child}`);
  await run(
    sql.unsafe`insert into invoices (payer_id, student_id, type, amount_minor) values (${id}, ${child}, 'SUBSCRIPTION', 3000)`,
  );
  await make.subscription({ student: id, from: today(), to: inDays(20) });
  await make.money(id, 1_500);
  const service = await make.service();
  const specialist = await make.specialist([service]);
  await make.booking({ client: id, specialist, service, at: inHours(40) });
  await make.type();
  const training = await make.training({ trainer: specialist, at: inHours(90) });
  await run(sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${training}, ${id})`);
  await make.bought({ client: id, service, from: today(), to: inDays(29) });
  await run(sql.unsafe`
    insert into finance_requests (kind, real_training_id, student_id, reason, requested_at, requested_by)
    values ('cancel_participation', ${training}, ${id}, 'болеет', now(), 'x')`);
  const { status, body } = await erase(id);
  expect(status).toBe(409);
  expect(body.obstacles).toEqual([
    { kind: 'pays_for_others', count: 1, amount_minor: null },
    { kind: 'balance', count: 1, amount_minor: 1_500 },
    { kind: 'debts', count: 1, amount_minor: 3_000 },
    { kind: 'subscriptions', count: 1, amount_minor: null },
    { kind: 'packages', count: 1, amount_minor: null },
    { kind: 'trainings_ahead', count: 1, amount_minor: null },
    { kind: 'bookings_ahead', count: 1, amount_minor: null },
    { kind: 'open_requests', count: 1, amount_minor: null },
  ]);
  expect((await erase(id, { dry_run: true })).status).toBe(409);
  expect((await own(id)).erasures).toBeUndefined();
  // A debt for the child is the child's obstacle as well.
  expect((await erase(child)).body.obstacles).toMatchObject([{ kind: 'debts' }]);
  expect((await erase(specialist)).body.obstacles).toMatchObject(
    [{ kind: 'works_here' }, { kind: 'bookings_ahead' }].slice(0, 1),
  );
  expect((await erase(2_147_483_647)).status).toBe(404);
});

test('restored from before it, somebody is erased again; a number that is somebody else’s by now is left alone', async () => {
  const [id, other] = [await make.student(), await make.student()];
  expect([(await erase(id)).status, (await erase(other)).status]).toEqual([200, 200]);
  await fileErasures(api.db, backupDir);
  await run(sql.unsafe`delete from erasures where user_id in (${id}, ${other})`);
  await run(sql.unsafe`update users set first_name = 'Вернулась', phone = '+79161112233' where id = ${id}`);
  await run(sql.unsafe`update users set first_name = 'Новенькая', created_at = now() + interval '1 second' where id = ${other}`);
  expect(await api.db.transaction((transaction) => replayErasures(transaction, backupDir))).toBe(1);
  expect(await api.db.transaction((transaction) => replayErasures(transaction, backupDir))).toBe(0);
  expect((await own(id)).users).toMatchObject([{ first_name: `#${id}`, phone: null }]);
  expect((await own(other)).users).toMatchObject([{ first_name: 'Новенькая' }]);
  expect(await whoSays('Вернулась')).toEqual([]);
});
