import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { readTable } from '../../workers/imports/table.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { inDays, today } from '../support/days.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
});
afterAll(() => api.close());

const run = (query: ReturnType<typeof sql.unsafe>) => api.db.query(query);
/** The file as it comes, by bytes. */
async function file(what: string, query = '', headers: Record<string, string> = { 'X-API-Key': api.all }) {
  const response = await fetch(`${api.url}/api/exports/${what}${query}`, { headers });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    bytes: new Uint8Array(await response.arrayBuffer()),
  };
}
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
async function outcomes(bytes: Uint8Array, type: string) {
  const sent = await api.ask('POST', '/api/imports/students?overwrite=true', { raw: bytes, headers: { 'Content-Type': type } });
  expect(sent.status).toBe(201);
  const { items } = (await api.get(`/api/imports/${sent.body.id}?limit=200`)).body as Json;
  return items.map(({ outcome, notes }: Json) => ({ outcome, notes }));
}

test.each([
  ['csv', 'text/csv'],
  ['xlsx', XLSX],
])('students exported as %s and imported again, also with overwrite: nothing changes', async (format, type) => {
  const [plain, odd, parent, child] = [await make.student(), await make.student(), await make.student(), await make.student()];
  await run(sql.unsafe`update users set phone = ${`+7916${String(plain).padStart(7, '1')}`}, birth_date = '1991-02-03', gender = 'male',
    email = ${`p${plain}@x.example`}, notes = 'две
строки, "в кавычках"; и точка' where id = ${plain}`);
  await run(
    sql.unsafe`update users set first_name = '=HYPERLINK("x")', last_name = '''-1', notes = '@всем', birth_date = '1980-01-01' where id = ${odd}`,
  );
  await run(sql.unsafe`update students set health_note = '+астма', current_belt = '-' where id = ${odd}`);
  await run(sql.unsafe`update students set payer_id = ${parent} where id = ${child}`);
  await run(sql.unsafe`insert into groups (name, trainer_id) values (${`Дети ${plain}`}, ${await make.specialist([])})`);
  await run(sql.unsafe`insert into group_members (group_id, student_id) select max(id), ${child} from groups`);
  const { bytes } = await file('students', `?format=${format}`);
  const found = await outcomes(bytes, type);
  expect(found.length).toBeGreaterThanOrEqual(4);
  expect(found.filter(({ outcome }: Json) => outcome !== 'same')).toEqual([]);
});

test.each([
  ['csv', 'text/csv'],
  ['xlsx', XLSX],
])(
  'subscriptions exported as %s and imported again, also with overwrite: nobody gets one, nobody is renamed',
  async (format, type) => {
    // Numbers of people and of subscriptions are alike: one must not be taken for the other.
    await run(sql.unsafe`
    select setval(pg_get_serial_sequence('users', 'id'), last), setval(pg_get_serial_sequence('student_subscriptions', 'id'), last)
    from (select greatest((select max(id) from users), (select max(id) from student_subscriptions)) as last) as both_are_at`);
    const [adult, child, old] = [await make.student(), await make.student(), await make.student()];
    await run(sql.unsafe`update users set phone = ${`+7918${String(adult).padStart(7, '0')}`} where id = ${adult}`);
    await run(sql.unsafe`update students set payer_id = ${adult} where id = ${child}`);
    await run(sql.unsafe`update users set first_name = '=2+2', last_name = 'де  Ла Крус' where id = ${child}`);
    const span = { from: inDays(-3), to: inDays(20) };
    for (const student of [adult, child, old]) await make.subscription({ student, ...span });
    await make.subscription({ student: child, from: inDays(-2), to: inDays(25), status: 'cancelled' });
    await make.subscription({ student: child, from: inDays(-30), to: inDays(-1), status: 'expired', left: 0 });
    // Sold twice for the same days, and one that was kept under the number of somebody who is another one now.
    await make.subscription({ student: child, ...span, left: null });
    await run(sql.unsafe`update users set is_active = false, merged_into = ${adult}, first_name = 'Прежняя' where id = ${old}`);
    const people = () =>
      api.db.any(sql.unsafe`
      select users.*, payer_id, (select json_agg(held order by id) from student_subscriptions held where student_id = users.id) as held
      from users left join students using (id) order by id`);
    const before = await people();
    const { bytes } = await file('subscriptions', `?format=${format}&from=${inDays(-40)}`);
    const sent = await api.ask('POST', '/api/imports/students?overwrite=true', { raw: bytes, headers: { 'Content-Type': type } });
    expect(sent.status).toBe(201);
    const { items } = (await api.get(`/api/imports/${sent.body.id}?limit=200`)).body as Json;
    expect(items.length).toBeGreaterThanOrEqual(6);
    expect(items.filter(({ outcome }: Json) => outcome !== 'same')).toEqual([]);
    expect(items.map(({ person_id }: Json) => person_id)).toEqual(expect.arrayContaining([adult, child]));
    expect((await api.post(`/api/imports/${sent.body.id}/confirm`)).status).toBe(200);
    expect(await people()).toEqual(before);
  },
);

test('a value that a spreadsheet would take for a formula is text, and a phone is a phone', async () => {
  const id = await make.student();
  await run(sql.unsafe`update users set first_name = '=1+1', phone = '+79165550011' where id = ${id}`);
  const csv = await file('students');
  expect(csv).toMatchObject({ status: 200, type: 'text/csv; charset=utf-8' });
  const line = text(csv.bytes)
    .split('\r\n')
    .find((row) => row.startsWith(`${id},`));
  expect(line).toMatch(/^\d+,'=1\+1,Тестов,\+79165550011,/);
  const sheet = await file('students', '?format=xlsx');
  expect(sheet.type).toBe(XLSX);
  expect(
    readTable(sheet.bytes)
      .rows.find(([first]) => first === String(id))
      ?.slice(1, 4),
  ).toEqual(["'=1+1", 'Тестов', '+79165550011']);
});

test('payments, places and subscriptions of the days asked for, on both sides of each boundary', async () => {
  const student = await make.student();
  const specialist = await make.specialist([]);
  await make.type();
  for (const hours of [-24 * 40, -24 * 3]) {
    const training = await make.training({ trainer: specialist, at: inHours(hours) });
    await run(
      sql.unsafe`insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, 'PRESENT')`,
    );
  }
  for (const day of [inDays(-11), inDays(-10), today()])
    expect((await api.post('/api/payments', { payer_id: student, amount_minor: 100, payment_date: day })).status).toBe(201);
  await make.subscription({ student, from: inDays(-40), to: inDays(-11) });
  await make.subscription({ student, from: inDays(-30), to: inDays(-10) });
  const span = `?from=${inDays(-10)}&to=${today()}`;
  const count = async (what: string) =>
    text((await file(what, span)).bytes)
      .trim()
      .split('\r\n').length - 1;
  expect([await count('payments'), await count('attendance')]).toEqual([2, 1]);
  const subscriptions = text((await file('subscriptions', span)).bytes).split('\r\n');
  expect(subscriptions.filter((line) => line.startsWith(`${student},`))).toHaveLength(1);
  expect((await file('payments', `?from=${today()}&to=${inDays(-1)}`)).status).toBe(422);
});

test('everybody takes out what they see: trainers their own without contacts, clients nothing; and it is noted', async () => {
  const trainer = await personOf(api, 'trainer');
  await make.type();
  const [own, strange] = [await make.student(), await make.student()];
  await run(
    sql.unsafe`update users set phone = ${`+7917${String(own).padStart(7, '0')}`}, birth_date = '2010-01-01' where id = ${own}`,
  );
  const training = await make.training({ trainer: trainer.id, at: inHours(-30) });
  await run(
    sql.unsafe`insert into real_training_students (real_training_id, student_id, status) values (${training}, ${own}, 'PRESENT')`,
  );
  const mine = text((await file('students', '', { Cookie: trainer.cookie })).bytes)
    .trim()
    .split('\r\n');
  expect(mine[0]).toBe('id,first_name,last_name,age,belt,health_note');
  expect(mine.slice(1).map((line) => Number(line.split(',')[0]))).toEqual([own]);
  expect(text((await file('attendance', `?from=${inDays(-5)}`, { Cookie: trainer.cookie })).bytes)).not.toContain(`,${strange},`);
  const client = await personOf(api, 'client');
  for (const what of ['students', 'payments', 'attendance', 'subscriptions'])
    expect((await file(what, '', { Cookie: client.cookie })).status).toBe(403);
  for (const what of ['payments', 'subscriptions']) expect((await file(what, '', { Cookie: trainer.cookie })).status).toBe(403);
  const { items } = (await api.get('/api/changes?record=export&limit=2')).body as Json;
  expect(items[1]).toMatchObject({
    actor: `person:${trainer.id}`,
    cause: 'GET /api/exports/students',
    after: { what: 'students', rows: 1 },
  });
});

test('the studio’s calendar: trainings and bookings of these days, by location or trainer; a trainer’s own (R29, R32)', async () => {
  const trainer = await personOf(api, 'trainer');
  const [other, client, location] = [await make.specialist([]), await make.client(), await make.location()];
  await make.type();
  const room = await make.roomAt(location);
  await run(sql.unsafe`update locations set name = 'Зал; у реки' where id = ${location}`);
  const mine = await make.training({ trainer: trainer.id, at: inHours(30), isCancelled: true });
  const theirs = await make.training({ trainer: other, at: inHours(30), room });
  const service = await make.service();
  const booking = await make.booking({ client, specialist: other, service, at: inHours(40) });
  const held = await make.booking({ client: other, specialist: other, service, at: inHours(50) });
  const events = async (query: string, headers?: Record<string, string>) => {
    const found = await file('calendar', query, headers);
    expect([found.status, found.type]).toEqual([200, 'text/calendar; charset=utf-8']);
    return text(found.bytes).replaceAll('\r\n ', '').split('BEGIN:VEVENT').slice(1);
  };
  const uidsOf = (all: string[]) => all.map((event) => /UID:(\S+)@/.exec(event)?.[1]);
  const all = uidsOf(await events(''));
  expect(all).toEqual(expect.arrayContaining([`training-${mine}`, `training-${theirs}`, `booking-${booking}`]));
  expect(all).not.toContain(`booking-${held}`);
  const [atPlace, ...rest] = await events(`?location_id=${location}`);
  expect(rest).toEqual([]);
  expect(atPlace).toContain(`UID:training-${theirs}@`);
  expect(atPlace).toContain('LOCATION:Зал\\; у реки\\, Кабинет');
  expect(uidsOf(await events(`?trainer_id=${other}`))).toEqual([`training-${theirs}`, `booking-${booking}`]);
  const own = await events('', { Cookie: trainer.cookie });
  expect(uidsOf(own)).toEqual([`training-${mine}`]);
  expect(own[0]).toContain('STATUS:CANCELLED');
  expect(await events(`?from=${inDays(5)}&to=${inDays(5)}`)).toEqual([]);
  expect((await file('calendar', '?from=2020-02-01&to=2020-01-01')).status).toBe(422);
  const logged = await api.db.oneFirst(sql.unsafe`
    select count(*)::int from changes_log where record = 'export' and after ->> 'what' = 'calendar'`);
  expect(logged).toBe(5);
});
