import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { isMonthOver, lastDayOf, monthAfter, nextMonth, stateOf } from '../../workers/pay/policy.ts';
import { today } from '../support/days.ts';
import { emptyStudio } from '../support/emptying.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { studio } from '../support/studio.ts';

let api: TestApi;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  api = await testApi();
  make = studio(api.db);
});
afterAll(() => api.close());
beforeEach(() => emptyStudio(api.db));

const id = sql.type(z.object({ id: z.int() }));
const run = (query: ReturnType<typeof sql.unsafe>) => api.db.query(query);

/** A training that was held, and who was in it how. */
async function held(trainer: number, startsAt: string, marks: [student: number, status: string][] = [], type?: number) {
  const training = await api.db.oneFirst(id`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor, status)
    select ${type ?? (await make.type())}, ${trainer}, (at at time zone 'Europe/Moscow')::date, (at at time zone 'Europe/Moscow')::time, at,
      at + interval '60 minutes', 10, 0, 'completed'
    from (select ${startsAt}::timestamptz as at) as given returning id`);
  const seats: number[] = [];
  for (const [student, status] of marks)
    seats.push(
      await api.db.oneFirst(id`
        insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, ${status}) returning id`),
    );
  return { training, seats: seats as [number, ...number[]] };
}
const billed = (seat: number, student: number, minor: number) =>
  run(sql.unsafe`
    with bill as (
      insert into invoices (payer_id, student_id, type, amount_minor, real_training_student_id, charge_no)
      values (${student}, ${student}, 'TRAINING', ${minor}, ${seat}, 0) returning id
    ) update real_training_students set invoice_id = (select id from bill), charged_at = now() where id = ${seat}`);
const card = async (trainer: number, more: Json) => {
  const made = await api.post('/api/pay/rates', { trainer_id: trainer, valid_from: '2026-01-01', ...more });
  expect(made.status).toBe(201);
  return made.body;
};
const sheet = async (trainer: number, month: string, query = '') =>
  (await api.get(`/api/pay/sheets/${trainer}/${month}${query}`)).body as Json;
const close = (trainer: number, month: string, body: Json = {}) => api.post(`/api/pay/sheets/${trainer}/${month}/close`, body);
const short = ({ lines }: Json) => lines.map((line: Json) => [line.kind, line.day, line.amount_minor]);

describe('how a month stands', () => {
  test.each([
    ['nothing was closed', null, null, null],
    ['another’s was', null, '2026-03-01', '2026-03-01'],
    ['one’s own was', '2026-04-01', '2026-03-01', '2026-05-01'],
  ])('%s: corrections come into the right month', (_, last, begun, next) => {
    expect(nextMonth({ last, begun })).toBe(next);
  });

  test.each([
    ['2026-03-01', true, '2026-04-01', 'closed'],
    ['2026-03-01', false, '2026-04-01', 'passed'],
    ['2026-04-01', false, '2026-04-01', 'open'],
    ['2026-05-01', false, '2026-04-01', 'open'],
    ['2026-03-01', false, null, 'open'],
  ] as const)('%s, closed: %s, next %s: %s', (month, isClosed, next, state) => {
    expect(stateOf(month, { isClosed, next })).toBe(state);
  });

  test('a month is over once its last day is', () => {
    expect([lastDayOf('2024-02-01'), monthAfter('2026-12-01')]).toEqual(['2024-02-29', '2027-01-01']);
    expect([isMonthOver('2024-02-01', '2024-02-29'), isMonthOver('2024-02-01', '2024-03-01')]).toEqual([false, true]);
  });
});

describe('a card', () => {
  test('is valid from its day, one of the type before the one for all, and one without amounts ends it', async () => {
    const [trainer, type] = [await make.trainer(), await make.type()];
    await card(trainer, { training_minor: 100 });
    await card(trainer, { training_type_id: type, valid_from: '2026-03-10', training_minor: 700 });
    await card(trainer, { training_type_id: type, valid_from: '2026-03-20' });
    for (const day of ['2026-03-09', '2026-03-10', '2026-03-19', '2026-03-20']) await held(trainer, `${day}T15:00:00Z`, [], type);
    expect((await sheet(trainer, '2026-03')).lines.map((line: Json) => [line.day, line.rate_minor])).toEqual([
      ['2026-03-09', 100],
      ['2026-03-10', 700],
      ['2026-03-19', 700],
      ['2026-03-20', 100],
    ]);
  });

  test('of the same day replaces the one before it, and none is ever changed', async () => {
    const trainer = await make.trainer();
    await card(trainer, { training_minor: 100 });
    await card(trainer, { training_minor: 300 });
    await held(trainer, '2026-03-10T15:00:00Z');
    expect(await sheet(trainer, '2026-03')).toMatchObject({ total_minor: 300 });
    await expect(run(sql.unsafe`update pay_rates set training_minor = 1`)).rejects.toThrow();
    await expect(run(sql.unsafe`delete from pay_rates`)).rejects.toThrow();
  });

  test('pays heads who were present, a percentage of what was earned, and a month by its days', async () => {
    const [trainer, one, other] = [await make.trainer(), await make.student(), await make.student()];
    await card(trainer, { valid_from: '2026-03-17', head_minor: 500, percent_bp: 3_333, month_minor: 31_000 });
    const { seats } = await held(trainer, '2026-03-20T15:00:00Z', [
      [one, 'PRESENT'],
      [other, 'ABSENT'],
    ]);
    await billed(seats[0], one, 1_000);
    await billed(seats[1] as number, other, 500);
    const march = await sheet(trainer, '2026-03', '?explain=true');
    expect(march.lines).toMatchObject([
      { kind: 'month', source_id: 202_603, quantity: 15, amount_minor: 15_000 },
      { kind: 'head', quantity: 1, rate_minor: 500, amount_minor: 500 },
      // 1,500 x 33.33 % = 499.95
      { kind: 'percent', base_minor: 1_500, percent_bp: 3_333, amount_minor: 500 },
    ]);
    expect(march.explained).toMatchObject([
      { kind: 'head', student_id: one, status: 'PRESENT', value_minor: null },
      { kind: 'percent', student_id: one, value_minor: 1_000 },
      { kind: 'percent', student_id: other, value_minor: 500 },
    ]);
    expect(march.total_minor).toBe(16_000);
  });

  test('by the month is for all types only', async () => {
    const [trainer, type] = [await make.trainer(), await make.type()];
    const body = { trainer_id: trainer, training_type_id: type, valid_from: '2026-01-01', month_minor: 1 };
    expect(await api.post('/api/pay/rates', body)).toMatchObject({ status: 422, body: { errors: [{ path: 'month_minor' }] } });
  });
});

test('a training of the last evening in Moscow is of its month, whatever UTC says', async () => {
  const trainer = await make.trainer();
  await card(trainer, { training_minor: 100 });
  await held(trainer, '2026-02-28T20:30:00Z');
  await held(trainer, '2026-02-28T21:30:00Z');
  expect(short(await sheet(trainer, '2026-02'))).toEqual([['training', '2026-02-28', 100]]);
  expect(short(await sheet(trainer, '2026-03'))).toEqual([['training', '2026-03-01', 100]]);
});

test('a cancelled training pays nothing, and a substitute is paid for what they gave', async () => {
  const [regular, substitute] = [await make.trainer(), await make.trainer()];
  for (const trainer of [regular, substitute]) await card(trainer, { training_minor: 100 });
  const given = await held(regular, '2026-03-10T15:00:00Z');
  const off = await held(regular, '2026-03-11T15:00:00Z');
  await run(
    sql.unsafe`update real_trainings set trainer_id = ${substitute}, regular_trainer_id = ${regular} where id = ${given.training}`,
  );
  await run(sql.unsafe`update real_trainings set status = 'cancelled', cancelled_at = now() where id = ${off.training}`);
  expect((await sheet(regular, '2026-03')).lines).toEqual([]);
  expect((await sheet(substitute, '2026-03')).lines).toMatchObject([{ is_substitute: true, amount_minor: 100 }]);
});

describe('a closed month', () => {
  test('does not change; what changes behind it comes as corrections in the next, once', async () => {
    const [trainer, student] = [await make.trainer(), await make.student()];
    await card(trainer, { training_minor: 100, percent_bp: 5_000 });
    const { training, seats } = await held(trainer, '2026-03-10T15:00:00Z', [[student, 'PRESENT']]);
    await billed(seats[0], student, 800);
    expect(await close(trainer, '2026-03', { total_minor: 500 })).toMatchObject({
      status: 200,
      body: { state: 'closed', total_minor: 500, corrections_come_in: '2026-04-01', owed_minor: 500 },
    });
    const before = await sheet(trainer, '2026-03');
    // The charge is given back, another training of March turns out to have been held, the first one was somebody else's.
    await run(sql.unsafe`update invoices set status = 'CANCELLED', cancelled_at = now()`);
    const late = await held(trainer, '2026-03-12T15:00:00Z');
    expect((await sheet(trainer, '2026-03')).lines).toEqual(before.lines);
    expect((await sheet(trainer, '2026-04')).lines).toMatchObject([
      { kind: 'percent', source_id: training, is_correction: true, before_minor: 400, amount_minor: -400, day: '2026-03-10' },
      { kind: 'training', source_id: late.training, is_correction: true, before_minor: 0, amount_minor: 100, day: '2026-03-12' },
    ]);
    expect((await sheet(trainer, '2026-05')).lines).toEqual([]);
    expect((await close(trainer, '2026-04')).body.total_minor).toBe(-300);
    expect((await sheet(trainer, '2026-05')).lines).toEqual([]);
    await expect(run(sql.unsafe`update pay_lines set amount_minor = 1`)).rejects.toThrow();
    await expect(run(sql.unsafe`delete from pay_sheets`)).rejects.toThrow();
  });

  test('a training that is handed to another after closing leaves one and comes to the other', async () => {
    const [one, other] = [await make.trainer(), await make.trainer()];
    for (const trainer of [one, other]) await card(trainer, { training_minor: 100 });
    const { training } = await held(one, '2026-03-10T15:00:00Z');
    for (const trainer of [one, other]) await close(trainer, '2026-03');
    await run(sql.unsafe`update real_trainings set trainer_id = ${other}, regular_trainer_id = ${one} where id = ${training}`);
    expect(short(await sheet(one, '2026-04'))).toEqual([['training', '2026-03-10', -100]]);
    expect(short(await sheet(other, '2026-04'))).toEqual([['training', '2026-03-10', 100]]);
  });

  test('is corrected for twelve months; what was moved over that border is neither paid twice nor taken back', async () => {
    const trainer = await make.trainer();
    await card(trainer, { valid_from: '2024-01-01', training_minor: 100 });
    const on = async (day: string) => (await held(trainer, `${day}T15:00:00Z`)).training;
    const [forth, beyond] = [await on('2024-01-20'), await on('2024-01-31')];
    const [back, within] = [await on('2024-02-10'), await on('2024-02-01')];
    await on('2025-01-10');
    for (const month of ['2024-01', '2024-02', '2025-01']) expect((await close(trainer, month)).status).toBe(200);
    const move = (training: number, day: string) =>
      run(sql.unsafe`
        update real_trainings set training_date = ${day}::date, starts_at = ${day}::date + interval '9 hours', ends_at = ${day}::date + interval '10 hours'
        where id = ${training}`);
    await move(forth, '2024-03-05');
    await move(back, '2024-01-15');
    for (const training of [beyond, within])
      await run(sql.unsafe`update real_trainings set status = 'cancelled', cancelled_at = now() where id = ${training}`);
    // February's corrections reach the first of the February before.
    expect((await sheet(trainer, '2025-02')).lines).toMatchObject([
      { source_id: within, is_correction: true, before_minor: 100, amount_minor: -100 },
    ]);
    const heir = await make.trainer();
    await card(heir, { valid_from: '2024-01-01', training_minor: 300 });
    await run(sql.unsafe`update real_trainings set trainer_id = ${heir} where id in (${forth}, ${back}, ${beyond})`);
    expect((await sheet(trainer, '2025-02')).total_minor).toBe(-300);
    expect(short(await sheet(heir, '2025-02'))).toEqual([]);
    expect((await sheet(heir, '2024-01')).lines.map((line: Json) => line.source_id)).toEqual([back]);
  });

  test('a card that begins in it is a correction, too', async () => {
    const trainer = await make.trainer();
    await card(trainer, { month_minor: 31_000 });
    await close(trainer, '2026-03');
    await card(trainer, { valid_from: '2026-03-31', month_minor: 62_000 });
    expect(short(await sheet(trainer, '2026-04'))).toEqual([
      ['month', '2026-04-01', 62_000],
      ['month', '2026-03-01', 1_000],
    ]);
  });

  test('of two who close it at once one does', async () => {
    const trainer = await make.trainer();
    await card(trainer, { training_minor: 100 });
    await held(trainer, '2026-03-10T15:00:00Z');
    const answers = await Promise.all([close(trainer, '2026-03'), close(trainer, '2026-03')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      detail: expect.stringContaining('closed already'),
      closed_at: expect.any(String),
    });
    expect(Number(await api.db.oneFirst(sql.unsafe`select count(*) from pay_lines`))).toBe(1);
  });

  test('is refused while it is not over, before an earlier one, after a later one, and where it comes to something else', async () => {
    const trainer = await make.trainer();
    await card(trainer, { training_minor: 100 });
    for (const month of ['01', '03', '04']) await held(trainer, `2026-${month}-10T15:00:00Z`);
    expect((await close(trainer, '2026-01', { total_minor: 99 })).body).toMatchObject({ status: 409, total_minor: 100 });
    expect((await close(trainer, '2026-01')).status).toBe(200);
    expect((await close(trainer, '2026-04')).body).toMatchObject({ status: 409, waits_for: '2026-03-01' });
    // Nothing is in February: it need not be closed.
    expect((await close(trainer, '2026-03')).status).toBe(200);
    expect((await close(trainer, '2026-02')).body).toMatchObject({ status: 409, detail: expect.stringContaining('2026-04-01') });
    const thisMonth = today().slice(0, 7);
    await close(trainer, '2026-04');
    expect((await close(trainer, thisMonth)).body).toMatchObject({ status: 409, detail: expect.stringContaining('not over') });
    expect((await close(2_147_483_647, '2026-03')).status).toBe(404);
    expect((await close(trainer, '2026-13')).status).toBe(422);
  });
});

describe('paying out', () => {
  test('is of closed sheets, never more than they owe, and cash leaves the till', async () => {
    const owner = await personOf(api, 'owner');
    const trainer = await make.trainer();
    await card(trainer, { training_minor: 10_000 });
    await held(trainer, '2026-03-10T15:00:00Z');
    const pay = (amount_minor: number, method = 'cash') =>
      owner.ask('POST', `/api/pay/trainers/${trainer}/payouts`, { amount_minor, method });
    expect(await pay(1)).toMatchObject({ status: 409, body: { owed_minor: 0 } });
    await close(trainer, '2026-03');
    expect(await pay(4_000)).toMatchObject({ status: 201, body: { owed_minor: 6_000 } });
    const both = await Promise.all([pay(6_000, 'transfer'), pay(6_000, 'transfer')]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect((await api.get(`/api/pay/trainers/${trainer}/payouts`)).body.items).toMatchObject([
      { amount_minor: 6_000, method: 'transfer', created_by: `person:${owner.id}` },
      { amount_minor: 4_000 },
    ]);
    expect((await api.get('/api/cash')).body).toMatchObject({
      net_minor: -4_000,
      people: [{ person_id: owner.id, paid_out_minor: 4_000, net_minor: -4_000 }],
    });
    expect((await sheet(trainer, '2026-03')).owed_minor).toBe(0);
  });
});

describe('sheets are seen by their trainer, by admins and by owners', () => {
  test('a trainer the own sheets and cards, an admin all, and only the owner decides', async () => {
    const [me, admin] = [await personOf(api, 'trainer'), await personOf(api, 'admin')];
    const [other, student] = [await make.trainer(), await make.student()];
    for (const trainer of [me.id, other]) await card(trainer, { percent_bp: 5_000 });
    const { seats } = await held(me.id, '2026-03-10T15:00:00Z', [[student, 'PRESENT']]);
    await billed(seats[0], student, 800);
    const list = async (who: typeof me) =>
      (await who.ask('GET', '/api/pay/sheets?month=2026-03')).body.items.map((row: Json) => row.trainer_id);
    expect(await list(me)).toEqual([me.id]);
    expect((await list(admin)).sort()).toEqual([me.id, other].sort());
    expect((await me.ask('GET', '/api/pay/rates')).body.items.map((row: Json) => row.trainer_id)).toEqual([me.id]);
    expect((await me.ask('GET', `/api/pay/rates?trainer_id=${other}`)).body.items).toEqual([]);
    // What each place is worth is the studio's own.
    const own = (await me.ask('GET', `/api/pay/sheets/${me.id}/2026-03?explain=true`)).body;
    expect(own).toMatchObject({ total_minor: 400, explained: [{ student_id: student, value_minor: null }] });
    const csv = (await me.ask('GET', `/api/pay/sheets/${me.id}/2026-03?explain=true&format=csv`)).text;
    expect(csv).not.toContain('800');
    expect((await me.ask('GET', `/api/pay/sheets/${other}/2026-03`)).status).toBe(404);
    expect((await me.ask('GET', `/api/pay/trainers/${other}/payouts`)).status).toBe(404);
    for (const who of [me, admin]) {
      expect((await who.ask('POST', `/api/pay/sheets/${me.id}/2026-03/close`, {})).status).toBe(403);
      expect((await who.ask('POST', '/api/pay/rates', { trainer_id: me.id, valid_from: '2026-01-01' })).status).toBe(403);
    }
    const client = await personOf(api, 'client');
    expect((await client.ask('GET', '/api/pay/sheets')).status).toBe(403);
  });
});

test('a month and a sheet are files, too', async () => {
  const trainer = await make.trainer();
  await card(trainer, { training_minor: 100 });
  await held(trainer, '2026-03-10T15:00:00Z');
  const list = await api.get('/api/pay/sheets?month=2026-03&format=csv');
  expect(list.headers.get('content-disposition')).toBe('attachment; filename="pay-2026-03.csv"');
  const [head, row] = list.text.replace('\ufeff', '').split('\r\n');
  expect(head).toContain('trainer_id,trainer,unfinished,closed_at,closed_by,owed_minor,state,total_minor,corrections_minor');
  expect(row).toContain(',open,100,0');
  const lines = await api.get(`/api/pay/sheets/${trainer}/2026-03?format=csv`);
  expect(lines.text).toContain('training,');
  const book = await api.get(`/api/pay/sheets/${trainer}/2026-03?format=xlsx`);
  expect(book.headers.get('content-type')).toContain('spreadsheetml');
});
