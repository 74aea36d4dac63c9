import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { policy, type Rule } from '../../api/auth/policy.ts';
import { operationOf } from '../../api/http/route.ts';
import { routes } from '../../api/routes/all.ts';
import type { RowKind } from '../../sql/auth/whose.ts';
import { sql } from '../../sql/database/database.ts';
import { tokenHash } from '../../workers/sign-in/tokens.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { dayAt } from '../support/days.ts';
import { type Json, request, type TestApi, testApi } from '../support/front-door.ts';

/** A token is only given to whoever has a session or a password, whatever their role. */
const BY_PASSWORD = ['POST /auth/token'];
/** The scopes that an admin has not. */
const OWNERS = ['rights:write', 'pay:write', 'run:export'];
const operations = routes.filter((route) => !route.produces).map((route) => ({ route, name: operationOf(route) }));

test('the policy names every route, and no other', () => {
  expect(Object.keys(policy).sort()).toEqual(routes.map(operationOf).sort());
});

type Who = 'owner' | 'admin' | 'trainer' | 'client' | 'guardian' | 'vending_owner' | 'stranger' | 'strange trainer';
type Rows = Partial<Record<RowKind, number>>;
let api: TestApi;
const people = {} as Record<Who, number>;
/** Rows of each role, and those of people they have nothing to do with. */
const rows = {} as Record<'trainer' | 'client' | 'guardian' | 'vending_owner' | 'others', Rows>;
/** Names that only belong to others: whoever reads one has seen too much. */
const FOREIGN = 'Посторонняя';

beforeAll(async () => {
  api = await testApi();
  const { db } = api;
  const make = salon(db);
  const only = (query: ReturnType<typeof sql.unsafe>) => db.oneFirst(query).then(Number);
  const name = (id: number, words: string) =>
    db.query(
      sql.unsafe`update users set first_name = ${words}, phone = ${`+7916${String(id).padStart(7, '0')}`} where id = ${id}`,
    );
  const service = await make.service({ price: 1_000 });
  const [trainer, strangeTrainer] = [await make.specialist([service]), await make.specialist([service])];
  const [client, guardian, kid, stranger] = [
    await make.student(),
    await make.client(),
    await make.student(),
    await make.student(),
  ];
  const [owner, admin] = [await make.client(), await make.client()];
  await db.query(sql.unsafe`update students set payer_id = ${guardian} where id = ${kid}`);
  await db.query(sql.unsafe`insert into user_roles values (${owner}, 'owner'), (${admin}, 'admin')`);
  for (const [id, words] of [
    [stranger, FOREIGN],
    [strangeTrainer, `${FOREIGN} тренер`],
    [client, 'Клиентка'],
    [kid, 'Ребёнок'],
    [guardian, 'Мама'],
  ] as const)
    await name(id, words);
  for (const payer of [client, guardian, stranger]) await make.money(payer, 1_000);
  await make.type();
  const seat = (training: number, student: number) =>
    db.query(
      sql.unsafe`insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, 'REGISTERED')`,
    );
  const [own, strange] = [
    await make.training({ trainer, at: inHours(30) }),
    await make.training({ trainer: strangeTrainer, at: inHours(30) }),
  ];
  for (const student of [client, kid]) await seat(own, student);
  await seat(strange, stranger);
  const booking = async (who: number, specialist: number, hours: number) => {
    const made = await api.post('/bookings', {
      client_id: who,
      service_id: service,
      specialist_id: specialist,
      starts_at: inHours(hours),
    });
    return Number(made.body.id);
  };
  const invoiceOf = (payer: number) => only(sql.unsafe`select id from invoices where payer_id = ${payer} order by id limit 1`);
  const subscription = await only(sql.unsafe`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('Восемь', 5000, 8, 30) returning id`);
  const held = async (student: number) =>
    Number((await api.post(`/api/students/${student}/subscriptions`, { subscription_id: subscription })).body.id);
  const absence = async (specialist: number) =>
    Number(
      (await api.post('/api/specialist-absences', { specialist_id: specialist, from: inHours(300), to: inHours(302) })).body.id,
    );
  const template = (who: number, day: number) =>
    only(sql.unsafe`
      insert into training_templates (day_number, start_time, training_type_id, trainer_id)
      select ${day}::int, '10:00', min(id), ${who}::int from training_types returning id`);
  const group = async (who: number, ...members: number[]) => {
    const id = await only(sql.unsafe`insert into groups (name, trainer_id) values (${`Группа ${who}`}, ${who}) returning id`);
    for (const student of members)
      await db.query(sql.unsafe`insert into group_members (group_id, student_id) values (${id}, ${student})`);
    return id;
  };
  const ownGroup = await group(trainer, client, kid);
  const asked = (student: number, training: number) =>
    only(sql.unsafe`
      insert into finance_requests (kind, real_training_id, student_id, requested_at, requested_by, status, outcome, decided_at)
      values ('cancel_participation', ${training}, ${student}, now(), 'test', 'refused', '{"status":409,"detail":"no"}', now()) returning id`);
  const belt = await only(sql.unsafe`select id from belts where path = 'adult' and position = 1`);
  await db.query(sql.unsafe`update users set birth_date = '1990-01-01' where id in (${client}, ${stranger})`);
  await db.query(sql.unsafe`
    insert into pay_rates (trainer_id, valid_from, training_minor, created_by)
    select id, '2026-01-01', 100, 'test' from unnest(array[${trainer}, ${strangeTrainer}]::int[]) as id`);
  const award = async (student: number) =>
    Number((await api.post(`/api/students/${student}/belts`, { belt_id: belt, awarded_on: '2020-01-01' })).body.id);
  const exam = async (student: number) =>
    Number(
      (await api.post(`/api/students/${student}/exams`, { belt_id: belt, exam_at: inHours(90), override_reason: 'гость' })).body
        .id,
    );
  rows.client = {
    pupil: await award(client),
    exam: await exam(client),
    training: own,
    group: ownGroup,
    student: client,
    client,
    person: client,
    family: client,
    payer: client,
    booking: await booking(client, trainer, 50),
    subscription: await held(client),
    invoice: 0,
    request: await asked(client, own),
  };
  rows.guardian = {
    pupil: await award(kid),
    exam: await exam(kid),
    training: own,
    group: ownGroup,
    student: kid,
    client: kid,
    person: guardian,
    family: kid,
    payer: kid,
    booking: await booking(kid, trainer, 52),
    subscription: await held(kid),
    request: await asked(kid, own),
  };
  rows.trainer = {
    pupil: rows.client.pupil as number,
    exam: rows.client.exam as number,
    training: own,
    group: ownGroup,
    student: kid,
    client: kid,
    specialist: trainer,
    person: trainer,
    booking: rows.client.booking as number,
    absence: await absence(trainer),
    template: await template(trainer, 1),
  };
  rows.others = {
    family: stranger,
    pupil: await award(stranger),
    exam: await exam(stranger),
    training: strange,
    group: await group(strangeTrainer, stranger),
    student: stranger,
    client: stranger,
    specialist: strangeTrainer,
    person: stranger,
    payer: stranger,
    booking: await booking(stranger, strangeTrainer, 54),
    subscription: await held(stranger),
    absence: await absence(strangeTrainer),
    template: await template(strangeTrainer, 2),
    request: await asked(stranger, strange),
  };
  rows.client.invoice = await invoiceOf(client);
  rows.guardian.invoice = await invoiceOf(guardian);
  rows.others.invoice = await invoiceOf(stranger);
  const order = (payer: number) =>
    only(sql.unsafe`
      insert into payment_orders (payer_id, amount_minor, currency, expires_at) values (${payer}, 100, 'RUB', now()) returning id`);
  rows.client.payment_order = await order(client);
  rows.guardian.payment_order = await order(guardian);
  rows.others.payment_order = await order(stranger);
  const vendor = await make.client();
  await db.query(sql.unsafe`insert into user_roles values (${vendor}, 'vending_owner') on conflict do nothing`);
  rows.vending_owner = { ...(await machines(vendor, 'Свой автомат')), person: vendor };
  Object.assign(rows.others, await machines(stranger, FOREIGN));
  const ids: Record<Who, number> = {
    owner,
    admin,
    trainer,
    client,
    guardian,
    vending_owner: vendor,
    stranger,
    'strange trainer': strangeTrainer,
  };
  Object.assign(people, ids);
});
afterAll(() => api.close());

/** A machine of somebody, with something in it, a task and a sale of today. */
async function machines(userId: number, name: string): Promise<Rows> {
  const only = (query: ReturnType<typeof sql.unsafe>) => api.db.oneFirst(query).then(Number);
  const owner = await only(sql.unsafe`
    insert into vending_owners (user_id, setup_date, stock_from) values (${userId}, '2026-01-01', now()) returning id`);
  const terminal = await only(sql.unsafe`
    insert into vending_terminals (owner_id, vendista_id, name) values (${owner}, 1, ${name}) returning id`);
  const place = (kind: string) =>
    only(sql.unsafe`
    insert into stock_places (owner_id, kind, terminal_id) values (${owner}, ${kind}, ${terminal}) returning id`);
  const [stock_place] = [await place('machine'), await place('stand')];
  const ingredient = await only(sql.unsafe`
    insert into ingredients (owner_id, name, unit) values (${owner}, ${name}, 'g') returning id`);
  await api.db.query(sql.unsafe`
    insert into inventories (owner_id, place_id, ingredient_id) values (${owner}, ${stock_place}, ${ingredient})`);
  const vending_task = await only(sql.unsafe`
    insert into vending_tasks (owner_id, terminal_id, origin, created_by) values (${owner}, ${terminal}, 'manual', 'test') returning id`);
  await api.db.query(sql.unsafe`
    insert into vending_transactions (owner_id, vendista_id, terminal_vendista_id, sum_minor, happened_at, result, status, is_historic)
    values (${owner}, 1, 1, 900, now(), 1, 1, false)`);
  return { vending_owner: owner, vending_terminal: terminal, stock_place, ingredient, vending_task };
}

/** Asks in a session of its own: some of what is asked ends it. */
async function ask(who: Who | 'visitor', method: string, path: string, body?: unknown) {
  if (who === 'visitor') return request(api.url, method.toUpperCase(), path, { body });
  const token = randomBytes(32).toString('base64url');
  await api.db.query(sql.unsafe`
    insert into sessions (user_id, token_hash, opened_by, expires_at)
    values (${people[who]}, ${sql.binary(tokenHash(token))}, 'password', now() + interval '1 hour')`);
  return request(api.url, method.toUpperCase(), path, { body, headers: { Cookie: `sf_session=${token}` } });
}

/** The path with its ids: each row the rule names is one of these; what it does not name is no row at all. */
const pathOf = (path: string, rule: Rule, of: Rows) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === 'month' ? '2026-01' : String(of[rule.rows?.[`params.${name}`] as RowKind] ?? 2_147_483_647),
  );
/** What is asked along where a route needs to know more than whose rows are meant. */
const alongWith = (name: string) =>
  name === 'GET /api/clients/{id}/deal' ? `?service_id=1&starts_at=${encodeURIComponent(inHours(200))}` : '';
/** A body of the fields that name rows. */
const bodyOf = (rule: Rule, of: Rows) =>
  Object.fromEntries(
    Object.entries(rule.rows ?? {})
      .filter(([place]) => place.startsWith('body.'))
      .map(([place, kind]) => [place.slice(5), of[kind]]),
  );

const ROLES = ['trainer', 'client', 'guardian', 'vending_owner'] as const;

type Operation = (typeof operations)[number];
const ruleOf = ({ name }: Operation) => policy[name] as Rule;
const names = (operation: Operation) => Object.keys(ruleOf(operation).rows ?? {}).length > 0;
/** Each operation with each role that may ask for what is theirs. */
const own = (chosen: (operation: Operation) => boolean) =>
  operations
    .filter(chosen)
    .flatMap((operation) =>
      ROLES.filter((role) => ruleOf(operation)[role] === 'own').map((role) => [operation.name, role, operation] as const),
    );
const isRead = ({ route }: Operation) => route.method === 'get';
const isList = (operation: Operation) => isRead(operation) && !names(operation) && operation.name !== 'GET /api/search';

test.each(
  operations
    .filter(({ name }) => !BY_PASSWORD.includes(name))
    .flatMap((operation) => [...ROLES, 'visitor' as const].map((role) => [operation.name, role, operation] as const)),
)('%s lets a %s in as the policy says', async (_name, who, operation) => {
  const { route } = operation;
  const rule = ruleOf(operation);
  const { status, body } = await ask(who, route.method, pathOf(route.path, rule, rows.others), route.body ? {} : undefined);
  // Whoever signs in looks after oneself.
  const access = rule[who] ?? (who === 'visitor' ? undefined : rule.client);
  if (access === undefined) expect(status).toBe(who === 'visitor' ? 401 : 403);
  else expect([401, 403, 500].includes(status) && body?.detail).toBeFalsy();
});

test.each(operations.map((operation) => [operation.name, operation] as const))(
  '%s lets in an owner, and an admin but for rights, trainers’ pay and taking everything out',
  async (_name, { route }) => {
    for (const who of ['owner', 'admin'] as const) {
      const { status, body } = await ask(
        who,
        route.method,
        route.path.replaceAll(/\{\w+\}/g, '2147483647'),
        route.body ? {} : undefined,
      );
      const isForRights = OWNERS.includes(String(route.scope)) && who === 'admin';
      if (isForRights) expect(status).toBe(403);
      else expect([401, 403, 500].includes(status) && body?.detail).toBeFalsy();
    }
  },
);

test.each(own(names))('%s is a 404 for a %s who names another’s rows', async (name, who, operation) => {
  const { route } = operation;
  const rule = ruleOf(operation);
  const form = route.body ? { ...example(name), ...bodyOf(rule, rows.others) } : undefined;
  const { status, body, text } = await ask(who, route.method, pathOf(route.path, rule, rows.others) + alongWith(name), form);
  expect({ status, detail: body?.detail }).toEqual({ status: 404, detail: expect.stringMatching(/^there is no /) });
  expect(text).not.toContain(FOREIGN);
});

test.each(own((operation) => names(operation) && isRead(operation)))(
  '%s is answered to a %s who names one’s own',
  async (name, who, operation) => {
    const { status, text } = await ask(who, 'get', pathOf(operation.route.path, ruleOf(operation), rows[who]) + alongWith(name));
    expect(status).toBe(200);
    expect(text).not.toContain(FOREIGN);
  },
);

test.each(own(isList))('%s shows a %s what is theirs and nothing of others', async (_name, who, { route }) => {
  const { status, text, body } = await ask(who, 'get', route.path);
  expect(status).toBe(200);
  expect(text).not.toContain(FOREIGN);
  expect(body.items).not.toEqual([]);
  const foreign = new Set([rows.others.student, rows.others.specialist]);
  const isForeign = (item: Json) =>
    ['client_id', 'student_id', 'payer_id', 'trainer_id', 'specialist_id'].some((field) => foreign.has(item[field]));
  expect(body.items.filter(isForeign)).toEqual([]);
});

/** A body that is well formed, where empty would be refused before anybody looks at whose rows it names. */
function example(name: string): Json {
  const bodies: Record<string, Json> = {
    'POST /api/students/{id}/belts': { belt_id: 1 },
    'PUT /api/students/{id}/belts/deferral': { program: 'BJJ', until: null },
    'POST /api/students/{id}/exams': { belt_id: 1, exam_at: inHours(70) },
    'PATCH /api/exams/{id}': { notes: 'строго' },
    'POST /api/students/{id}/subscriptions': { subscription_id: 1 },
    'POST /api/clients/{id}/packages': { service_package_id: 1 },
    'POST /bookings': { service_id: 1, starts_at: inHours(70) },
    'POST /bookings/visits': { services: [{ service_id: 1 }, { service_id: 2 }], starts_at: inHours(70) },
    'POST /bookings/series': { service_id: 1, starts_at: inHours(70), every_weeks: 1, until: dayAt(inHours(90)) },
    'POST /bookings/{id}/cancel': { reason: 'планы' },
    'POST /bookings/{id}/reschedule': { starts_at: inHours(70) },
    'POST /bookings/{id}/close': { status: 'COMPLETED' },
    'POST /api/specialist-absences': { from: inHours(400), to: inHours(401) },
    'PATCH /api/specialist-absences/{id}': { reason: 'болеет' },
    'POST /real-trainings/{id}/students/{student_id}/cancel': { reason: 'планы' },
    'PATCH /api/student-subscriptions/{id}': { is_auto_renew: true },
    'POST /real-trainings/{id}/attendance': { marks: [{ student_id: rows.others.student, status: 'PRESENT' }] },
    'POST /api/attendances': { student_id: rows.others.student },
    'POST /api/vending/owners': { login: 'cafe', password: 'a-password', setup_date: '2026-01-01' },
    'POST /api/vending/ingredients': { name: 'Сахар', unit: 'g' },
    'PUT /api/vending/terminals/{id}/recipes/{item}': { items: [] },
    'POST /api/vending/stock/refill': { quantity_milli: 1 },
    'POST /api/vending/stock/move': { quantity_milli: 1 },
    'POST /api/vending/stock/count': { quantity_milli: 1 },
    'PUT /api/vending/stock/levels': { capacity_milli: 1, critical_milli: 0 },
    'PATCH /api/vending/terminals/{id}': { assignee_id: null },
    'POST /api/people/{id}/consents': { kind: 'photos', text_version: '1' },
    'POST /api/people/{id}/data-requests': { kind: 'show' },
    'PUT /api/people/{id}/notifications': { quiet_hours: null, kinds: {} },
  };
  return bodies[name] ?? {};
}

test('a trainer sees no contacts and no money of others', async () => {
  const seen = await ask('trainer', 'get', '/api/students');
  expect(seen.body.items.map((item: Json) => item.id).sort()).toEqual([rows.client.student, rows.guardian.student].sort());
  for (const item of seen.body.items)
    expect(item).toMatchObject({ phone: null, email: null, telegram_id: null, birth_date: null, notes: null, payer_id: null });
  const booking = await ask('trainer', 'get', `/bookings/${rows.client.booking}`);
  expect(booking.body).toMatchObject({
    price_minor: null,
    service_price_minor: null,
    payer_id: null,
    invoice: null,
    discounts: null,
  });
  expect((await ask('client', 'get', `/bookings/${rows.client.booking}`)).body).toMatchObject({ price_minor: 1_000 });
});

test('a trainer finds their own people without their phones, and nobody else', async () => {
  const find = async (q: string) => (await ask('trainer', 'get', `/api/search?q=${encodeURIComponent(q)}`)).body;
  expect(await find('Клиентка')).toMatchObject({ people: [{ id: rows.client.student, phone: null }], invoices: [] });
  expect(await find(FOREIGN)).toEqual({ people: [], trainings: [], invoices: [] });
  // The digits of a phone would tell it bit by bit.
  expect((await find(String(rows.client.student).padStart(7, '0'))).people).toEqual([]);
});

test('a client sees nobody else in a training, a trainer everybody', async () => {
  const places = async (who: Who) =>
    (await ask(who, 'get', `/real-trainings/${rows.client.training}`)).body.students.map((one: Json) => one.student_id);
  expect(await places('client')).toEqual([rows.client.student]);
  expect(await places('guardian')).toEqual([rows.guardian.student]);
  expect((await places('trainer')).sort()).toEqual([rows.client.student, rows.guardian.student].sort());
});

test('only staff says that the studio wishes it', async () => {
  const { status, body } = await ask('client', 'post', `/bookings/${rows.client.booking}/cancel`, {
    reason: 'так',
    by: 'studio',
  });
  expect({ status, detail: body.detail }).toEqual({ status: 403, detail: '"by" may only be client for your role' });
});

test('a guardian’s rights end with the child’s eighteenth birthday, unless they are allowed longer', async () => {
  const kid = rows.guardian.student as number;
  const born = (day: string) => api.db.query(sql.unsafe`update users set birth_date = ${day}::date where id = ${kid}`);
  const today = z.iso.date().parse(await api.db.oneFirst(sql.unsafe`select (now() at time zone 'Europe/Moscow')::date::text`));
  const [year, rest] = [Number(today.slice(0, 4)), today.slice(4)];
  const reads = async () => {
    // A session is known for half a second.
    for (;;) {
      const { body } = await ask('guardian', 'get', '/me');
      const isGuardian = body.user.roles.includes('guardian');
      const { status } = await ask('guardian', 'get', `/api/students/${kid}`);
      if ((status === 200) === isGuardian) return isGuardian;
    }
  };
  const eventually = async (wanted: boolean) => {
    while ((await reads()) !== wanted) await new Promise((next) => setTimeout(next, 50));
    expect(await reads()).toBe(wanted);
  };
  const isLeap = rest === '-02-29';
  await born(`${year - 18}${isLeap ? '-02-28' : rest}`);
  await eventually(false);
  await api.db.query(sql.unsafe`update guardians set allowed_after_18 = true where student_id = ${kid}`);
  await eventually(true);
  await api.db.query(sql.unsafe`update guardians set allowed_after_18 = false where student_id = ${kid}`);
  await born(`${year - 17}${isLeap ? '-02-28' : rest}`);
  await eventually(true);
});
